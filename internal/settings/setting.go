// Package settings reads and writes structs of settings, such as run.Settings, by
// the tags of their fields, which are described there: the environment of the
// Lambdas, the flags of a local run, what people type for a stack. It does not
// know what a setting is for.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Setting is a field of a struct: what its tags say of it, and where its value is.
type Setting struct {
	// Name is what the setting is called where Of was asked for.
	Name string
	// Default is as a person would type it; empty for none.
	Default string

	tag reflect.StructTag
	// to is a *string, *[]string, *int, *bool or **time.Location.
	to any
}

// Of lists the settings of the struct that s points to, in the order of its
// fields, that have a name under tag: env, context or flag.
func Of(s any, tag string) []Setting { return appendOf(nil, reflect.ValueOf(s).Elem(), tag) }

func appendOf(all []Setting, v reflect.Value, tag string) []Setting {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if name := f.Tag.Get(tag); name != "" {
			all = append(all, Setting{name, f.Tag.Get("default"), f.Tag, v.Field(i).Addr().Interface()})
		} else if f.Type.Kind() == reflect.Struct {
			all = appendOf(all, v.Field(i), tag)
		}
	}
	return all
}

// Set takes the value that text says: of a list a JSON array, or members between
// commas. Its error says what is wrong, and does not name the setting.
func (s Setting) Set(text string) (err error) {
	switch to := s.to.(type) {
	case *string:
		if text, err = s.allowed(text); err == nil {
			*to = text
		}
	case *[]string:
		l, err := list(text)
		for _, member := range l {
			if _, fault := s.allowed(member); fault != nil {
				return fault
			}
		}
		if err == nil {
			*to = l
		}
		return err
	case *int:
		least, most, _ := strings.Cut(s.tag.Get("range"), " to ")
		from, _ := strconv.Atoi(least)
		upTo, _ := strconv.Atoi(most)
		n, err := strconv.Atoi(text)
		if err != nil || n < from || n > upTo {
			return fmt.Errorf("%q is no whole number from %s to %s", text, least, most)
		}
		*to = n
	case *bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		*to = text == "true"
	case **time.Location:
		// LoadLocation takes "" and "Local" too, which differ between machines.
		z, err := time.LoadLocation(text)
		if err != nil || text == "" || text == "Local" {
			return fmt.Errorf("%q is no time zone; give one such as Asia/Tokyo or UTC", text)
		}
		*to = z
	}
	return err
}

// allowed is text as it is to be kept, or why it cannot be.
func (s Setting) allowed(text string) (string, error) {
	if values := s.tag.Get("values"); values != "" {
		if all := strings.Split(values, ","); !slices.Contains(all, text) {
			return "", fmt.Errorf("%q is none of %s", text, strings.Join(all, ", "))
		}
	}
	switch s.tag.Get("check") {
	case "index":
		return text, run.ValidIndexPrefix(text)
	case "url":
		return address(text)
	}
	return text, nil
}

// address checks a URL, if there is one. Its error does not quote it: it may hold
// a password.
func address(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return "", nil
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return "", errors.New("it is no http or https URL")
	case u.User != nil:
		return "", errors.New("a URL with a password would be shown to everybody who reads logs; leave it out and give a secret")
	}
	return strings.TrimSuffix(text, "/"), nil
}

func list(text string) ([]string, error) {
	if !strings.HasPrefix(text, "[") {
		return strings.Split(text, ","), nil
	}
	var l []string
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return nil, fmt.Errorf("%q is no JSON array of strings", text)
	}
	return l, nil
}

// Texts are the members of a list, or the one text that String is.
func (s Setting) Texts() []string {
	if l, ok := s.to.(*[]string); ok {
		return *l
	}
	return []string{s.String()}
}

// String is what Set takes; empty where there is no value.
func (s Setting) String() string {
	switch to := s.to.(type) {
	case *string:
		return *to
	case *[]string:
		if len(*to) > 0 {
			b, _ := json.Marshal(*to) // strings cannot fail
			return string(b)
		}
	case *int:
		return strconv.Itoa(*to)
	case *bool:
		return strconv.FormatBool(*to)
	case **time.Location:
		if *to != nil {
			return (*to).String()
		}
	}
	return ""
}

// Takes says in words what is allowed.
func (s Setting) Takes() string {
	values := strings.ReplaceAll(s.tag.Get("values"), ",", ", ")
	switch s.to.(type) {
	case *[]string:
		if values != "" {
			return "a list of " + values
		}
	case *int:
		return s.tag.Get("range")
	case *bool:
		return "true, false"
	case **time.Location:
		return "a time zone"
	}
	if values != "" {
		return values
	}
	return s.tag.Get("takes")
}

// Type is string, strings, int, bool or zone.
func (s Setting) Type() string {
	switch s.to.(type) {
	case *[]string:
		return "strings"
	case *int:
		return "int"
	case *bool:
		return "bool"
	case **time.Location:
		return "zone"
	}
	return "string"
}

// Form is the pattern that the stack demands; empty for none.
func (s Setting) Form() string { return s.tag.Get("form") }

// Meaning is a sentence, with what is to be typed between asterisks.
func (s Setting) Meaning() string { return s.tag.Get("means") }
