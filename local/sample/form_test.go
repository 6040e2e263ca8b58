package sample_test

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/sample"
)

// TestFormsAreOfRecordedShape holds keys and lines of each form to what was
// recorded of it: docs/forms.md.
func TestFormsAreOfRecordedShape(t *testing.T) {
	const firehose = `^x/\d{4}/\d\d/\d\d/\d\d/ecs-task-1-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9a-f-]{36}$`
	for form, shape := range map[sample.Form]struct{ key, line string }{
		sample.Events:    {firehose, `^\{.*\}$`},
		sample.Messages:  {firehose, ``},
		sample.Export:    {`^x/exports/(aws-logs-write-test|[0-9a-f-]{36}/[^/]+/\d{6}\.gz)$`, ``},
		sample.FluentBit: {`^x/fluent-bit-logs/[^/]+-firelens-[0-9a-f]{32}/\d{4}(/\d\d){5}-object[0-9a-f]{8}$`, `^\{"date":("\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{6}Z?"|[0-9.]+),.*"log":".*\}$`},
		sample.Fluentd:   {`^x/fluentd/\d{8}_\d+$`, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00\t[^\t]+-firelens-[0-9a-f]{32}\t\{.*\}$`},
	} {
		t.Run(string(form), func(t *testing.T) {
			o := sample.Default()
			o.Days, o.Objects, o.Events, o.Prefix, o.Damaged, o.Forms = 1, 48, 600, "x/", false, []sample.Form{form}
			key, line := regexp.MustCompile(shape.key), regexp.MustCompile(shape.line)
			truth, err := sample.Generate(o, func(k string, _ time.Time, body []byte) error {
				if !key.MatchString(k) {
					t.Errorf("key %s", k)
				}
				plain := unzipped(t, body)
				first := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z `).Match(plain)
				if exported := strings.HasSuffix(k, ".gz"); exported && !first || form != sample.Messages && !exported && first {
					t.Errorf("%s begins with %.100q", k, plain)
				}
				for text := range bytes.Lines(plain) {
					if !line.Match(bytes.TrimSuffix(text, []byte("\n"))) {
						t.Errorf("%s: %.300q", k, text)
						break
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if sum := truth.Sum(); sum.Decoded < 500 {
				t.Errorf("%d events in %d objects", sum.Decoded, len(truth.Objects))
			}
		})
	}
}

func unzipped(t *testing.T, body []byte) []byte {
	t.Helper()
	if !bytes.HasPrefix(body, []byte("\x1f\x8b")) {
		return body
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	return plain
}

// TestMixHoldsEachForm: every form is there, all keys lie under one prefix, none
// twice, and each event has one identity.
func TestMixHoldsEachForm(t *testing.T) {
	o := sample.Default()
	o.Events, o.Forms = 5000, sample.Forms()
	keys := map[string]bool{}
	truth, err := sample.Generate(o, func(key string, _ time.Time, _ []byte) error {
		if keys[key] || !strings.HasPrefix(key, o.Prefix) {
			t.Errorf("key %s", key)
		}
		keys[key] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	formats := map[string]int{}
	met := map[string]bool{}
	damaged, again, approximate, ids := 0, 0, 0, 0
	for _, object := range truth.Objects {
		formats[object.Format]++
		if object.End == run.Damaged {
			damaged++
		}
		for _, e := range object.Events {
			switch {
			case (e.ID == "") == (e.Same == ""):
				t.Fatalf("%s: the event %+v has no identity, or two", object.Key, e)
			case e.ID != "":
				ids++
			case met[e.Same]:
				again++
			}
			met[e.Same] = true
			if e.Approximate {
				approximate++
			}
		}
	}
	for _, format := range []string{"events as JSON lines", "messages only", "export task", "Fluent Bit", "Fluentd", "gzip members"} {
		if formats[format] == 0 {
			t.Errorf("no object of %s: %v", format, formats)
		}
	}
	if damaged < 4 || again == 0 || approximate == 0 || ids == 0 {
		t.Errorf("%d damaged objects, %d events exported again, %d of approximate time, %d ids", damaged, again, approximate, ids)
	}
	t.Logf("%d objects, %v, %d events, %d again, %d approximate", len(truth.Objects), formats, truth.Sum().Decoded, again, approximate)
}

func TestParseForms(t *testing.T) {
	if forms, err := sample.ParseForms([]string{"export", "mix"}); err != nil || len(forms) != len(sample.Forms()) {
		t.Errorf("%v, %v", forms, err)
	}
	if _, err := sample.ParseForms([]string{"syslog"}); err == nil || !strings.Contains(err.Error(), "fluentbit") {
		t.Errorf("%v, want the forms that there are", err)
	}
}
