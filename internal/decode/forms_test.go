package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

const cloudWatchID = "34441870154938271236147837562430091174238210203574272001"

// begun is the time in the keys of what follows.
const begun = 1544414400000 // 2018-12-10T04:00:00Z

func known(key string) Options {
	return Options{Source: Source{Key: key, Begun: begun, TimeFields: []string{"timestamp", "@timestamp", "time", "ts"}}}
}

// told is an event as a test says it: form, stream, time, kinds of id and time,
// message.
func told(e *Event) string {
	if e.Malformed != "" {
		return fmt.Sprintf("%s malformed: %s %s", string(e.Form), e.Malformed, e.Raw)
	}
	id := string(e.ID)
	switch e.IDKind {
	case IDOfContent:
		id = "content"
	case IDOfPlace:
		id = "place"
	}
	at := time.UnixMilli(e.Time).UTC().Format("02T15:04:05.000")
	from := []string{"", "~message", "~key"}[e.TimeKind]
	return fmt.Sprintf("%s %s|%s %s %s%s %s", string(e.Form), e.Header.LogGroup, e.Header.LogStream, id, at, from, e.Message)
}

func tell(t *testing.T, body string, o Options) (lines []string, err error) {
	t.Helper()
	d := New(byteReader{strings.NewReader(body), 7}, o)
	var e Event
	for err = d.Next(&e); err == nil; err = d.Next(&e) {
		lines = append(lines, told(&e))
	}
	return lines, err
}

// otherForm is an object of another form than subscription records, and what is
// told of its events.
type otherForm struct {
	name, key, body string
	want            []string
}

