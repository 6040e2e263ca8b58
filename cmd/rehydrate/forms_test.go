package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/cluster/clustertest"
	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/local/sample"
	"github.com/rehydrate/rehydrate/local/sample/sampletest"
)

// mixed is an archive of every form below one prefix.
func mixed() sample.Options {
	o := small()
	o.Forms = sample.Forms()
	return o
}

// holdsForms compares the set of documents with the truth: index, id, time, message
// and log of each. What is identified by its place is known by its time and
// message.
func holdsForms(t *testing.T, found []clustertest.Document, want map[string]sample.Event) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("nothing was to be indexed: the test shows nothing")
	}
	place := func(at time.Time, stream, message string) string {
		return fmt.Sprint(at.UnixMilli(), "\x00", stream, "\x00", message)
	}
	byID, byPlace := map[string]sample.Event{}, map[string]int{}
	for _, e := range want {
		if e.Placed {
			byPlace[place(e.Time, e.Stream, e.Message)]++
			continue
		}
		byID[cmp.Or(e.ID, decode.ContentID(e.Stream, e.Time.UnixMilli(), e.Message, e.Before))] = e
	}
	var wrong []string
	met := map[string]bool{}
	for _, d := range found {
		var source struct {
			AWS struct {
				CloudWatch struct {
					Group  string `json:"log_group"`
					Stream string `json:"log_stream"`
				} `json:"cloudwatch"`
			} `json:"aws"`
		}
		if err := json.Unmarshal(d.Source, &source); err != nil {
			t.Fatal(err)
		}
		group, stream := source.AWS.CloudWatch.Group, source.AWS.CloudWatch.Stream
		e, ok := byID[d.ID]
		switch at := place(d.Time, stream, d.Message); {
		case met[d.ID]:
			wrong = append(wrong, d.ID+" is there twice")
		case d.Index != "ecs-task-"+d.Time.In(day(t, "2018-12-10").Location()).Format(time.DateOnly):
			wrong = append(wrong, fmt.Sprintf("%s of %s is in %s", d.ID, d.Time, d.Index))
		case ok && (!d.Time.Equal(e.Time) || d.Message != e.Message || stream != e.Stream || group != e.Group):
			wrong = append(wrong, fmt.Sprintf("%s is %s, want %+v", d.ID, d.Source, e))
		case !ok && (byPlace[at] == 0 || !strings.HasPrefix(d.ID, "derived-p")):
			wrong = append(wrong, fmt.Sprintf("%s is none of those to be indexed: %s", d.ID, d.Source))
		case !ok:
			byPlace[at]--
		}
		met[d.ID] = true
	}
	for id := range byID {
		if !met[id] {
			wrong = append(wrong, fmt.Sprintf("%s is missing: %+v", id, byID[id]))
		}
	}
	for at, n := range byPlace {
		if n > 0 {
			wrong = append(wrong, fmt.Sprintf("%d times %q is missing", n, at))
		}
	}
	for _, w := range wrong[:min(5, len(wrong))] {
		t.Errorf("%.500s", w)
	}
	if len(wrong) > 5 {
		t.Errorf("and %d more", len(wrong)-5)
	}
}

// Whatever lies below one prefix is put back, each event once: also those that two
// export tasks hold, and what stands before damage. A second run changes nothing.
func TestRunOfEveryForm(t *testing.T) {
	o := mixed()
	w := newScenario(t, o)
	args := []string{"--from", "2018-12-10", "--to", "2018-12-12", "--prefix", o.Prefix + "**", "--fields", "logGroup,logStream"}
	status, stdout, stderr := w.run(t.Context(), "first", args...)
	if status != exitIncomplete {
		t.Errorf("exit status %d for an archive with damaged objects\n%s%s", status, stdout, stderr)
	}
	want := w.truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-13"))
	holdsForms(t, w.embedded(t), want)
	first, sum := w.report(t, "first"), w.truth.Sum()
	if first.Events.Created != int64(len(want)) || first.Events.Decoded != sum.Decoded || first.Events.Malformed != sum.Malformed {
		t.Errorf("the report tells of %+v, there are %d events to be created of %d, and %d malformed", first.Events, len(want), sum.Decoded, sum.Malformed)
	}
	if first.Edge != nil || len(first.Gaps) > 0 {
		t.Errorf("everything was read, but the report tells of the edges %+v and the gaps %+v", first.Edge, first.Gaps)
	}
	w.run(t.Context(), "second", args...)
	holdsForms(t, w.embedded(t), want)
	second := w.report(t, "second")
	if second.Events.Created != 0 || second.Events.AlreadyThere != first.Events.Created+first.Events.AlreadyThere {
		t.Errorf("the second run created %d and met %d, the first created %d and met %d",
			second.Events.Created, second.Events.AlreadyThere, first.Events.Created, first.Events.AlreadyThere)
	}
}

