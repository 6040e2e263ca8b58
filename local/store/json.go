package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// Documents are kept and handed out byte for byte, so they are never decoded as
// a whole: the functions here find values inside the bytes.

// validJSON tells whether b is one JSON value, as Elasticsearch's parser takes
// it: bytes of a string must have the shape of UTF-8, but overlong forms and
// surrogates pass, and so does a lone surrogate escape.
func validJSON(b []byte) bool {
	var nest jsonscan.Nest
	_, end, problem := nest.Value(b, jsonscan.Space(b, 0), 0)
	return problem == "" && jsonscan.Space(b, end) == len(b) && (utf8.Valid(b) || utf8Shaped(b))
}

// utf8Shaped tells whether every byte above 0x7f belongs to a lead byte with as
// many continuation bytes as it announces.
func utf8Shaped(b []byte) bool {
	for i := 0; i < len(b); {
		n := 0
		switch c := b[i]; {
		case c < 0x80:
		case c&0xe0 == 0xc0:
			n = 1
		case c&0xf0 == 0xe0:
			n = 2
		case c&0xf8 == 0xf0:
			n = 3
		default:
			return false
		}
		i++
		for ; n > 0; n-- {
			if i == len(b) || b[i]&0xc0 != 0x80 {
				return false
			}
			i++
		}
	}
	return true
}

// The functions below take bytes that validJSON has passed.

var (
	errNotObject = errors.New("is no JSON object")
	errNotArray  = errors.New("is no JSON array")
)

// eachMember calls f for each member of the object in b.
func eachMember(b []byte, f func(name string, value []byte) error) error {
	i := jsonscan.Space(b, 0)
	if i == len(b) || b[i] != '{' {
		return errNotObject
	}
	var nest jsonscan.Nest
	i, done, problem := jsonscan.First(b, i)
	for !done && problem == "" {
		var name jsonscan.Value
		var end int
		if i, name, problem = jsonscan.Name(b, i); problem != "" {
			break
		}
		if _, end, problem = nest.Value(b, i, 1); problem != "" {
			break
		}
		if err := f(jsonscan.Text(name.Of(b)), b[i:end]); err != nil {
			return err
		}
		i, done, problem = jsonscan.Next(b, end, '}')
	}
	if problem != "" {
		return errNotObject
	}
	return nil
}

// eachElement calls f for each element of the array in b, also of arrays in it as
// a search does, and for b itself if it is no array.
func eachElement(b []byte, f func(value []byte) error) error {
	i := jsonscan.Space(b, 0)
	if i == len(b) || b[i] != '[' {
		return f(b)
	}
	var nest jsonscan.Nest
	i, done, problem := jsonscan.First(b, i)
	for !done && problem == "" {
		var end int
		if _, end, problem = nest.Value(b, i, 1); problem != "" {
			break
		}
		if err := eachElement(b[i:end], f); err != nil {
			return err
		}
		i, done, problem = jsonscan.Next(b, end, ']')
	}
	if problem != "" {
		return errNotArray
	}
	return nil
}

// text is a scalar as a string: a string's text, a number or a boolean as it
// is written.
func text(b []byte) string {
	if len(b) == 0 || b[0] != '"' {
		return string(b)
	}
	return jsonscan.Text(b[1 : len(b)-1])
}

func isObject(b []byte) bool { return len(b) > 0 && b[0] == '{' }

func isNull(b []byte) bool { return string(b) == "null" }

// appendText appends s as a JSON string; bytes that are not UTF-8 become U+FFFD.
func appendText(b []byte, s string) []byte {
	return append(jsonscan.AppendEscaped(append(b, '"'), s), '"')
}

// decodeStrict decodes raw into v; a member that v does not have is refused.
func decodeStrict(what string, raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return badRequest("parsing_exception", "%s: %v. Members that the embedded store does not implement are refused, not ignored", what, err)
	}
	return nil
}
