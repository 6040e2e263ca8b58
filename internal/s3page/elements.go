package s3page

import (
	"errors"
	"strings"
)

// errUnknown says that a value is for the SDK to read.
var errUnknown = errors.New("an entity that is not among those of S3")

// elements reads the XML that S3 writes: ASCII, with values in elements that have no
// attributes. Of anything else, right or wrong, it says that it cannot read it.
type elements struct {
	text string // that is left
	// empty says that the last tag was that of an element without content.
	empty bool
}

// newElements begins behind the root's tag.
func newElements(text, root string) (*elements, bool) {
	for _, c := range []byte(text) {
		if c < ' ' && c != '\n' && c != '\t' || c >= 0x7f {
			return nil, false
		}
	}
	if strings.Contains(text, "]]>") {
		return nil, false
	}
	text = blank(strings.TrimPrefix(text, `<?xml version="1.0" encoding="UTF-8"?>`))
	text, ok := strings.CutPrefix(text, "<"+root)
	if space, found := strings.CutPrefix(text, ` xmlns="`); found {
		var url string
		url, text, found = strings.Cut(space, `"`)
		ok = ok && found && !strings.ContainsAny(url, "<&")
	}
	text, begins := strings.CutPrefix(text, ">")
	return &elements{text: text}, ok && begins
}

// blank cuts white space from the beginning.
func blank(text string) string {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '\n' || text[0] == '\t') {
		text = text[1:]
	}
	return text
}

// each calls do with the name of each element inside of the one called name, until the
// end of that. do reads the element, and tells whether it could.
func (x *elements) each(name string, do func(child string) bool) bool {
	if x.empty {
		x.empty = false
		return true
	}
	for {
		tag, ok := x.tag()
		if !ok {
			return false
		}
		if end, ok := strings.CutPrefix(tag, "/"); ok {
			return end == name
		}
		if !do(tag) {
			return false
		}
	}
}

// tag is the name in the next tag, with a / before it where an element ends.
func (x *elements) tag() (string, bool) {
	text, ok := strings.CutPrefix(blank(x.text), "<")
	end := strings.IndexByte(text, '>')
	if !ok || end < 1 {
		return "", false
	}
	tag, rest := text[:end], text[end+1:]
	name := strings.TrimPrefix(tag, "/")
	if len(name) == len(tag) {
		name, x.empty = strings.CutSuffix(tag, "/")
		tag = name
	}
	for i := range len(name) {
		if c := name[i] | 0x20; c < 'a' || c > 'z' {
			return "", false
		}
	}
	x.text = rest
	return tag, name != ""
}

// value is the text of the element called name, whose tag was read, with its entities.
func (x *elements) value(name string) (string, bool) {
	if x.empty {
		x.empty = false
		return "", true
	}
	value, rest, ok := strings.Cut(x.text, "</")
	if !ok || len(rest) <= len(name) || rest[:len(name)] != name || rest[len(name)] != '>' || strings.Contains(value, "<") {
		return "", false
	}
	x.text = rest[len(name)+1:]
	return value, true
}

// text is a value without the entities that S3 writes, in memory of its own: a page does
// not stay for the sake of a key.
func text(value string) (string, error) {
	before, rest, ok := strings.Cut(value, "&")
	if !ok {
		return strings.Clone(value), nil
	}
	var b strings.Builder
	b.Grow(len(value))
	for ok {
		b.WriteString(before)
		var entity string
		if entity, rest, ok = strings.Cut(rest, ";"); !ok {
			return "", errUnknown
		}
		switch entity {
		case "quot", "#34":
			b.WriteByte('"')
		case "apos", "#39":
			b.WriteByte('\'')
		case "amp":
			b.WriteByte('&')
		case "lt":
			b.WriteByte('<')
		case "gt":
			b.WriteByte('>')
		default:
			return "", errUnknown
		}
		before, rest, ok = strings.Cut(rest, "&")
	}
	b.WriteString(before)
	return b.String(), nil
}