func otherForms() []otherForm {
	const firehose = "logs/2018/12/10/04/stream-1-2018-12-10-04-00-00-1b2c"
	const exported = "exports/8f0b9d14-8a2b-4f1c-9c3d-1a2b3c4d5e6f/ecs-web-1b2c/000000.gz"
	return []otherForm{
		{"events", firehose, `{"id":"` + cloudWatchID + `","timestamp":1544414264183,"message":"a","logGroup":"/g","logStream":"s/1"}` + "\n" +
			`{"logStream":"s/1","logGroup":"/g","message":"b\n","timestamp":1544414264184}` + "\n", []string{
			`events /g|s/1 ` + cloudWatchID + ` 10T03:57:44.183 "a"`,
			`events /g|s/1 content 10T03:57:44.184 "b\n"`,
		}},
		{"events in other words", firehose, `{"@id":"1","@timestamp":"2018-12-10T12:57:44.183+09:00","@message":"a","@log_group":"/g","@log_stream":"s","@owner":"123456789012"}` + "\n" +
			`{"event_id":7,"time":"1544414264","msg":"b","log_group":"/g","log_stream":"s"}`, []string{
			`events /g|s 1 10T03:57:44.183 "a"`,
			`events /g|s 7 10T03:57:44.000 "b"`,
		}},
		{"events without line ends", firehose, `{"timestamp":1544414264183,"message":"a","logStream":"s"}{"timestamp":1544414264183,"message":"a","logStream":"s"} {"timestamp":1544414264183,"message":"a","logStream":"s"}`, []string{
			`events |s content 10T03:57:44.183 "a"`, `events |s content 10T03:57:44.183 "a"`, `events |s content 10T03:57:44.183 "a"`,
		}},
		{"an array of events", firehose, "[" + `{"timestamp":1544414264183,"message":"a","logStream":"s"},` + "\n" + `{"timestamp":1544414264183,"message":"b","logStream":"s"}]` + "\n", []string{
			`events |s content 10T03:57:44.183 "a"`, `events |s content 10T03:57:44.183 "b"`,
		}},
		{"events that say more than an event", firehose, `{"timestamp":1544414264183,"message":"a","logStream":"s","env":"prod"}` + "\n" +
			`{"timestamp":1544414264183,"message":{"a":1},"logStream":"s"}` + "\n" + `{"timestamp":1544414264183,"message":"a","msg":"b","logStream":"s"}`, []string{
			`events |s content 10T03:57:44.183 "{\"timestamp\":1544414264183,\"message\":\"a\",\"logStream\":\"s\",\"env\":\"prod\"}"`,
			`events |s content 10T03:57:44.183 "{\"timestamp\":1544414264183,\"message\":{\"a\":1},\"logStream\":\"s\"}"`,
			`events |s content 10T03:57:44.183 "{\"timestamp\":1544414264183,\"message\":\"a\",\"msg\":\"b\",\"logStream\":\"s\"}"`,
		}},
		{"a line among events that is none", firehose, `{"timestamp":1544414264183,"message":"a","logStream":"s"}` + "\noops \"\t\n" + `{"timestamp":1544414264183,"message":"b","logStream":"s"}` + "\n", []string{
			`events |s content 10T03:57:44.183 "a"`, `events malformed: ` + lineNoJSON + ` "oops \"\t"`, `events |s content 10T03:57:44.183 "b"`,
		}},
		{"a record among events", firehose, `{"timestamp":1544414264183,"message":"a","logStream":"s"}` + "\n" + two, []string{
			`events |s content 10T03:57:44.183 "a"`, `records g2|s2 3 31T23:59:59.999 ""`,
		}},
		{"events of whole seconds", firehose, `{"timestamp":1544414264,"message":"a","logStream":"s"}`, []string{`events |s place 10T03:57:44.000 "a"`}},
		{"an event without a time that can be read", firehose, `{"timestamp":1544414264183,"message":"a","logStream":"s"}{"timestamp":"soon","message":"[INFO] 2018-12-10 03:00:00 b","logStream":"s"}`, []string{
			`events |s content 10T03:57:44.183 "a"`, `events |s place 10T03:00:00.000~message "[INFO] 2018-12-10 03:00:00 b"`,
		}},

		{"messages", firehose, "2018-12-10 03:57:44,183 ERROR \"m\"\tx\n\tat Foo\n\n{\"a\":1}\n", []string{
			`messages | place 10T03:57:44.183~message "2018-12-10 03:57:44,183 ERROR \"m\"\tx"`,
			`messages | place 10T04:00:00.000~key "\tat Foo"`,
			`messages | place 10T04:00:00.000~key "{\"a\":1}"`,
		}},
		{"messages that are JSON", firehose, `{"level":"info","ts":1544414264.183,"msg":"a"}` + "\n" + `{"timestamp":1544414264183,"message":"a","logStream":"s"}` + "\n" + `{"time":"nonsense","@timestamp":"2018-12-10T03:57:44Z"}` + "\nnot JSON\n", []string{
			`messages | place 10T03:57:44.183~message "{\"level\":\"info\",\"ts\":1544414264.183,\"msg\":\"a\"}"`,
			`messages | place 10T03:57:44.183~message "{\"timestamp\":1544414264183,\"message\":\"a\",\"logStream\":\"s\"}"`,
			`messages | place 10T03:57:44.000~message "{\"time\":\"nonsense\",\"@timestamp\":\"2018-12-10T03:57:44Z\"}"`,
			`messages | place 10T04:00:00.000~key "not JSON"`,
		}},
		{"a message that looks like an event, but says not of which log", firehose, `{"timestamp":"2018-12-10T03:57:44Z","message":"a"}`, []string{
			`messages | place 10T03:57:44.000~message "{\"timestamp\":\"2018-12-10T03:57:44Z\",\"message\":\"a\"}"`,
		}},
		{"JSON messages without line ends", firehose, `{"a":1}{"b":{"c":"}{"}}{"d":1} tail` + "\n", []string{
			`messages | place 10T04:00:00.000~key "{\"a\":1}"`, `messages | place 10T04:00:00.000~key "{\"b\":{\"c\":\"}{\"}}"`, `messages | place 10T04:00:00.000~key "{\"d\":1} tail"`,
		}},
		{"messages in braces that are no JSON", firehose, "{a: 1}\n{\"a\":1\n[main] b\n{\n", []string{
			`messages | place 10T04:00:00.000~key "{a: 1}"`, `messages | place 10T04:00:00.000~key "{\"a\":1"`, `messages | place 10T04:00:00.000~key "[main] b"`, `messages | place 10T04:00:00.000~key "{"`,
		}},
		{"JSON over several lines", firehose, "{\n \"a\": 1\n}\n", []string{`messages | place 10T04:00:00.000~key "{\n \"a\": 1\n}"`}},
		{"messages that begin as an export's do", firehose, "2018-12-10T03:57:44.183Z a\n", []string{`messages | place 10T03:57:44.183~message "2018-12-10T03:57:44.183Z a"`}},
		{"messages of a message that names a record", firehose, "got {\"messageType\":\"OTHER\"}\n" + two, []string{
			`messages | place 10T04:00:00.000~key "got {\"messageType\":\"OTHER\"}"`,
			`messages | place 10T04:00:00.000~key ` + quoted(two),
		}},
		{"messages that are not UTF-8", firehose, "caf\xe9\x1b\x7f\n", []string{"messages | place 10T04:00:00.000~key \"caf\ufffd\\u001b\x7f\""}},

		{"an export", exported, "2018-12-10T03:57:44.183Z a\n2018-12-10T03:57:44.184Z {\"b\":1}\n\tmore\nand more\n\n2018-12-10T03:57:44.183Z a\n2018-12-10T03:57:44.185Z \n", []string{
			`export |ecs-web-1b2c content 10T03:57:44.183 "a"`,
			`export |ecs-web-1b2c content 10T03:57:44.184 "{\"b\":1}\n\tmore\nand more\n"`,
			`export |ecs-web-1b2c content 10T03:57:44.183 "a"`,
			`export |ecs-web-1b2c content 10T03:57:44.185 ""`,
		}},
		{"an export that begins inside of an event", exported, "the rest\n2018-12-10T03:57:44.183Z a", []string{
			`export |ecs-web-1b2c place 10T04:00:00.000~key "the rest"`,
			`export |ecs-web-1b2c content 10T03:57:44.183 "a"`,
		}},
		{"what an export task leaves behind", "exports/aws-logs-write-test", "Permission Check Successful", []string{`messages | place 10T04:00:00.000~key "Permission Check Successful"`}},

		{"FireLens", "fluent-bit-logs/web/2018/12/10/04/00/00", `{"date":"2018-12-10T03:57:44.183021Z","container_id":"9f","container_name":"/ecs-web-1-app-1b","ecs_cluster":"c","ecs_task_arn":"arn:aws:ecs:x:1:task/c/1b2c","ecs_task_definition":"web:7","log":"a\"b","source":"stdout"}` + "\n" +
			`{"date":1544414264.183021,"container_name":"/ecs-web-1-app-1b","ecs_task_arn":"arn:aws:ecs:x:1:task/c/1b2c","ecs_task_definition":"web:7","level":"info","log":"a"}` + "\n", []string{
			`fluentbit web|ecs-web-1-app-1b/1b2c content 10T03:57:44.183 "a\"b"`,
			`fluentbit web|ecs-web-1-app-1b/1b2c content 10T03:57:44.183 "{\"date\":1544414264.183021,\"container_name\":\"/ecs-web-1-app-1b\",\"ecs_task_arn\":\"arn:aws:ecs:x:1:task/c/1b2c\",\"ecs_task_definition\":\"web:7\",\"level\":\"info\",\"log\":\"a\"}"`,
		}},
		{"Fluent Bit in Kubernetes", "k/1", `{"date":1544414264,"log":"a","stream":"stderr","time":"2018-12-10T03:57:44.183Z","kubernetes":{"pod_name":"p","namespace_name":"n","container_name":"c","labels":{"a":"b"}}}`, []string{`fluentbit n|p/c place 10T03:57:44.000 "a"`}},
		{"Fluent Bit alone", "k/1", `{"date":"2018-12-10 03:57:44.183021","log":"a"}`, []string{`fluentbit | place 10T03:57:44.183 "a"`}},
		{"Fluentd", "f/20181210_0.gz", "2018-12-10T12:57:44+09:00\tapp.web\t" + `{"message":"a"}` + "\n2018-12-10T12:57:44+09:00\tapp.web\t" + `{"log":"b","container_name":"/c","source":"stdout","more":1}` + "\n2018-12-10T12:57:44+09:00 app\n", []string{
			`fluentd |app.web place 10T03:57:44.000 "a"`,
			`fluentd |c place 10T03:57:44.000 "{\"log\":\"b\",\"container_name\":\"/c\",\"source\":\"stdout\",\"more\":1}"`,
			`fluentd malformed: ` + lineNoFluentd + ` "2018-12-10T12:57:44+09:00 app"`,
		}},
		{"Fluentd's JSON", "f/20181210_0.gz", `{"log":"a","container_name":"/c","source":"stdout"}` + "\n", []string{`fluentbit |c place 10T04:00:00.000~key "a"`}},
	}
}

