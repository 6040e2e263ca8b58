package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

func TestMain(m *testing.M) {
	if _, err := exec.LookPath("node"); err != nil {
		fmt.Fprintln(os.Stderr, "the CDK needs Node.js, which is not installed: nothing of this package is tested")
		if os.Getenv("CI") != "" {
			os.Exit(1)
		}
		return
	}
	folder, err := os.MkdirTemp("", "rehydrate-cdk")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	made.folder = folder
	code := m.Run()
	jsii.Close()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// template is what CloudFormation is given.
type template struct {
	Resources map[string]resource
	Outputs   map[string]struct{ Value any }
	// file holds the whole.
	file string
}

type resource struct {
	Type           string
	Properties     map[string]any
	DependsOn      any
	DeletionPolicy string
	Metadata       map[string]any
}

// made keeps what was synthesized: each combination of settings is once.
var made = struct {
	sync.Mutex
	templates map[string]*template
	// folder outlives each test: others read the same template later.
	folder string
}{templates: map[string]*template{}}

// synthesize gives the template for pairs of settings.
func synthesize(t *testing.T, pairs ...any) *template {
	t.Helper()
	made.Lock()
	defer made.Unlock()
	key := fmt.Sprint(pairs...)
	if tpl := made.templates[key]; tpl != nil {
		return tpl
	}
	s := read(t, pairs...)
	out := filepath.Join(made.folder, strconv.Itoa(len(made.templates)))
	app := awscdk.NewApp(&awscdk.AppProps{
		AnalyticsReporting: jsii.Bool(false), Outdir: jsii.String(filepath.Join(out, "cdk.out")),
		Context: &map[string]any{"aws:cdk:disable-asset-staging": true},
	})
	if err := addStack(app, s, placeholders(t, out), "1.2.3"); err != nil {
		t.Fatal(err)
	}
	app.Synth(nil)
	tpl := &template{file: filepath.Join(out, "cdk.out", s.Stack+".template.json")}
	b, err := os.ReadFile(tpl.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, tpl); err != nil {
		t.Fatal(err)
	}
	made.templates[key] = tpl
	return tpl
}

func read(t *testing.T, pairs ...any) settings.Settings {
	t.Helper()
	context := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		context[settings.Prefix+pairs[i].(string)] = pairs[i+1]
	}
	s, err := settings.Read(context)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// placeholders stand for the built Lambdas where only the template matters.
func placeholders(t *testing.T, out string) string {
	t.Helper()
	folder := filepath.Join(out, "build")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "bootstrap"), []byte("bootstrap"), 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// only is the one resource of a type whose logical id begins with id.
func (tpl *template) only(t *testing.T, kind, id string) resource {
	t.Helper()
	var found []string
	for name, r := range tpl.Resources {
		if r.Type == kind && strings.HasPrefix(name, id) {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s %s: found %q, want one", kind, id, found)
	}
	return tpl.Resources[found[0]]
}

// at walks into properties; a missing one is nil.
func (r resource) at(path ...any) any { return at(r.Properties, path...) }

func at(v any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

// hash is what the CDK adds to logical ids.
var hash = regexp.MustCompile(`[0-9A-F]{8}$`)

// plain resolves a template's value to how a person would write it: a
// reference to a resource becomes ${LogicalId.Attribute}.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 1 {
			for function, argument := range v {
				if s, ok := intrinsic(function, argument); ok {
					return s
				}
			}
		}
		m := map[string]any{}
		for key, value := range v {
			m[key] = plain(value)
		}
		return m
	case []any:
		var l []any
		for _, e := range v {
			l = append(l, plain(e))
		}
		return l
	}
	return v
}

func intrinsic(function string, argument any) (string, bool) {
	switch function {
	case "Ref":
		return "${" + hash.ReplaceAllString(argument.(string), "") + "}", true
	case "Fn::GetAtt":
		return "${" + hash.ReplaceAllString(at(argument, 0).(string), "") + "." + at(argument, 1).(string) + "}", true
	case "Fn::Join":
		var parts []string
		for _, part := range at(argument, 1).([]any) {
			parts = append(parts, plain(part).(string))
		}
		return strings.Join(parts, at(argument, 0).(string)), true
	case "Fn::Sub":
		if s, ok := argument.(string); ok {
			return s, true
		}
	}
	return "", false
}

// sortedKeys are the keys of a map, in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
