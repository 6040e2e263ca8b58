package jsonscan

// Value is where a value stands in the text it was scanned in, a string's
// without its quotes. The zero Value is none.
type Value struct {
	From, To int
	// Kind is the value's first byte, but Integer for a number without fraction or
	// exponent.
	Kind   byte
	Traits Traits
}

// Integer is the Kind of a whole number.
const Integer = 'i'

// Of gives the value's bytes in the text b, a string's with its escapes.
func (v Value) Of(b []byte) []byte { return b[v.From:v.To] }

// Text is the text of a string in b; bytes that are not UTF-8 and halves of
// surrogate pairs are U+FFFD in it. It allocates.
func (v Value) Text(b []byte) string {
	if v.Traits == 0 {
		return string(v.Of(b))
	}
	return Text(v.Of(b))
}

// Is tells whether the string in b has this text.
func (v Value) Is(b []byte, text string) bool {
	if v.Traits&Escaped == 0 {
		return string(v.Of(b)) == text
	}
	return v.Text(b) == text
}

// Name scans a member's name and colon, up to its value.
func Name(b []byte, i int) (value int, name Value, p Problem) {
	if i >= len(b) {
		return i, name, Short
	}
	if b[i] != '"' {
		return i, name, BadMember
	}
	n, t, p := scanString(b, i+1)
	if p != "" {
		return n, name, p
	}
	name = Value{From: i + 1, To: n - 1, Kind: '"', Traits: t}
	if n = Space(b, n); n >= len(b) {
		return n, name, Short
	}
	if b[n] != ':' {
		return n, name, BadColon
	}
	return Space(b, n+1), name, ""
}

// Scalar scans a string, number, true, false or null.
func Scalar(b []byte, i int) (v Value, end int, p Problem) {
	if i >= len(b) {
		return v, i, Short
	}
	v = Value{From: i, Kind: b[i]}
	switch b[i] {
	case '"':
		v.From++
		end, v.Traits, p = scanString(b, i+1)
		v.To = end - 1
		return v, end, p
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		var integer bool
		if end, integer, p = scanNumber(b, i); integer {
			v.Kind = Integer
		}
	case 't', 'f', 'n':
		end, p = scanLiteral(b, i)
	default:
		return v, i, BadValue
	}
	v.To = end
	return v, end, p
}

// First goes from the bracket or brace at i to the first element or member
// inside or, where there is none, behind the closing one: then done is true.
func First(b []byte, i int) (n int, done bool, p Problem) {
	n = Space(b, i+1)
	switch {
	case n >= len(b):
		return n, false, Short
	case b[n] == Closing(b[i]):
		return n + 1, true, ""
	}
	return n, false, ""
}

// Next goes from behind an element or member to the next one or, where there is
// none, behind the closing bracket or brace, which end is: then done is true.
func Next(b []byte, i int, end byte) (n int, done bool, p Problem) {
	n = Space(b, i)
	switch {
	case n >= len(b):
		return n, false, Short
	case b[n] == ',':
		return Space(b, n+1), false, ""
	case b[n] == end:
		return n + 1, true, ""
	case end == '}':
		return n, false, BadObject
	}
	return n, false, BadArray
}

// Closing is the bracket that closes what open opens.
func Closing(open byte) byte { return open + 2 } // in ASCII
