package settings

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Flags sets s to its defaults and registers the flags of its settings that have
// one: those of names, or all where none is given. What is said on the command
// line goes into s, and is refused there if it cannot be right.
//
// A list may be given more than once. If its members are few and known, there may
// be several at once, with commas between.
func Flags(fs *pflag.FlagSet, s *run.Settings, names ...string) {
	Default(s, "env")
	for _, v := range Of(s, "flag") {
		if len(names) > 0 && !slices.Contains(names, v.Name) {
			continue
		}
		usage := phrase(cmp.Or(v.tag.Get("usage"), strings.ReplaceAll(v.Meaning(), "*", "")))
		f := fs.VarPF(&flag{Setting: v}, v.Name, "", usage)
		f.DefValue = v.Default
		if v.Type() == "bool" {
			f.NoOptDefVal = "true"
		}
	}
}

// flag is a setting as pflag has one.
type flag struct {
	Setting
	given bool
}

// Set appends to a list that has been given before.
func (f *flag) Set(text string) error {
	l, ok := f.to.(*[]string)
	if !ok {
		return f.Setting.Set(text)
	}
	before := *l
	if f.tag.Get("values") == "" {
		*l = []string{text} // a comma may be part of it
	} else if err := f.Setting.Set(text); err != nil {
		return err
	}
	if f.given {
		*l = append(before, *l...)
	}
	f.given = true
	return nil
}

// phrase is a sentence as the help of a flag has it: it begins small, unless with
// a name, and has no full stop.
func phrase(sentence string) string {
	sentence = strings.TrimSuffix(sentence, ".")
	first, rest, _ := strings.Cut(sentence, " ")
	if first == "Firehose" || strings.ToUpper(first) == first {
		return sentence
	}
	return strings.ToLower(first) + " " + rest
}
