package document

import (
	"bytes"
	"slices"
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
	if p.text, whole = Unescape(p.text[:0], message); !whole {
		return dst
	}
	i := p.space(0)
	if i >= len(p.text) || p.text[i] != '{' {
		return dst
	}
	p.out = append(append(append(dst, `,"`...), ParsedField...), `":`...)
	p.names, p.ends = p.names[:0], p.ends[:0]
	start := len(p.out)
	i = p.object(i, 1, len(ParsedField))
	if i < 0 || p.space(i) != len(p.text) || len(p.out)-start <= len(`{}`) {
		return dst
	}
	return p.out
}

// value reads the value at i and gives the place behind it, or -1. path is the
// length of the names that lead to it.
func (p *parser) value(i, depth, path int) int {
	if i >= len(p.text) {
		return -1
	}
	switch p.text[i] {
	case '{':
		return p.object(i, depth, path)
	case '[':
		return p.array(i, depth, path)
	case '"':
		return p.take(i, p.str(i), maxTerm-path)
	case 't':
		return p.word(i, "true")
	case 'f':
		return p.word(i, "false")
	case 'n':
		return p.word(i, "null")
	}
	return p.take(i, p.number(i), min(maxNumber, maxTerm-path))
}

// take copies the token from i to end.
func (p *parser) take(i, end, limit int) int {
	if end < 0 || end-i > limit {
		return -1
	}
	p.out = append(p.out, p.text[i:end]...)
	return end
}

func (p *parser) word(i int, word string) int {
	if !bytes.HasPrefix(p.text[i:], []byte(word)) {
		return -1
	}
	p.out = append(p.out, word...)
	return i + len(word)
}

func (p *parser) object(i, depth, path int) int {
	if depth > maxNesting {
		return -1
	}
	p.out = append(p.out, '{')
	names, ends := len(p.names), len(p.ends)
	if i = p.space(i + 1); i < len(p.text) && p.text[i] == '}' {
		p.out = append(p.out, '}')
		return i + 1
	}
	for {
		name := i
		if i = p.take(i, p.str(i), maxTerm-path); i < 0 || !p.name(p.text[name:i]) {
			return -1
		}
		length := i - name
		if i = p.space(i); i >= len(p.text) || p.text[i] != ':' {
			return -1
		}
		p.out = append(p.out, ':')
		if i = p.value(p.space(i+1), depth+1, path+length); i < 0 {
			return -1
		}
		if i = p.space(i); i >= len(p.text) {
			return -1
		}
		c := p.text[i]
		p.out = append(p.out, c)
		i++
		switch c {
		case ',':
			i = p.space(i)
		case '}':
			ok := p.distinct(names, ends)
			p.names, p.ends = p.names[:names], p.ends[:ends]
			if !ok {
				return -1
			}
			return i
		default:
			return -1
		}
	}
}

func (p *parser) array(i, depth, path int) int {
	if depth > maxNesting {
		return -1
	}
	p.out = append(p.out, '[')
	if i = p.space(i + 1); i < len(p.text) && p.text[i] == ']' {
		p.out = append(p.out, ']')
		return i + 1
	}
	for {
		if i = p.value(i, depth+1, path); i < 0 {
			return -1
		}
		if i = p.space(i); i >= len(p.text) {
			return -1
		}
		c := p.text[i]
		p.out = append(p.out, c)
		i++
		switch c {
		case ',':
			i = p.space(i)
		case ']':
			return i
		default:
			return -1
		}
	}
}

// name keeps a name of the object that is open. flattened refuses one that holds
// a NUL.
func (p *parser) name(quoted []byte) bool {
	start := len(p.names)
	var whole bool
	p.names, whole = Unescape(p.names, quoted)
	p.ends = append(p.ends, len(p.names))
	name := p.names[start:]
	return whole && bytes.IndexByte(name, 0) < 0
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
