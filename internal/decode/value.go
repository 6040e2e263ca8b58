package decode

// maxDepth is how deep values may be nested, as in encoding/json.
const maxDepth = 10_000

// nest remembers, while a value is scanned, which of the open brackets are
// braces. It is kept by its owner so that a scan allocates nothing.
type nest struct {
	braces [maxDepth/64 + 1]uint64
	open   int
}

func (s *nest) push(brace bool) {
	word, bit := s.open/64, uint64(1)<<(s.open%64)
	s.braces[word] &^= bit
	if brace {
		s.braces[word] |= bit
	}
	s.open++
}

func (s *nest) inBraces() bool { return s.braces[(s.open-1)/64]>>((s.open-1)%64)&1 == 1 }

// skipValue scans any value, itself inside of depth others, and gives the index
// behind it.
func (s *nest) skipValue(b []byte, i, depth int) (int, problem) {
	s.open = 0
	for {
		opened := s.open
		n, p := s.begin(b, i, depth)
		if p != none {
			return n, p
		}
		i = n
		if s.open > opened {
			continue // i is at the first value inside
		}
		if i, p = s.end(b, i); p != none || s.open == 0 {
			return i, p
		}
	}
}

// begin scans a value up to the first value inside of it or, where it has none,
// to behind it.
func (s *nest) begin(b []byte, i, depth int) (int, problem) {
	if i >= len(b) {
		return i, short
	}
	switch c := b[i]; c {
	case '"':
		n, _, p := scanString(b, i+1)
		return n, p
	case '{', '[':
		if depth+s.open >= maxDepth {
			return i, badDepth
		}
		i = scanSpace(b, i+1)
		switch {
		case i >= len(b):
			return i, short
		case b[i] == c+2: // the closing bracket of each kind
			return i + 1, none
		}
		s.push(c == '{')
		if c == '[' {
			return i, none
		}
		n, _, p := scanName(b, i)
		return n, p
	case 't', 'f', 'n':
		return scanLiteral(b, i)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		n, _, p := scanNumber(b, i)
		return n, p
	}
	return i, badValue
}

// end goes on behind a value: over the brackets that close there, to the next
// value or, when none is open any more, behind the last of them.
func (s *nest) end(b []byte, i int) (int, problem) {
	for s.open > 0 {
		i = scanSpace(b, i)
		if i >= len(b) {
			return i, short
		}
		braces := s.inBraces()
		switch {
		case b[i] == ',' && braces:
			n, _, p := scanName(b, scanSpace(b, i+1))
			return n, p
		case b[i] == ',':
			return scanSpace(b, i+1), none
		case b[i] == '}' && braces, b[i] == ']' && !braces:
			s.open--
			i++
		case braces:
			return i, badObject
		default:
			return i, badArray
		}
	}
	return i, none
}

// span is a part of the text; a string's is that between its quotes.
type span struct {
	from, to int
	traits   traits
}

func (s span) of(b []byte) []byte { return b[s.from:s.to] }

// scanName scans a member's name and colon, and gives the index of its value.
func scanName(b []byte, i int) (value int, name span, p problem) {
	if i >= len(b) {
		return i, name, short
	}
	if b[i] != '"' {
		return i, name, badMember
	}
	n, t, p := scanString(b, i+1)
	if p != none {
		return n, name, p
	}
	name = span{i + 1, n - 1, t}
	if n = scanSpace(b, n); n >= len(b) {
		return n, name, short
	}
	if b[n] != ':' {
		return n, name, badColon
	}
	return scanSpace(b, n+1), name, none
}
