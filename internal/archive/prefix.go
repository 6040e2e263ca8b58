package archive

import (
	"fmt"
	"strings"
	"time"
)

// expression is a Firehose prefix expression: the keys of its objects begin with
// what it evaluates to at the time of their oldest record.
// https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
type expression struct {
	zone     *time.Location
	segments []segment
	// whole expressions have no time: everything below them is listed.
	whole bool
	clock *clock
}

// segment is what stands between two slashes; a folder has one at its end.
type segment struct {
	tokens []token
	folder bool
}

// defaultTime is what Firehose adds to a prefix without a time of its own.
const defaultTime = "yyyy/MM/dd/HH/"

// everything at the end of an expression stands for whatever is below: no time is
// added to it.
const everything = "**"

// parsePrefix reads an expression whose times are in zone (Firehose's
// CustomTimeZone; UTC where none is set). Its error is a sentence that names
// what is not understood.
//
// The value of a dynamic partition that stands before the time is taken to hold
// no slash.
func parsePrefix(prefix string, zone *time.Location) (expression, error) {
	var tokens []token
	timed := false
	rest, whole := strings.CutSuffix(prefix, everything)
	if strings.HasSuffix(rest, "*") || strings.Contains(rest, everything) {
		return expression{}, fmt.Errorf("the prefix %q cannot be used: ** can only stand at its end, for all that is below; "+
			"what is not known before a time is written as !{partitionKeyFromQuery:NAME}", prefix)
	}
	for {
		text, after, found := strings.Cut(rest, "!{")
		if text != "" {
			tokens = append(tokens, token{text: text})
		}
		if !found {
			break
		}
		inner, after, closed := strings.Cut(after, "}")
		if !closed {
			return expression{}, fmt.Errorf("the prefix %q has a !{ that is not closed", prefix)
		}
		more, err := evaluated(inner)
		if err != nil {
			return expression{}, fmt.Errorf("the prefix %q cannot be used: %w", prefix, err)
		}
		timed = timed || strings.HasPrefix(inner, "timestamp:")
		tokens = append(tokens, more...)
		rest = after
	}
	if whole && !timed {
		return expression{zone: zone, segments: segments(tokens), whole: true}, nil
	}
	if !timed {
		more, err := pattern(defaultTime)
		if err != nil {
			return expression{}, err
		}
		tokens = append(tokens, more...)
	}
	return expression{zone: zone, segments: segments(tokens), clock: newClock(tokens, zone)}, nil
}

// evaluated reads what stands between !{ and }.
func evaluated(inner string) ([]token, error) {
	namespace, value, _ := strings.Cut(inner, ":")
	switch {
	case namespace == "timestamp":
		return pattern(value)
	case namespace == "firehose" && (value == "random-string" || value == "error-output-type"),
		(namespace == "partitionKeyFromQuery" || namespace == "partitionKeyFromLambda") && value != "":
		return []token{{any: anyText}}, nil
	}
	return nil, fmt.Errorf("!{%s} is not known; there are !{timestamp:PATTERN}, !{firehose:random-string}, "+
		"!{firehose:error-output-type}, !{partitionKeyFromQuery:NAME} and !{partitionKeyFromLambda:NAME}", inner)
}

// segments parts tokens at the slashes of their texts.
func segments(tokens []token) []segment {
	var list []segment
	var current segment
	for _, k := range tokens {
		if k.text == "" {
			current.tokens = append(current.tokens, k)
			continue
		}
		parts := strings.Split(k.text, "/")
		for i, part := range parts {
			if part != "" {
				current.tokens = append(current.tokens, token{text: part})
			}
			if i < len(parts)-1 {
				current.folder = true
				list = append(list, current)
				current = segment{}
			}
		}
	}
	return append(list, current)
}

// known tells whether all of the segment follows from the time.
func (s segment) known() bool {
	for _, k := range s.tokens {
		if k.any != "" {
			return false
		}
	}
	return true
}

// timed tells whether the segment depends on the time.
func (s segment) timed() bool {
	for _, k := range s.tokens {
		if k.letter != 0 {
			return true
		}
	}
	return false
}

// timeAfterUnknown tells whether a time field stands behind something that is
// not known beforehand.
func timeAfterUnknown(list []segment) bool {
	unknown := false
	for _, s := range list {
		for _, k := range s.tokens {
			if unknown && k.letter != 0 {
				return true
			}
			unknown = unknown || k.any != ""
		}
	}
	return false
}

// hourly tells whether the expression parts the hours of a day.
func hourly(list []segment) bool {
	for _, s := range list {
		for _, k := range s.tokens {
			if strings.IndexByte("HkKh", k.letter) >= 0 {
				return true
			}
		}
	}
	return false
}

// evaluate is what the segments are at t up to the first token that does not
// follow from it: one text, or two around a new year.
func evaluate(list []segment, t time.Time) []string {
	texts := []string{""}
	for _, s := range list {
		for _, k := range s.tokens {
			values := k.values(t)
			if values == nil {
				return texts
			}
			var longer []string
			for _, text := range texts {
				for _, v := range values {
					longer = append(longer, text+v)
				}
			}
			texts = longer
		}
		if s.folder {
			for i := range texts {
				texts[i] += "/"
			}
		}
	}
	return texts
}

// lead is the text that the segment begins with, whatever the time.
func (s segment) lead() string {
	lead := ""
	for _, k := range s.tokens {
		if k.text == "" {
			break
		}
		lead += k.text
	}
	return lead
}

func (s segment) String() string {
	text := ""
	for _, k := range s.tokens {
		text += k.String()
	}
	if s.folder {
		text += "/"
	}
	return text
}