func TestOtherForms(t *testing.T) {
	for _, c := range otherForms() {
		t.Run(c.name, func(t *testing.T) {
			got, err := tell(t, c.body, known(c.key))
			if !errors.Is(err, io.EOF) || strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("%v\n got %s\nwant %s", err, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
			}
			for i := range got {
				resume(t, []byte(c.body), known(c.key), i)
			}
		})
	}
}

func quoted(s string) string {
	return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
}

// resume reads a text from behind its event i on: ids must be the same as in one
// reading.
func resume(t *testing.T, body []byte, o Options, i int) {
	t.Helper()
	all := events(t, body, o)
	o.From = all[i].End
	for k, e := range events(t, body, o) {
		if want := all[i+1+k]; !bytes.Equal(e.ID, want.ID) || e.Start != want.Start || !bytes.Equal(e.Message, want.Message) || e.Time != want.Time {
			t.Errorf("from behind event %d, event %d is %s at %v, want %s at %v", i, i+1+k, e.ID, e.Start, want.ID, want.Start)
		}
	}
}

// events are those of a body, kept.
func events(t *testing.T, body []byte, o Options) (all []Event) {
	t.Helper()
	d := New(bytes.NewReader(body), o)
	var e Event
	for d.Next(&e) == nil {
		kept := e
		kept.ID, kept.Message = bytes.Clone(e.ID), bytes.Clone(e.Message)
		all = append(all, kept)
	}
	return all
}