// The keys of each tool are chosen by time, as README says how to write them.
func TestRunOfEveryFormByItsKeys(t *testing.T) {
	o := mixed()
	o.Damaged = false
	w := newScenario(t, o)
	args := []string{"--from", "2018-12-11", "--to", "2018-12-11", "--fields", "logGroup,logStream"}
	for _, prefix := range []string{
		"!{timestamp:yyyy/MM/dd/HH}/", "exports/**",
		"fluent-bit-logs/!{partitionKeyFromQuery:tag}/!{timestamp:yyyy/MM/dd/HH/mm/ss}",
		"fluentd/!{timestamp:yyyyMMdd}_",
	} {
		args = append(args, "--prefix", o.Prefix+prefix)
	}
	w.run(t.Context(), "day", args...)
	holdsForms(t, w.embedded(t), w.truth.Expect(day(t, "2018-12-11"), day(t, "2018-12-12")))
	if r := w.report(t, "day"); r.Objects.Listed >= int64(len(w.truth.Objects))*2/3 || r.Objects.Timeless == 0 {
		t.Errorf("%d of %d objects were read: that is no choice by time", r.Objects.Listed, len(w.truth.Objects))
	}
}

// An archive of recorded shapes becomes these documents, and a plan tells of them.
func TestRunOfRecordedForms(t *testing.T) {
	bodies, truth := sampletest.Recorded(t)
	w := scenario{archive: t.TempDir(), out: t.TempDir(), truth: truth}
	for key, body := range bodies {
		w.put(t, key, body)
	}
	status, stdout, stderr := w.run(t.Context(), "recorded", "--from", "2018-12-10", "--to", "2018-12-10", "--prefix", "**", "--fields", "logGroup,logStream")
	if status != exitComplete {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
	holdsForms(t, w.embedded(t), truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-11")))
}

// put puts an object into the scenario's archive.
func (w scenario) put(t *testing.T, key string, body []byte) {
	t.Helper()
	file := filepath.Join(w.archive, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, body, 0o644); err != nil {
		t.Fatal(err)
	}
}

// The same log by a subscription and by an export task is one set of documents where
// ids are derived, and two where they are the archive's.
func TestRunOfALogInTwoForms(t *testing.T) {
	const group, stream = "/ecs/orders", "app/orders/1f0e2d3c"
	begun := time.Date(2018, 12, 10, 3, 0, 0, 0, time.UTC)
	var record, export strings.Builder
	fmt.Fprintf(&record, `{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"%s","logStream":"%s","subscriptionFilters":["f"],"logEvents":[`, group, stream)
	const events = 50
	for i := range events {
		at := begun.Add(time.Duration(i/3) * time.Second) // some at once, some of them alike
		message, _ := json.Marshal(fmt.Sprintf("event %d\n\tof \"two\" lines", i/2))
		if i > 0 {
			record.WriteByte(',')
		}
		fmt.Fprintf(&record, `{"id":"3444187015493827123614783756243009117423821020357427%04d","timestamp":%d,"message":%s}`, i, at.UnixMilli(), message)
		fmt.Fprintf(&export, "%s event %d\n\tof \"two\" lines\n", at.Format("2006-01-02T15:04:05.000Z"), i/2)
	}
	record.WriteString("]}")
	w := scenario{archive: t.TempDir()}
	w.put(t, "2018/12/10/03/s-1-2018-12-10-03-00-00-0f5c", zipped(t, []byte(record.String())))
	for _, task := range []string{"8f2e1c64-3b0a-4f57-9d6e-2a1b0c9d8e7f", "9a3f2d75-4c1b-4068-8e7f-3b2c1d0e9f80"} {
		w.put(t, "exports/"+task+"/"+strings.ReplaceAll(stream, "/", "-")+"/000000.gz", zipped(t, []byte(export.String())))
	}
	for ids, documents := range map[string]int{"derived": events, "archive": 2 * events} {
		w.out = t.TempDir()
		status, stdout, stderr := w.run(t.Context(), ids, "--ids", ids, "--from", "2018-12-10", "--to", "2018-12-10",
			"--prefix", "exports/**", "--prefix", "!{timestamp:yyyy/MM/dd/HH}/")
		if n := len(w.embedded(t)); n != documents || status != exitComplete {
			t.Errorf("ids %s: %d documents, want %d; exit status %d\n%s%s", ids, n, documents, status, stdout, stderr)
		}
	}
}

// A plan says which forms there are, and where times are only near.
func TestPlanTellsForms(t *testing.T) {
	o := mixed()
	w := newScenario(t, o)
	_, stdout, stderr := w.run(t.Context(), "plan", "--plan", "--from", "2018-12-10", "--to", "2018-12-12", "--prefix", o.Prefix+"**")
	for _, line := range []string{"of CloudWatch export tasks", "of messages only", "have no id in the archive", "warning: about", "every run reads all of them"} {
		if !strings.Contains(stdout, line) {
			t.Errorf("the plan does not tell %q:\n%s%s", line, stdout, stderr)
		}
	}
}

// Every form on a real engine, run twice.
func formsOn(t *testing.T, e *enginetest.Running) {
	o := mixed()
	w := newScenario(t, o)
	args := []string{"--from", "2018-12-10", "--to", "2018-12-12", "--prefix", o.Prefix + "**", "--search", e.URL, "--fields", "logGroup,logStream"}
	want := w.truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-13"))
	for _, name := range []string{"first", "second"} {
		w.run(t.Context(), name, args...)
		holdsForms(t, documents(t, e.URL, "ecs-task-*"), want)
	}
	if r := w.report(t, "second"); r.Events.Created != 0 {
		t.Errorf("the second run created %d events", r.Events.Created)
	}
}
