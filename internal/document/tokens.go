package document

import "bytes"

// The tokens of JSON (RFC 8259) in the text of a message.

func (p *parser) space(i int) int {
	for i < len(p.text) && (p.text[i] == ' ' || p.text[i] == '\n' || p.text[i] == '\r' || p.text[i] == '\t') {
		i++
	}
	return i
}

// str gives the place behind the string at i, or -1.
func (p *parser) str(i int) int {
	if i >= len(p.text) || p.text[i] != '"' {
		return -1
	}
	for i++; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return -1
		case c == '\\':
			if i++; i >= len(p.text) {
				return -1
			}
			if p.text[i] == 'u' {
				if i+4 >= len(p.text) || !isHex(p.text[i+1:i+5]) {
					return -1
				}
				i += 4
			} else if bytes.IndexByte([]byte(`"\/bfnrt`), p.text[i]) < 0 {
				return -1
			}
		}
	}
	return -1
}

func isHex(b []byte) bool {
	for _, c := range b {
		if ('0' > c || c > '9') && ('a' > c || c > 'f') && ('A' > c || c > 'F') {
			return false
		}
	}
	return true
}

// number gives the place behind the number at i, or -1.
func (p *parser) number(i int) int {
	digits := func() bool {
		start := i
		for i < len(p.text) && '0' <= p.text[i] && p.text[i] <= '9' {
			i++
		}
		return i > start
	}
	at := func(set string) bool {
		if i < len(p.text) && bytes.IndexByte([]byte(set), p.text[i]) >= 0 {
			i++
			return true
		}
		return false
	}
	at("-")
	if !at("0") && !digits() {
		return -1
	}
	if at(".") && !digits() {
		return -1
	}
	if at("eE") {
		at("+-")
		if !digits() {
			return -1
		}
	}
	return i
}