// Damage in records stays damage, wherever it is: it never turns them into
// messages.
func TestDamagedRecordsAreNoMessages(t *testing.T) {
	for at := range one {
		for _, bit := range []int{0, 1, 2, 3, 4, 5, 6, 7} {
			body := []byte(one + "\n" + two)
			body[at] ^= 1 << bit
			for i, e := range events(t, body, known("k")) {
				if e.Form != Records {
					t.Fatalf("bit %d of byte %d (%q) makes event %d one of %s: %.60s", bit, at, body[max(0, at-5):at+5], i, e.Form, e.Message)
				}
			}
		}
	}
}

// Cut anywhere, a compressed object is damaged, and what was given before is what
// was there; JSON is so even without compression.
func TestTruncatedForms(t *testing.T) {
	line := `{"timestamp":1544414264183,"message":"a","logStream":"s"}`
	for name, body := range map[string]string{
		"events":    line + "\n" + line + "\n",
		"messages":  "a\nb c\n{\"d\":1}\n",
		"export":    "2018-12-10T03:57:44.183Z a\nmore\n2018-12-10T03:57:44.183Z b\n",
		"fluentbit": `{"date":1544414264.1,"log":"a"}` + "\n" + `{"date":1544414264.2,"log":"b"}` + "\n",
		"fluentd":   "2018-12-10T03:57:44Z\tt\t{\"message\":\"a\"}\n2018-12-10T03:57:44Z\tt\t{\"message\":\"a\"}\n",
	} {
		whole := events(t, []byte(body), known("e/000000.gz"))
		packed := gzipped(t, []byte(body))
		for cut := range packed {
			if cut == 0 {
				continue
			}
			d := New(bytes.NewReader(packed[:cut]), known("e/000000.gz"))
			var e Event
			i := 0
			var err error
			for err = d.Next(&e); err == nil; err = d.Next(&e) {
				if string(e.ID) != string(whole[i].ID) || string(e.Message) != string(whole[i].Message) {
					t.Fatalf("%s cut at %d: event %d is %s %s, want %s %s", name, cut, i, e.ID, e.Message, whole[i].ID, whole[i].Message)
				}
				i++
			}
			var damaged *Damaged
			if !errors.As(err, &damaged) {
				t.Fatalf("%s cut at %d of %d: %v", name, cut, len(packed), err)
			}
		}
		for cut := range body {
			got := events(t, []byte(body[:cut]), known("e/000000.gz"))
			for i, e := range got {
				if i < len(got)-1 && string(e.ID) != string(whole[i].ID) {
					t.Fatalf("%s cut at %d: event %d is %s, want %s", name, cut, i, e.ID, whole[i].ID)
				}
			}
			if _, _, err := readAll(t, strings.NewReader(body[:cut]), known("e/000000.gz")); errors.Is(err, io.EOF) && body[0] == '{' && cut > 0 {
				if !strings.HasSuffix(strings.TrimSpace(body[:cut]), "}") {
					t.Errorf("%s cut at %d is no damage", name, cut)
				}
			}
		}
	}
}

