package grep

import (
	"bytes"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// text is a part of a pattern that its matches hold, letter for letter or, with
// fold, in capital or small letters.
type text struct {
	runes []rune
	fold  bool
}

// maxLiterals is how many texts are looked for, one after the other, before a
// pattern is tried.
const maxLiterals = 64

// required gives texts of which every match of an expression holds at least one;
// nil where there are none.
func required(re *syntax.Regexp) []text {
	switch re.Op {
	case syntax.OpLiteral:
		return usable(text{re.Rune, re.Flags&syntax.FoldCase != 0})
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []text
		for _, sub := range re.Sub {
			if l := required(sub); better(l, best) {
				best = l
			}
		}
		return best
	case syntax.OpAlternate:
		var all []text
		for _, sub := range re.Sub {
			l := required(sub)
			if l == nil || len(all)+len(l) > maxLiterals {
				return nil
			}
			all = append(all, l...)
		}
		return all
	}
	return nil
}

// better tells whether finding one of l says more than finding one of others:
// the shortest of each counts, then how many there are.
func better(l, others []text) bool {
	if l == nil || others == nil {
		return l != nil
	}
	if a, b := shortest(l), shortest(others); a != b {
		return a > b
	}
	return len(l) < len(others)
}

func shortest(l []text) int {
	n := len(l[0].runes)
	for _, t := range l {
		n = min(n, len(t.runes))
	}
	return n
}

// usable gives the longest part of a text that can be looked for in JSON as it
// stands there: of characters that, unless written by \u or a slash behind a
// backslash, are written in one way only.
func usable(t text) []text {
	var best, part []rune
	for _, r := range t.runes {
		if !plain(r, t.fold) {
			part = nil
			continue
		}
		part = append(part, r)
		if len(part) > len(best) {
			best = part
		}
	}
	if best == nil {
		return nil
	}
	return []text{{best, t.fold}}
}

// plain tells whether r is written in one way or, with fold, in two of ASCII.
// K and S fold to what is not ASCII.
func plain(r rune, fold bool) bool {
	switch {
	case r < ' ':
		return strings.ContainsRune("\b\f\n\r\t", r)
	case !fold:
		return r != utf8.RuneError && utf8.ValidRune(r)
	}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if f >= utf8.RuneSelf {
			return false
		}
	}
	return r < utf8.RuneSelf
}

// literal finds a text in a JSON string as it stands in the archive.
type literal struct {
	small, capital []byte // as written; equal but for the case of letters
	rare           int    // index of the byte to look for first
}

func newLiteral(t text) literal {
	s := string(t.runes)
	l := literal{small: written(s), capital: written(s)}
	if t.fold {
		l.small, l.capital = written(strings.ToLower(s)), written(strings.ToUpper(s))
	}
	for i := range l.small {
		if rarity(l.small[i]) > rarity(l.small[l.rare]) {
			l.rare = i
		}
	}
	return l
}

// written is how s is written inside of a JSON string, but for \u and \/.
func written(s string) []byte {
	return []byte(strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\b", `\b`, "\f", `\f`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s))
}

// rarity ranks bytes by how seldom they stand in logs.
func rarity(b byte) int {
	const common = "\\\"etaoinsrl0:1d-2 ,cu3m/p45.gh6789f_wyb={}TkvIEANOSRD"
	if i := strings.IndexByte(common, b); i >= 0 {
		return i
	}
	return len(common)
}

// in tells whether the text stands in s.
func (l *literal) in(s []byte) bool {
	if bytes.Equal(l.small, l.capital) {
		return l.stands(s, l.small[l.rare])
	}
	c, d := l.small[l.rare], l.capital[l.rare]
	return l.stands(s, c) || c != d && l.stands(s, d)
}

// stands tells whether the text stands in s with c at its rare index.
func (l *literal) stands(s []byte, c byte) bool {
	for at := l.rare; at < len(s); at++ {
		i := bytes.IndexByte(s[at:], c)
		if i < 0 {
			return false
		}
		at += i
		if l.at(s, at-l.rare) {
			return true
		}
	}
	return false
}

func (l *literal) at(s []byte, from int) bool {
	if len(s) < from+len(l.small) {
		return false
	}
	for i, c := range s[from : from+len(l.small)] {
		if c != l.small[i] && c != l.capital[i] {
			return false
		}
	}
	return true
}
