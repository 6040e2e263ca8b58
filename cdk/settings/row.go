package settings

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	// Zones are checked where the app runs, which may have no files of them.
	_ "time/tzdata"
)

// Row is one setting.
type Row struct {
	// Name is the context key without Prefix.
	Name string
	// Takes says what values are allowed, Default is the one that holds when
	// nothing is said, as a person would type it; empty for none.
	Takes   string
	Default string
	// Meaning is a sentence in Markdown.
	Meaning string

	// preset sets the default, set what was said. The value is as the CDK hands
	// it over: a string from the command line, anything of JSON from cdk.json.
	preset func()
	set    func(value any) error
}

func text(to *string, name, preset, takes, meaning string) Row {
	return Row{
		Name: name, Takes: takes, Default: preset, Meaning: meaning,
		preset: func() { *to = preset },
		set: func(value any) (err error) {
			*to, err = asText(value)
			return err
		},
	}
}

func oneOf(to *string, name, preset string, values []string, meaning string) Row {
	row := text(to, name, preset, strings.Join(values, ", "), meaning)
	row.set = func(value any) (err error) {
		if *to, err = asText(value); err == nil && !slices.Contains(values, *to) {
			err = fmt.Errorf("%q is none of %s", *to, strings.Join(values, ", "))
		}
		return err
	}
	return row
}

func number(to *int, name string, preset, least, most int, meaning string) Row {
	return Row{
		Name: name, Takes: fmt.Sprintf("%d to %d", least, most), Default: strconv.Itoa(preset), Meaning: meaning,
		preset: func() { *to = preset },
		set: func(value any) error {
			n, err := asNumber(value)
			if err != nil || n < least || n > most {
				return fmt.Errorf("%v is no whole number from %d to %d", value, least, most)
			}
			*to = n
			return nil
		},
	}
}

func flag(to *bool, name string, preset bool, meaning string) Row {
	return Row{
		Name: name, Takes: "true, false", Default: strconv.FormatBool(preset), Meaning: meaning,
		preset: func() { *to = preset },
		set: func(value any) error {
			switch value {
			case true, "true":
				*to = true
			case false, "false":
				*to = false
			default:
				return fmt.Errorf("%v is neither true nor false", value)
			}
			return nil
		},
	}
}

func zone(to **time.Location, name, preset, meaning string) Row {
	set := func(value any) error {
		s, err := asText(value)
		if err != nil {
			return err
		}
		// LoadLocation takes "" and "Local" too, which differ between machines.
		z, err := time.LoadLocation(s)
		if err != nil || s == "" || s == "Local" {
			return fmt.Errorf("%q is no time zone; give one such as Asia/Tokyo or UTC", s)
		}
		*to = z
		return nil
	}
	return Row{
		Name: name, Takes: "time zone", Default: preset, Meaning: meaning,
		preset: func() { _ = set(preset) }, // a test reads every default
		set:    set,
	}
}

func list(to *[]string, name string, preset []string, takes, meaning string) Row {
	return Row{
		Name: name, Takes: takes, Default: strings.Join(preset, ","), Meaning: meaning,
		preset: func() { *to = preset },
		set: func(value any) (err error) {
			*to, err = asList(value)
			return err
		},
	}
}

// file reads a file of at most limit bytes at once.
func file(to *string, name string, limit int, meaning string) Row {
	return Row{
		Name: name, Takes: "path", Meaning: meaning,
		preset: func() { *to = "" },
		set: func(value any) error {
			path, err := asText(value)
			if err != nil || path == "" {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if len(b) > limit {
				return fmt.Errorf("%s has %d bytes; a Lambda's environment leaves room for %d", path, len(b), limit)
			}
			*to = string(b)
			return nil
		},
	}
}

func asText(value any) (string, error) {
	s, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("%v is no string", value)
	}
	return s, nil
}

func asNumber(value any) (int, error) {
	switch v := value.(type) {
	case string:
		return strconv.Atoi(v)
	case float64: // as encoding/json has numbers
		if v == math.Trunc(v) {
			return int(v), nil
		}
	}
	return 0, fmt.Errorf("%v is no whole number", value)
}

// asList takes an array, an array in a string, or strings between commas.
func asList(value any) ([]string, error) {
	var l []string
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			s, err := asText(e)
			if err != nil {
				return nil, err
			}
			l = append(l, s)
		}
	case string:
		if !strings.HasPrefix(v, "[") {
			l = strings.Split(v, ",")
			break
		}
		if err := json.Unmarshal([]byte(v), &l); err != nil {
			return nil, fmt.Errorf("%s is no JSON array of strings", v)
		}
	default:
		return nil, fmt.Errorf("%v is no list of strings", value)
	}
	if slices.Contains(l, "") {
		return nil, fmt.Errorf("%v holds an empty string", value)
	}
	return l, nil
}