func TestIDs(t *testing.T) {
	const line = "2018-12-10T03:57:44.183Z a\n"
	first := ContentID("ecs/web/1b2c", 1544414264183, "a", 0)
	second := ContentID("ecs/web/1b2c", 1544414264183, "a", 1)
	if got := ids(events(t, []byte(line+line), known("x/TASK/ecs-web-1b2c/000000.gz"))); got != first+" "+second {
		t.Errorf("an export's ids are %s, want %s %s", got, first, second)
	}
	if first == second || len(first) != 36 || !strings.HasPrefix(first, "derived-") {
		t.Errorf("%s and %s", first, second)
	}
	o := known("k")
	o.DeriveIDs = true
	record := `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"ecs/web/1b2c","subscriptionFilters":[],"logEvents":[{"id":"1","timestamp":1544414264183,"message":"\u0061\n"},{"timestamp":1544414264183,"message":"a"},{"id":"` + second + `","timestamp":1,"message":"b"}]}`
	if got := ids(events(t, []byte(record), o)); got != first+" "+second+" "+second {
		t.Errorf("a record's are %s", got)
	}
	if got := ids(events(t, []byte(wrap([]byte(record))+wrap([]byte(record))), o)); got != first+" "+second+" "+second+" "+ContentID("ecs-web-1b2c", 1544414264183, "a", 2)+" "+ContentID("ecs-web-1b2c", 1544414264183, "a", 3)+" "+second {
		t.Errorf("those of error records are %s", got)
	}
	if got, want := ids(events(t, []byte("a\na\n"), known("k"))), PlaceID("k", run.Place{}, "a")+" "+PlaceID("k", run.Place{Offset: 2}, "a"); got != want {
		t.Errorf("messages' are %s, want %s", got, want)
	}
}

func ids(all []Event) string {
	var texts []string
	for _, e := range all {
		texts = append(texts, string(e.ID)+e.Malformed)
	}
	return strings.Join(texts, " ")
}

// Equal events are numbered in whatever order a huge object has them; one that
// comes so late that its equals are forgotten gets the id of its place.
func TestOrdinals(t *testing.T) {
	var o ordinals
	const n = 4 * maxEqual
	for i := range int64(n) {
		for want := range uint32(2) {
			if got, ok := o.next(uint64(i)*0x9e3779b97f4a7c15, i); !ok || got != want {
				t.Fatalf("event %d is number %d (%t), want %d", i, got, ok, want)
			}
		}
	}
	late := int64(n - maxEqual/2 + 1)
	if got, ok := o.next(uint64(late)*0x9e3779b97f4a7c15, late); !ok || got != 2 {
		t.Errorf("one that is late is number %d (%t), want 2", got, ok)
	}
	if _, ok := o.next(1, 1); ok {
		t.Error("one whose equals are forgotten has a number")
	}
	if len(o.slots) > 2*maxEqual || cap(o.rest) > 2*maxEqual {
		t.Errorf("%d slots", len(o.slots))
	}
	same := ordinals{}
	for i := range uint64(n) { // all of one time
		same.next(i*0x9e3779b97f4a7c15, 5)
	}
	if _, ok := same.next(1, 5); ok || same.used > maxEqual {
		t.Error("events of one time are numbered without end")
	}
}
