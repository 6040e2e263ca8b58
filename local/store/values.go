package store

import (
	"regexp"
	"strings"
	"unicode/utf16"
)

// eachValue calls f for each scalar that stands at path in the document; under
// an object, for each leaf of it.
func eachValue(source []byte, path string, f func(value []byte)) {
	// Neither can fail: the document was valid when it came, and no callback
	// returns an error.
	_ = eachElement(source, func(value []byte) error {
		switch {
		case isNull(value):
		case isObject(value):
			_ = eachMember(value, func(name string, value []byte) error {
				switch rest, inside := strings.CutPrefix(path, name); {
				case path == "":
					eachValue(value, "", f)
				case inside && rest == "":
					eachValue(value, "", f)
				case inside && rest[0] == '.':
					eachValue(value, rest[1:], f)
				case len(name) > len(path) && name[len(path)] == '.' && strings.HasPrefix(name, path):
					eachValue(value, "", f) // "a.b" is a member of a
				}
				return nil
			})
		case path == "":
			f(value)
		}
		return nil
	})
}

// utf16Length is how long Java takes s to be, which is how ignore_above counts.
func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// wildcard is a pattern with * and ?, and \ before one that is meant itself.
func wildcard(pattern string, fold bool) (*regexp.Regexp, error) {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*':
			b.WriteString(".*")
		case c == '?':
			b.WriteString(".")
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteString(quoteByte(pattern[i]))
		default:
			b.WriteString(quoteByte(c))
		}
	}
	return whole(b.String(), fold)
}

// quoteByte leaves the bytes of longer characters as they are.
func quoteByte(c byte) string {
	if c >= 0x80 {
		return string([]byte{c})
	}
	return regexp.QuoteMeta(string(rune(c)))
}

// whole matches expression against a whole value.
func whole(expression string, fold bool) (*regexp.Regexp, error) {
	flags := "s"
	if fold {
		flags = "si"
	}
	re, err := regexp.Compile("^(?" + flags + ":" + expression + ")$")
	if err != nil {
		return nil, badRequest("parsing_exception", "cannot parse the pattern: %v", err)
	}
	return re, nil
}

// lucene turns one of Lucene's regular expressions into one of Go's. What only
// Lucene knows is refused.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/regexp-syntax.html
func lucene(expression string, fold bool) (*regexp.Regexp, error) {
	var b strings.Builder
	inClass, before := false, byte(0)
	for i := 0; i < len(expression); i++ {
		c := expression[i]
		switch {
		case c == '\\' && i+1 < len(expression):
			i++
			if strings.IndexByte("dDsSwW", expression[i]) >= 0 {
				b.WriteByte('\\')
				b.WriteByte(expression[i])
			} else {
				b.WriteString(quoteByte(expression[i]))
			}
			before = 0
			continue
		case inClass:
			inClass = c != ']'
			b.WriteByte(c)
		case strings.IndexByte(`#@&<>~"`, c) >= 0:
			return nil, unsupported("the operator [%c] in a regexp; put a \\ before it if it stands for itself", c)
		case c == '?' && strings.IndexByte("(*+?}", before) >= 0 && before != 0:
			return nil, unsupported("the [%c%c] in a regexp", before, c)
		case c == '^' || c == '$':
			b.WriteString(quoteByte(c)) // no anchors to Lucene, which matches whole values
		default:
			inClass = c == '['
			b.WriteByte(c)
		}
		before = c
	}
	return whole(b.String(), fold)
}
