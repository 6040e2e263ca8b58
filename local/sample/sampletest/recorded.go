// Package sampletest holds small objects of each form, of the shape that was
// recorded of it, and the events that they are, for tests. docs/forms.md names
// where each shape was read.
package sampletest

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/local/sample"
)

//go:embed testdata
var testdata embed.FS

// Recorded gives objects by key, and the truth: one object of each form beside
// CloudWatch's aws-logs-write-test.
func Recorded(t testing.TB) (map[string][]byte, sample.Truth) {
	t.Helper()
	const folder = "testdata/forms/"
	bodies := map[string][]byte{}
	err := fs.WalkDir(testdata, strings.TrimSuffix(folder, "/"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			bodies[strings.TrimPrefix(path, folder)], err = testdata.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bodies, truth(t)
}

// event is a line of testdata/forms.jsonl.
type event struct {
	Object, ID, Group, Stream, Message string
	Time                               time.Time
	Before                             uint32
	Placed, Approximate                bool
}

func truth(t testing.TB) sample.Truth {
	t.Helper()
	lines, err := testdata.ReadFile("testdata/forms.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var truth sample.Truth
	for d := json.NewDecoder(bytes.NewReader(lines)); ; {
		var e event
		switch err := d.Decode(&e); {
		case errors.Is(err, io.EOF):
			return truth
		case err != nil:
			t.Fatal(err)
		}
		if n := len(truth.Objects); n == 0 || truth.Objects[n-1].Key != e.Object {
			truth.Objects = append(truth.Objects, sample.Object{Key: e.Object})
		}
		o := &truth.Objects[len(truth.Objects)-1]
		told := sample.Event{
			ID: e.ID, Group: e.Group, Stream: e.Stream, Message: e.Message, Time: e.Time,
			Before: e.Before, Placed: e.Placed, Approximate: e.Approximate,
		}
		if e.ID == "" {
			told.Same = fmt.Sprint(e.Object, len(o.Events))
		}
		if e.Approximate {
			o.Begun = e.Time
		}
		o.Events = append(o.Events, told)
	}
}
