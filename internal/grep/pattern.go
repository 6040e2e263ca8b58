package grep

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// Flags say how patterns are meant, as grep's of the same letters.
type Flags struct {
	IgnoreCase bool // -i
	Invert     bool // -v
	Fixed      bool // -F
	Word       bool // -w
}

// Pattern finds messages. It may be used by many goroutines.
type Pattern struct {
	expression *regexp.Regexp
	word       bool
	invert     bool
	// literals: a message that holds none of them holds no match; nil where nothing
	// is known.
	literals []literal
}

// wordless is what may stand beside a match of whole words.
const wordless = `[^\pL\pM\pN_]`

// Compile makes a pattern of one or more, of which one has to match. They are
// regular expressions of RE2's syntax, in which ^, $ and . know the lines of a
// message. Its error is a sentence that names the pattern.
func Compile(patterns []string, f Flags) (*Pattern, error) {
	alternatives := make([]string, len(patterns))
	for i, p := range patterns {
		if f.Fixed {
			p = regexp.QuoteMeta(p)
		}
		if _, err := syntax.Parse(p, syntax.Perl); err != nil {
			return nil, fmt.Errorf("the pattern %q cannot be used: %w", patterns[i], cause(err))
		}
		alternatives[i] = "(?:" + p + ")"
	}
	flags := "(?m)"
	if f.IgnoreCase {
		flags = "(?mi)"
	}
	either := strings.Join(alternatives, "|")
	p := &Pattern{word: f.Word, invert: f.Invert}
	parsed, err := syntax.Parse(flags+either, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("the patterns together cannot be used: %w", cause(err))
	}
	for _, l := range required(parsed.Simplify()) {
		p.literals = append(p.literals, newLiteral(l))
	}
	if f.Word {
		either = `(?:^|` + wordless + `)(` + either + `)(?:$|` + wordless + `)`
	}
	p.expression, err = regexp.Compile(flags + either)
	return p, err
}

// cause is what is wrong with an expression, without the name of its parser.
func cause(err error) error {
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s: `%s`", wrong.Code, wrong.Expr)
	}
	return err
}

// Selects tells whether an event's message is wanted: it matches or, inverted,
// does not. The message's text is appended to scratch and given, where it had to
// be looked at.
func (p *Pattern) Selects(e *decode.Event, scratch []byte) (selected bool, text []byte) {
	if !p.possible(e) {
		return p.invert, nil
	}
	text, _ = jsonscan.AppendUnescaped(scratch, e.Message[1:len(e.Message)-1])
	return p.expression.Match(text) != p.invert, text
}

// possible tells whether the message can match, from how it stands in the
// archive.
func (p *Pattern) possible(e *decode.Event) bool {
	if p.literals == nil || e.Coded {
		return true
	}
	for i := range p.literals {
		if p.literals[i].in(e.Message) {
			return true
		}
	}
	return false
}

// Matches gives the parts of a text that match, from left to right, each as
// where it begins and ends; none that are empty.
func (p *Pattern) Matches(text []byte) [][2]int {
	var parts [][2]int
	add := func(from, to int) {
		if from < to {
			parts = append(parts, [2]int{from, to})
		}
	}
	switch {
	case p.invert:
	case !p.word:
		for _, m := range p.expression.FindAllIndex(text, -1) {
			add(m[0], m[1])
		}
	default: // what stands between two words belongs to both
		for at := 0; at <= len(text); {
			m := p.expression.FindSubmatchIndex(text[at:])
			if m == nil {
				break
			}
			add(at+m[2], at+m[3])
			at += max(m[3], 1)
		}
	}
	return parts
}
