package archive

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// token is a piece of a prefix expression: exactly one of a text, a time field
// of an hour or more, or something not known beforehand.
type token struct {
	text   string
	letter byte // of the field, as java.time.format.DateTimeFormatter has it
	count  int  // of the letter, or of the part
	any    string
	part   byte // of an hour: m or s, where any are its digits
}

const (
	anyText   = ".*"
	anyDigits = "[0-9]+"
)

// pattern reads a DateTimeFormatter pattern.
// https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/time/format/DateTimeFormatter.html#patterns
func pattern(p string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(p); {
		switch c := p[i]; {
		case c == '\'':
			text, n, err := quotation(p[i:])
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, token{text: text})
			i += n
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := len(p[i:]) - len(strings.TrimLeft(p[i:], string(c)))
			t, err := field(c, n)
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, t)
			i += n
		case strings.IndexByte("[]{}#", c) >= 0:
			return nil, fmt.Errorf("%q is not supported in a time pattern; quote it if it is meant as text", c)
		default:
			tokens = append(tokens, token{text: string(c)})
			i++
		}
	}
	return tokens, nil
}

// quotation reads a quoted text at the beginning of p, and says how long it is
// there. Two quotes stand for one, inside of others or by themselves.
func quotation(p string) (text string, length int, err error) {
	for i := 1; i < len(p); i++ {
		switch {
		case p[i] != '\'':
			text += p[i : i+1]
		case i+1 < len(p) && p[i+1] == '\'' && i > 1:
			text += "'"
			i++
		case i == 1:
			return "'", 2, nil
		default:
			return text, i + 1, nil
		}
	}
	return "", 0, fmt.Errorf("a quotation is not closed in the time pattern at %s", p)
}

// mostOf is the longest run of each letter that is understood.
func mostOf(letter byte) int {
	switch letter {
	case 'y', 'u', 'Y':
		return 9
	case 'M', 'L', 'E':
		return 5
	case 'D':
		return 3
	case 'd', 'H', 'k', 'K', 'h':
		return 2
	case 'a':
		return 1
	case 'm', 's', 'S', 'n', 'N', 'A':
		return 19
	}
	return 0
}

func field(letter byte, count int) (token, error) {
	switch most := mostOf(letter); {
	case most == 0:
		return token{}, fmt.Errorf("the letter %q of a time pattern is not supported; "+
			"y u Y M L d D E H k K h a are, and m s S n N A for parts of an hour", letter)
	case count > most:
		return token{}, fmt.Errorf("%d times the letter %q are too many in a time pattern; it takes at most %d", count, letter, most)
	}
	switch letter {
	case 'm', 's':
		return token{any: anyDigits, part: letter, count: count}, nil
	case 'S', 'n', 'N', 'A':
		return token{any: anyDigits}, nil
	}
	return token{letter: letter, count: count}, nil
}

// values are what the token can be at t: one, but for a week-based year (Y),
// which begins differently where the week does, and which many write who mean
// the year. nil for what is not known beforehand.
func (k token) values(t time.Time) []string {
	switch k.letter {
	case 0:
		if k.any != "" {
			return nil
		}
		return []string{k.text}
	case 'Y':
		iso, _ := t.ISOWeek()
		// In the United States, week 1 is the one that holds January 1 and begins on
		// a Sunday.
		american := t.AddDate(0, 0, int(time.Saturday-t.Weekday())).Year()
		years := []string{k.year(t.Year())}
		for _, y := range []int{iso, american} {
			if y != t.Year() {
				return append(years, k.year(y))
			}
		}
		return years
	}
	return []string{k.value(t)}
}

// value is that of a field with one value.
func (k token) value(t time.Time) string {
	switch k.letter {
	case 'y', 'u':
		return k.year(t.Year())
	case 'M', 'L':
		return k.named(t.Month().String(), int(t.Month()))
	case 'E':
		return k.named(t.Weekday().String(), 0)
	case 'd':
		return k.number(t.Day())
	case 'D':
		return k.number(t.YearDay())
	case 'H':
		return k.number(t.Hour())
	case 'k':
		return k.number((t.Hour()+23)%24 + 1)
	case 'K':
		return k.number(t.Hour() % 12)
	case 'h':
		return k.number((t.Hour()+11)%12 + 1)
	}
	return t.Format("PM") // 'a'
}

func (k token) number(n int) string { return fmt.Sprintf("%0*d", k.count, n) }

func (k token) year(y int) string {
	if k.count == 2 {
		y %= 100
	}
	return k.number(y)
}

// named is a month or a day of the week: a number, unless n is 0, then short,
// long, and the first letter.
func (k token) named(name string, n int) string {
	switch {
	case n > 0 && k.count < 3:
		return k.number(n)
	case k.count < 4:
		return name[:3]
	case k.count == 4:
		return name
	}
	return name[:1]
}

// expression matches whatever the token can be, or at t if that is given.
func (k token) expression(t *time.Time) string {
	switch {
	case k.any != "":
		return k.any
	case k.letter == 0:
		return regexp.QuoteMeta(k.text)
	case t != nil:
		return "(?:" + strings.Join(k.values(*t), "|") + ")"
	case strings.IndexByte("Ea", k.letter) >= 0, k.letter == 'M' && k.count > 2, k.letter == 'L' && k.count > 2:
		return "[A-Za-z]+"
	}
	return anyDigits
}

// String shows the token to a person, with a * for what is not known.
func (k token) String() string {
	switch {
	case k.any != "":
		return "*"
	case k.letter == 0:
		return k.text
	}
	return strings.Repeat(string(k.letter), k.count)
}
