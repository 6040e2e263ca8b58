package document

import (
	"path"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
)

func TestFilter(t *testing.T) {
	web := &decode.Header{LogGroup: "/ecs/shop/web", LogStream: "web/task/1b2c"}
	for _, c := range []struct {
		name             string
		include, exclude run.Filter
		message          string
		want             bool
	}{
		{"nothing asked", run.Filter{}, run.Filter{}, `"m"`, true},
		{"star crosses slashes", run.Filter{LogGroup: []string{"/ecs*web"}}, run.Filter{}, `"m"`, true},
		{"whole name", run.Filter{LogGroup: []string{"/ecs/shop"}}, run.Filter{}, `"m"`, false},
		{"any of several", run.Filter{LogGroup: []string{"/x", "*/web"}}, run.Filter{}, `"m"`, true},
		{"each member", run.Filter{LogGroup: []string{"*"}, LogStream: []string{"db/*"}}, run.Filter{}, `"m"`, false},
		{"question mark", run.Filter{LogStream: []string{"web/task/????"}}, run.Filter{}, `"m"`, true},
		{"question mark is no slash", run.Filter{LogGroup: []string{"?ecs*"}}, run.Filter{}, `"m"`, false},
		{"class", run.Filter{LogStream: []string{"*/[0-9][a-c][^3]c"}}, run.Filter{}, `"m"`, true},
		{"excluded group", run.Filter{}, run.Filter{LogGroup: []string{"/ecs/*"}}, `"m"`, false},
		{"exclude wins", run.Filter{LogGroup: []string{"*"}}, run.Filter{LogStream: []string{"web/*"}}, `"m"`, false},
		{"message unescaped", run.Filter{Message: []string{`^GET "/é"\n`}}, run.Filter{}, `"GET \"\/\u00e9\"\n"`, true},
		{"message does not match", run.Filter{Message: []string{"ERROR"}}, run.Filter{}, `"INFO"`, false},
		{"message excluded", run.Filter{}, run.Filter{Message: []string{"health"}}, `"GET /healthz"`, false},
		{"message both", run.Filter{Message: []string{"GET"}}, run.Filter{Message: []string{"health"}}, `"GET /"`, true},
		{"surrogate pair", run.Filter{Message: []string{"\U0001F600"}}, run.Filter{}, `"\ud83d\ude00"`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := NewFilter(c.include, c.exclude)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // decided, then remembered
				if got := f.Pass(&decode.Event{Header: web, Message: []byte(c.message)}); got != c.want {
					t.Errorf("Pass is %v", got)
				}
			}
		})
	}
}

func TestFilterDecidesForEachRecord(t *testing.T) {
	f, err := NewFilter(run.Filter{LogGroup: []string{"a"}}, run.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range []string{"a", "b", "a"} {
		if got := f.Pass(&decode.Event{Header: &decode.Header{LogGroup: group}, Message: []byte(`""`)}); got != (group == "a") {
			t.Errorf("an event of %s: %v", group, got)
		}
	}
}

func TestFilterNamesThePatternThatIsWrong(t *testing.T) {
	for _, c := range []struct {
		f    run.Filter
		want string
	}{
		{run.Filter{LogGroup: []string{"[a"}}, `include: logGroup: "[a"`},
		{run.Filter{LogStream: []string{`a\`}}, `include: logStream: "a\\"`},
		{run.Filter{Message: []string{"(a"}}, `include: message: "(a"`},
	} {
		if _, err := NewFilter(c.f, run.Filter{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one that says %s", err, c.want)
		}
	}
}

// Where no star meets a slash, a glob is that of path.Match.
func FuzzGlob(f *testing.F) {
	for _, s := range [][2]string{
		{"a*b", "axxb"}, {"[^a-c]?", "dx"}, {"[z-a]", "b"}, {"[^z-a]", "b"}, {`\*[\]]`, "*]"}, {"[a", "a"}, {"é?", "éü"}, {"[a-]", "-"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, glob, name string) {
		if strings.Contains(name, "/") || !valid(glob) || !valid(name) {
			t.Skip()
		}
		want, err := path.Match(glob, name)
		filter, err2 := NewFilter(run.Filter{LogGroup: []string{glob}}, run.Filter{})
		if (err != nil) != (err2 != nil) {
			t.Fatalf("%q: path.Match says %v, the filter %v", glob, err, err2)
		}
		if err != nil {
			return
		}
		if got := filter.Pass(&decode.Event{Header: &decode.Header{LogGroup: name}}); got != want {
			t.Errorf("%q matches %q: %v, path.Match says %v", glob, name, got, want)
		}
	})
}

// valid leaves out what a request, which is JSON, cannot hold.
func valid(s string) bool { return strings.ToValidUTF8(s, "") == s && !strings.Contains(s, "\uFFFD") }
