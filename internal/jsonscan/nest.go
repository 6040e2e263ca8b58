package jsonscan

// MaxDepth is how deep values may be nested, as in encoding/json.
const MaxDepth = 10_000

// Nest scans values that hold others. It remembers which of the open brackets
// are braces, and is kept by its owner so that a scan allocates nothing.
type Nest struct {
	braces [MaxDepth/64 + 1]uint64
	open   int
}

// Value scans any value, itself inside of depth others.
func (s *Nest) Value(b []byte, i, depth int) (v Value, end int, p Problem) {
	if i >= len(b) || b[i] != '{' && b[i] != '[' {
		return Scalar(b, i)
	}
	end, p = s.nested(b, i, depth)
	return Value{From: i, To: end, Kind: b[i]}, end, p
}

// nested scans the object or array at i.
func (s *Nest) nested(b []byte, i, depth int) (int, Problem) {
	s.open = 0
	for {
		opened := s.open
		n, p := s.begin(b, i, depth)
		if p != "" {
			return n, p
		}
		i = n
		if s.open > opened {
			continue // i is at the first value inside
		}
		if i, p = s.end(b, i); p != "" || s.open == 0 {
			return i, p
		}
	}
}

// begin scans a value up to the first value inside of it or, where it has none,
// to behind it.
func (s *Nest) begin(b []byte, i, depth int) (int, Problem) {
	if i >= len(b) || b[i] != '{' && b[i] != '[' {
		_, n, p := Scalar(b, i)
		return n, p
	}
	if depth+s.open >= MaxDepth {
		return i, BadDepth
	}
	brace := b[i] == '{'
	i, done, p := First(b, i)
	if p != "" || done {
		return i, p
	}
	s.push(brace)
	return s.inside(b, i, brace)
}

// end goes on behind a value: over the brackets that close there, to the next
// value or, when none is open any more, behind the last of them.
func (s *Nest) end(b []byte, i int) (int, Problem) {
	for s.open > 0 {
		brace, end := s.inBraces(), byte(']')
		if brace {
			end = '}'
		}
		n, done, p := Next(b, i, end)
		if p != "" {
			return n, p
		}
		if !done {
			return s.inside(b, n, brace)
		}
		s.open--
		i = n
	}
	return i, ""
}

// inside goes from the beginning of an element or member to its value.
func (s *Nest) inside(b []byte, i int, brace bool) (int, Problem) {
	if !brace {
		return i, ""
	}
	n, _, p := Name(b, i)
	return n, p
}

func (s *Nest) push(brace bool) {
	word, bit := s.open/64, uint64(1)<<(s.open%64)
	s.braces[word] &^= bit
	if brace {
		s.braces[word] |= bit
	}
	s.open++
}

func (s *Nest) inBraces() bool { return s.braces[(s.open-1)/64]>>((s.open-1)%64)&1 == 1 }
