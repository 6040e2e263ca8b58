package document

import (
	"bytes"
	"slices"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// ParsedField is the member that holds the members of a message that is a JSON
// object. Its type in the index is flattened, or flat_object on OpenSearch.
const ParsedField = "parsed"

// Limits within which each engine takes the field. Beyond them the whole document
// would be refused, so that the message stays a message only.
const (
	// maxNesting: flattened's depth_limit is 20 by default.
	maxNesting = 20
	// maxTerm bounds a leaf with its path, in bytes: a Lucene term holds 32,766,
	// among them the field's own name. flat_object knows no ignore_above.
	maxTerm = 32_000
	// maxNumber bounds a number's length: Jackson takes 1,000 characters.
	maxNumber = 1000
)

// parser adds JSON messages as a field. It is also what decides that a message
// is one: valid JSON (RFC 8259), an object, with no name twice in an object (the
// engines refuse that), within the limits above.
type parser struct {
	text  []byte // the message, unescaped
	out   []byte
	names []byte // of the objects that are open, unescaped
	ends  []int  // of each name in names
}

// append adds ,"parsed":{…} to dst if the message, a JSON string with its quotes,
// is a JSON object that holds anything. White space between tokens is left out,
// so that it stays on one line.
func (p *parser) append(dst, message []byte) []byte {
	inner := bytes.TrimLeft(message[1:len(message)-1], " ")
	if len(inner) == 0 || inner[0] != '{' && inner[0] != '\\' {
		return dst
	}
	var whole bool
	if p.text, whole = jsonscan.AppendUnescaped(p.text[:0], inner); !whole {
		return dst
	}
	i := jsonscan.Space(p.text, 0)
	if i >= len(p.text) || p.text[i] != '{' {
		return dst
	}
	p.out = append(append(append(dst, `,"`...), ParsedField...), `":`...)
	p.names, p.ends = p.names[:0], p.ends[:0]
	start := len(p.out)
	i = p.nested(i, 1, len(ParsedField))
	if i < 0 || jsonscan.Space(p.text, i) != len(p.text) || len(p.out)-start <= len(`{}`) {
		return dst
	}
	return p.out
}

// value reads the value at i and gives the place behind it, or -1. path is the
// length of the names that lead to it.
func (p *parser) value(i, depth, path int) int {
	if i < len(p.text) && (p.text[i] == '{' || p.text[i] == '[') {
		return p.nested(i, depth, path)
	}
	v, end, problem := jsonscan.Scalar(p.text, i)
	limit := maxTerm - path
	if v.Kind != '"' {
		limit = min(limit, maxNumber)
	}
	if problem != "" || end-i > limit {
		return -1
	}
	p.out = append(p.out, p.text[i:end]...)
	return end
}

// nested reads the object or array at i.
func (p *parser) nested(i, depth, path int) int {
	if depth > maxNesting {
		return -1
	}
	open := p.text[i]
	p.out = append(p.out, open)
	names, ends := len(p.names), len(p.ends)
	i, done, problem := jsonscan.First(p.text, i)
	for more := false; problem == "" && !done; more = true {
		if more {
			p.out = append(p.out, ',')
		}
		length := 0
		if open == '{' {
			if i, length = p.name(i, maxTerm-path); i < 0 {
				return -1
			}
		}
		if i = p.value(i, depth+1, path+length); i < 0 {
			return -1
		}
		i, done, problem = jsonscan.Next(p.text, i, jsonscan.Closing(open))
	}
	if problem != "" || !p.distinct(names, ends) {
		return -1
	}
	p.names, p.ends = p.names[:names], p.ends[:ends]
	p.out = append(p.out, jsonscan.Closing(open))
	return i
}

// name reads a member's name and colon and keeps the name, which with its quotes
// may have limit bytes. flattened refuses one that holds a NUL.
func (p *parser) name(i, limit int) (value, length int) {
	value, name, problem := jsonscan.Name(p.text, i)
	length = name.To - name.From + len(`""`)
	if problem != "" || length > limit {
		return -1, 0
	}
	p.out = append(append(p.out, p.text[i:i+length]...), ':')
	start := len(p.names)
	var whole bool
	p.names, whole = jsonscan.AppendUnescaped(p.names, name.Of(p.text))
	p.ends = append(p.ends, len(p.names))
	if !whole || bytes.IndexByte(p.names[start:], 0) >= 0 {
		return -1, 0
	}
	return value, length
}

// distinct tells whether the names kept since then are all different. Names of
// inner objects are gone by now.
func (p *parser) distinct(names, ends int) bool {
	if len(p.ends)-ends < 2 {
		return true
	}
	list := make([][]byte, 0, 16)
	for _, end := range p.ends[ends:] {
		list = append(list, p.names[names:end])
		names = end
	}
	slices.SortFunc(list, bytes.Compare)
	for i := 1; i < len(list); i++ {
		if bytes.Equal(list[i-1], list[i]) {
			return false
		}
	}
	return true
}
