package inspect_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/rehydrate/rehydrate/local/inspect"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	record = `{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/ecs-task","logStream":"/ecs-task/1b2c3d4e","subscriptionFilters":["/ecs-task"],"logEvents":[` +
		`{"id":"34441870154938271236147837562430091174238210203574272001","timestamp":1544414264183,"message":"{\"level\":\"info\"}"},` +
		`{"id":"34441871760656372934611228403198746317340917220131373058","timestamp":1544414336184,"message":"<b> & 日本\n"}]}`
	odd = `{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/ecs/web","logStream":"a\u001b[31m\u202eb","subscriptionFilters":[],"logEvents":[` +
		`{"id":"3","timestamp":1544414264000,"message":"caf` + "\xe9" + `"},{"timestamp":1,"message":"no` + "\xe9" + `"},{"id":"4"}]}`
	control = `{"messageType":"CONTROL_MESSAGE","logEvents":[]}`
)

// stored packs without compressing, so that sizes do not depend on a library.
func stored(t *testing.T, p string) string {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(p)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name, body string
		whole      bool
	}{
		{"members", stored(t, record) + stored(t, control) + stored(t, record), true},
		{"empty", "", true},
		{"cut", stored(t, stored(t, record)+stored(t, odd))[:700], false},
		{"foreign", "<html>\x1b[2J", false},
		{"messages", "2018-12-10 03:57:44 a\n{\"level\":\"info\"}\n", true},
		{"lines", record + "\n" + odd + "\n", false},
	} {
		for form, events := range map[string]bool{"told": false, "events": true} {
			t.Run(c.name+" "+form, func(t *testing.T) {
				var out strings.Builder
				object := inspect.Object{Name: "s3://archive/key", Body: strings.NewReader(c.body), Random: strings.NewReader(c.body), Size: int64(len(c.body))}
				object.Source.Begun = 1544414400000 // 2018-12-10T04:00:00Z
				err := inspect.Run(t.Context(), &out, object, events)
				if (err == nil) != c.whole || err != nil && !errors.Is(err, inspect.ErrDamaged) {
					t.Errorf("ended with %v", err)
				}
				if err != nil {
					out.WriteString("error: " + err.Error() + "\n")
				}
				golden(t, filepath.Join("testdata", c.name+"."+form), out.String())
			})
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s, which -update writes anew\n got:\n%s\nwant:\n%s", file, got, want)
	}
}

func TestOthersErrorsComeThrough(t *testing.T) {
	network := errors.New("connection reset")
	err := inspect.Run(t.Context(), &strings.Builder{}, inspect.Object{Body: iotest.ErrReader(network)}, false)
	if !errors.Is(err, network) || errors.Is(err, inspect.ErrDamaged) {
		t.Errorf("a failing reader: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = inspect.Run(ctx, &strings.Builder{}, inspect.Object{Body: strings.NewReader(record)}, true)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: %v", err)
	}
}
