package store

import (
	"bytes"
	"encoding/json"
	"strings"
)

// filterPath keeps what the paths name of an answer: members joined by points,
// * for any part of a name, ** for any members in between; -path takes away.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/common-options.html#common-options-response-filtering
func filterPath(raw []byte, paths []string) ([]byte, error) {
	var keep, drop [][]string
	for _, p := range paths {
		if without, ok := strings.CutPrefix(p, "-"); ok {
			drop = append(drop, strings.Split(without, "."))
		} else {
			keep = append(keep, strings.Split(p, "."))
		}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if len(drop) > 0 {
		v = without(v, drop)
	}
	if len(keep) > 0 {
		if v = only(v, keep); v == nil {
			v = map[string]any{}
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// only gives what the paths name of v, nil for nothing.
func only(v any, paths [][]string) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, value := range v {
			inner, whole := descend(paths, name)
			if whole {
				kept[name] = value
			} else if len(inner) > 0 {
				if value = only(value, inner); value != nil {
					kept[name] = value
				}
			}
		}
		if len(kept) > 0 {
			return kept
		}
	case []any:
		var kept []any
		for _, value := range v {
			if value = only(value, paths); value != nil {
				kept = append(kept, value)
			}
		}
		if len(kept) > 0 {
			return kept
		}
	}
	return nil
}

// without gives v less what the paths name.
func without(v any, paths [][]string) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			inner, whole := descend(paths, name)
			if whole {
				delete(v, name)
			} else if len(inner) > 0 {
				v[name] = without(value, inner)
			}
		}
	case []any:
		for i := range v {
			v[i] = without(v[i], paths)
		}
	}
	return v
}

// descend gives what is left of the paths inside of a member; whole tells that
// one of them ends there.
func descend(paths [][]string, name string) (inner [][]string, whole bool) {
	for _, p := range paths {
		if p[0] == "**" {
			inner = append(inner, p)
			if len(p) == 1 {
				return nil, true
			}
			deeper, ends := descend([][]string{p[1:]}, name)
			inner, whole = append(inner, deeper...), whole || ends
			continue
		}
		if !matchPattern(p[0], name) {
			continue
		}
		if len(p) == 1 {
			return nil, true
		}
		inner = append(inner, p[1:])
	}
	return inner, whole
}

func indent(raw []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return raw
	}
	b.WriteByte('\n')
	return b.Bytes()
}
