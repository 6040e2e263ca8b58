package decode

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// one is a record as CloudWatch Logs writes it, with two events; two has one.
const (
	one = `{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/ecs-task","logStream":"/ecs-task/1b2c","subscriptionFilters":["/ecs-task"],"logEvents":[` +
		`{"id":"34441870154938271236147837562430091174238210203574272001","timestamp":1544414264183,"message":"{\"level\":\"info\"}"},` +
		`{"id":"34441871760656372934611228403198746317340917220131373058","timestamp":1544414336184,"message":"日本 }{ \ud83c\udf63 \u0000"}]}`
	two = `{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"g2","logStream":"s2","subscriptionFilters":["f"],"logEvents":[` +
		`{"id":"3","timestamp":-1,"message":""}]}`
	check = `{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[` +
		`{"id":"","timestamp":1544414264183,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}`
	nothing = `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":[],"logEvents":[]}`
)

// seen writes events as "id time message", one a line.
func seen(r read) string {
	var b strings.Builder
	for _, e := range r.Events {
		id := e.ID
		if len(id) > 3 {
			id = "…" + id[len(id)-3:]
		}
		b.WriteString(id + " " + e.Message + e.Malformed + "\n")
	}
	return b.String()
}

const (
	ofOne = "…001 \"{\\\"level\\\":\\\"info\\\"}\"\n…058 \"日本 }{ \\ud83c\\udf63 \\u0000\"\n"
	ofTwo = "3 \"\"\n"
)

func TestForms(t *testing.T) {
	pretty := strings.NewReplacer(`{`, "{\n  ", `":`, `" : `, `],`, "\n],\r\n\t").Replace(two)
	for _, c := range []struct {
		name, text string
		want       string
		records    int64
		controls   int64
	}{
		{"an empty object", "", "", 0, 0},
		{"padding alone", " \n\t", "", 0, 0},
		{"one record", one, ofOne, 1, 0},
		{"records without delimiter", one + two + one, ofOne + ofTwo + ofOne, 3, 0},
		{"records on lines", one + "\n" + two + "\r\n", ofOne + ofTwo, 2, 0},
		{"an array", "[" + one + ",\n " + two + "]\n", ofOne + ofTwo, 2, 0},
		{"an empty array", "[ ]", "", 0, 0},
		{"arrays one after another", "[" + one + "][" + two + "]", ofOne + ofTwo, 2, 0},
		{"pretty-printed", pretty + "\n" + pretty, ofTwo + ofTwo, 2, 0},
		{"a byte order mark", "\ufeff" + one, ofOne, 1, 0},
		{"a byte order mark for each file", "\ufeff" + one + "\n\ufeff" + two, ofOne + ofTwo, 2, 0},
		{"NULs at the end", one + "\x00\x00\x00", ofOne, 1, 0},
		{"control messages", check + one + check, ofOne, 1, 2},
		{"no events", nothing + one + nothing, ofOne, 3, 0},
		{"events before what they belong to", `{"logEvents":[{"message":"m","timestamp":5,"id":"9"}],"logStream":"s","logGroup":"g","messageType":"DATA_MESSAGE","owner":"o"}`, "9 \"m\"\n", 1, 0},
		{"a control message's events first", `{"logEvents":[{"id":"1","timestamp":1,"message":""}],"messageType":"CONTROL_MESSAGE"}`, "", 0, 1},
		{"unknown members", `{"policyLevel":"ACCOUNT_LEVEL_POLICY","x":[{"logEvents":[1]},"]"],"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":2,"extractedFields":{"message":"no","@aws.account":"1"},"message":"yes"}],"later":{}}`, "1 \"yes\"\n", 1, 0},
		{"names with escapes", `{"logEv\u0065nts":[{"i\u0064":"1","timestamp":2,"\u006dessage":"m"}]}`, "1 \"m\"\n", 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := readAll(t, strings.NewReader(c.text), Options{})
			if !errors.Is(err, io.EOF) || seen(got) != c.want || got.Records != c.records || got.ControlRecords != c.controls {
				t.Errorf("got %v, %d records, %d control records, events\n%swant %d, %d\n%s", err, got.Records, got.ControlRecords, seen(got), c.records, c.controls, c.want)
			}
		})
	}
}

func TestLayers(t *testing.T) {
	text := []byte(one + two)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	gz := func(s string) []byte { return gzipped(t, []byte(s)) }
	big := bytes.Repeat(text, 3000)
	for _, c := range []struct {
		name   string
		body   []byte
		layers string
		times  int
	}{
		{"plain", text, "", 1},
		{"gzip", gzipped(t, text), "gzip", 1},
		{"a member each record", join(gz(one), gz(two)), "gzip", 1},
		{"a record over two members", join(gz(one[:100]), gz(one[100:]+two)), "gzip", 1},
		{"members on lines", join(gz(one), []byte("\r\n"), gz(two), []byte("\n")), "gzip", 1},
		{"members padded with NULs and spaces", join(gz(one), make([]byte, 1000), gz(two), []byte(" \x00\t")), "gzip", 1},
		{"empty members", join(gz(""), gz(one), gz(""), gz(two), gz("")), "gzip", 1},
		{"gzip of gzips", gzipped(t, join(gz(one), gz(two))), "gzip gzip", 1},
		{"gzip of gzips on lines", gzipped(t, join(gz(one), []byte("\n"), gz(two), []byte("\n"))), "gzip gzip", 1},
		{"four layers", gzipped(t, zstded(t, snapped(t, gzipped(t, text)))), "gzip zstd snappy gzip", 1},
		{"snappy", snapped(t, text), "snappy", 1},
		{"large snappy", snapped(t, big), "snappy", 3000},
		{"hadoop", hadooped(text, 1<<18), "hadoop-snappy", 1},
		{"hadoop of many blocks", hadooped(big, 100_000), "hadoop-snappy", 3000},
		{"zstd", zstded(t, text), "zstd", 1},
		{"zstd frames", join(zstded(t, []byte(one)), zstded(t, []byte(two))), "zstd", 1},
		{"zip", zipped(t, text), "zip", 1},
		{"zip of files", zipped(t, []byte(one), nil, []byte(two)), "zip", 1},
		{"an empty zip", zipped(t), "zip", 0},
		{"zip of gzip", zipped(t, gzipped(t, text)), "zip gzip", 1},
		{"gzip of zip", gzipped(t, zipped(t, text)), "gzip zip", 1},
		{"large zip", zipped(t, big), "zip", 3000},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, o := range []Options{{}, {ReadAhead: true}, random(c.body)} {
				d := New(bytes.NewReader(c.body), o)
				var e Event
				events := 0
				err := d.Next(&e)
				for ; err == nil; err = d.Next(&e) {
					events++
				}
				if !errors.Is(err, io.EOF) || events != 3*c.times || strings.Join(d.Layers(), " ") != c.layers {
					t.Errorf("%v: %v, %d events in layers %q, want %d in %q", o, err, events, d.Layers(), 3*c.times, c.layers)
				}
				if s := d.Stats(); s.ObjectBytes == 0 || s.PlainBytes != int64(len(text)*c.times) {
					t.Errorf("%d bytes of plain text of %d bytes of the object", s.PlainBytes, s.ObjectBytes)
				}
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestFraming(t *testing.T) {
	for text, want := range map[string]string{
		one: "", one + two + one: "without delimiter", one + "\n" + two: "newline-delimited", "[" + one + "]": "a JSON array",
		one + "\n" + two + one: "newline-delimited, without delimiter",
	} {
		d := New(strings.NewReader(text), Options{})
		var e Event
		for d.Next(&e) == nil {
			continue
		}
		if got := strings.Join(d.Framing(), ", "); got != want {
			t.Errorf("%.40s…: %q, want %q", text, got, want)
		}
	}
}

func TestHeader(t *testing.T) {
	got, _, _ := readAll(t, strings.NewReader(one+two+one), Options{})
	if e := got.Events[0]; e.Owner != "123456789012" || e.Group != "/ecs-task" || e.Stream != "/ecs-task/1b2c" || e.Filters != "/ecs-task" {
		t.Errorf("the first record's events are of %+v", e)
	}
	if e := got.Events[2]; e.Group != "g2" || e.Stream != "s2" || e.Filters != "f" {
		t.Errorf("the second record's event is of %+v", e)
	}
	if a, b := got.Events[0], got.Events[3]; a.Group != b.Group || a.Stream != b.Stream {
		t.Error("the same record again is of another stream")
	}
}

func TestEvents(t *testing.T) {
	long := strings.Repeat("9", 512)
	for _, c := range []struct{ name, event, want string }{
		{"members in any order", `{"message":"m","extra":1,"timestamp":7,"id":"1"}`, `1 7 "m"`},
		{"the longest id", `{"id":"` + long + `","timestamp":7,"message":""}`, long + ` 7 ""`},
		{"an id beyond ASCII", `{"id":"é","timestamp":7,"message":""}`, `é 7 ""`},
		{"every escape", `{"id":"1","timestamp":7,"message":"\"\\\/\b\f\n\r\t\u00e9\uD83C\uDF63"}`, `1 7 "\"\\\/\b\f\n\r\t\u00e9\uD83C\uDF63"`},
		{"half a surrogate pair", `{"id":"1","timestamp":7,"message":"\ud800 \udc00x"}`, `1 7 "\ud800 \udc00x"`},
		{"odd characters", "{\"id\":\"1\",\"timestamp\":7,\"message\":\"\u2028\u2029\ufeff\uffff\x7f}{\"}", "1 7 \"\u2028\u2029\ufeff\uffff\x7f}{\""},
		{"bytes that are not UTF-8", "{\"id\":\"1\",\"timestamp\":7,\"message\":\"caf\xe9 \\\"\xc0\xaf\\\" \xed\xa0\x80 \xf4\x90\x80\x80 \xe6\x97\"}", `1 7 "caf� \"��\" ��� ���� ��" repaired`},
		{"40,000 characters without a space", `{"id":"1","timestamp":7,"message":"` + strings.Repeat("x", 40_000) + `"}`, `1 7 "` + strings.Repeat("x", 40_000) + `"`},
		{"a megabyte", `{"id":"1","timestamp":7,"message":"` + strings.Repeat("日\\n", 1<<18) + `"}`, `1 7 "` + strings.Repeat("日\\n", 1<<18) + `"`},
		{"a time before 1970", `{"id":"1","timestamp":-62167219200000,"message":""}`, `1 -62167219200000 ""`},

		{"no id", `{"timestamp":7,"message":""}`, noID},
		{"an empty id", `{"id":"","timestamp":7,"message":""}`, noID},
		{"id null", `{"id":null,"timestamp":7,"message":""}`, noID},
		{"id a number", `{"id":34441870154938271236147837562430091174238210203574272001,"timestamp":7,"message":""}`, idNoString},
		{"id too long", `{"id":"` + long + `9","timestamp":7,"message":""}`, idTooLong},
		{"id with a quote", `{"id":"\"","timestamp":7,"message":""}`, idOdd},
		{"id with a control character", `{"id":"1\u0000","timestamp":7,"message":""}`, idOdd},
		{"id not UTF-8", "{\"id\":\"1\xff\",\"timestamp\":7,\"message\":\"\"}", idOdd},
		{"no timestamp", `{"id":"1","message":""}`, noTimestamp},
		{"timestamp a string", `{"id":"1","timestamp":"7","message":""}`, timestampOdd},
		{"timestamp with a fraction", `{"id":"1","timestamp":7.0,"message":""}`, timestampOdd},
		{"timestamp with an exponent", `{"id":"1","timestamp":7e3,"message":""}`, timestampOdd},
		{"timestamp true", `{"id":"1","timestamp":true,"message":""}`, timestampOdd},
		{"timestamp of more than 64 bits", `{"id":"1","timestamp":15444142641830000000000,"message":""}`, timestampBound},
		{"timestamp in the year 10000", `{"id":"1","timestamp":253402300800000,"message":""}`, timestampBound},
		{"timestamp in nanoseconds", `{"id":"1","timestamp":1544414264183000000,"message":""}`, timestampBound},
		{"no message", `{"id":"1","timestamp":7}`, noMessage},
		{"message null", `{"id":"1","timestamp":7,"message":null}`, noMessage},
		{"message an object", `{"id":"1","timestamp":7,"message":{"level":"info"}}`, messageNoText},
		{"message twice", `{"id":"1","timestamp":7,"message":"a","message":"b"}`, givenTwice},
		{"the same message twice", `{"id":"1","timestamp":7,"message":"a","message":"\u0061"}`, `1 7 "a"`},
		{"id twice, once as a number", `{"id":"1","id":1,"timestamp":7,"message":"a"}`, givenTwice},
		{"no object", `[1,2,{"a":"]"}]`, notAnObject},
		{"a string", `"id"`, notAnObject},
		{"null", `null`, notAnObject},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.TrimSuffix(nothing, "]}") + c.event + `,{"id":"after","timestamp":1,"message":"m"}]}`
			d := New(strings.NewReader(text), Options{})
			var e Event
			if err := d.Next(&e); err != nil {
				t.Fatal(err)
			}
			got := e.Malformed
			if got == "" {
				got = string(e.ID) + " " + strconv.FormatInt(e.Time, 10) + " " + string(e.Message)
			}
			if e.Repaired {
				got += " repaired"
			}
			if got != c.want {
				t.Errorf("got  %.200s\nwant %.200s", got, c.want)
			}
			if string(e.Raw) != c.event {
				t.Errorf("raw  %.200s\nwant %.200s", e.Raw, c.event)
			}
			if err := d.Next(&e); err != nil || string(e.ID) != "after" {
				t.Errorf("then %v, %s: the event behind it must be read", err, e.ID)
			}
		})
	}
}

func TestRecordsWhoseEventsCannotBeUsed(t *testing.T) {
	for _, c := range []struct{ name, record, want string }{
		{"an unknown messageType", `{"messageType":"OTHER","logEvents":[{"id":"1","timestamp":1,"message":""}]}`, kindUnknown},
		{"a messageType that is no string", `{"messageType":{},"logEvents":[{"id":"1","timestamp":1,"message":""}]}`, kindNoString},
		{"a log group that is no string", `{"logGroup":7,"logEvents":[{"id":"1","timestamp":1,"message":""}]}`, nameNoString},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := readAll(t, strings.NewReader(c.record+two), Options{})
			if !errors.Is(err, io.EOF) || seen(got) != " "+c.want+"\n"+ofTwo || got.Records != 2 {
				t.Errorf("%v, %d records, events\n%s", err, got.Records, seen(got))
			}
		})
	}
}

// A member that a record gives twice is never damage: what follows the record
// can be read.
func TestAMemberGivenTwice(t *testing.T) {
	const (
		twice   = " " + recordTwice + "\n"
		events  = `"logEvents":[{"id":"3","timestamp":-1,"message":""}]`
		heading = `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":["f"],`
	)
	for _, c := range []struct{ name, record, want string }{
		{"the same", `{"owner":"1",` + heading[1:] + events + "}", ofTwo},
		{"the same with an escape", `{"owner":"\u0031",` + heading[1:] + events + "}", ofTwo},
		{"the same behind the events", heading + events + `,"owner":"1","subscriptionFilters":["f"]}`, ofTwo},
		{"the same, nothing else", `{"owner":"1","owner":"1",` + events + "}", ofTwo},
		{"another", `{"owner":"2",` + heading[1:] + events + "}", twice},
		{"of another type", `{"owner":1,` + heading[1:] + events + "}", twice},
		{"null once", `{"owner":null,` + heading[1:] + events + "}", twice},
		{"messageType differs", `{"messageType":"CONTROL_MESSAGE",` + heading[1:] + events + "}", twice},
		{"another, nothing else", `{"owner":"1","owner":"2",` + events + "}", twice},
		{"another, whole at the end only", `{"owner":"1",` + events + "," + `"owner":"2"}`, twice},
		{"another behind events that were given", heading + events + `,"logStream":"S","owner":"2"}`, ofTwo + twice},
		{"the events again", heading + events + "," + events + "}", ofTwo + ofTwo},
		{"other events", heading + `"logEvents":[],` + events + `,"x":1,"logEvents":[{"id":"4","timestamp":1,"message":"m"}]}`, ofTwo + "4 \"m\"\n"},
		{"events, then more of another", heading + events + `,"owner":"2",` + events + `,"owner":"3"}`, ofTwo + twice + ofTwo},
		{"another behind the events of a long heading", `{"x":"` + strings.Repeat("x", maxHeading) + `",` + heading[1:] + events + `,"owner":"2"}`, twice},
		{"an error record's original", `{"rawData":"","rawData":"e30="}`, " in a Firehose error record: " + recordTwice + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := readAll(t, strings.NewReader(c.record+one), Options{})
			if !errors.Is(err, io.EOF) || seen(got) != c.want+ofOne {
				t.Errorf("%v, events\n%swant\n%s", err, seen(got), c.want+ofOne)
			}
			for i, e := range got.Events {
				if e.Malformed != "" && !json.Valid([]byte(e.Raw)) {
					t.Errorf("event %d: raw is %s, no JSON", i, e.Raw)
				}
				again, _ := resumed(t, []byte(c.record+one), i+1, Options{})
				compare(t, fmt.Sprintf("stopped behind event %d", i), again, got)
			}
		})
	}
}

func wrap(payload []byte) string {
	return `{"attemptsMade":4,"arrivalTimestamp":1544414264183,"errorCode":"Lambda.FunctionError","errorMessage":"it \"failed\"","attemptEndingTimestamp":1544414300000,"rawData":"` +
		base64.StdEncoding.EncodeToString(payload) + `","lambdaArn":"arn:aws:lambda:ap-northeast-1:123456789012:function:transform:$LATEST"}` + "\n"
}

func TestErrorRecords(t *testing.T) {
	const inError = " in a Firehose error record: "
	for _, c := range []struct {
		name, text string
		want       string
		stats      Stats
	}{
		{"a gzipped record", wrap(gzipped(t, []byte(one))) + two, ofOne + ofTwo, Stats{Records: 2, Recovered: 1}},
		{"a plain one", wrap([]byte(one)), ofOne, Stats{Records: 1, Recovered: 1}},
		{"several", wrap([]byte(one + two + check)), ofOne + ofTwo, Stats{Records: 2, Recovered: 2, ControlRecords: 1}},
		{"wrapped twice", wrap([]byte(wrap(gzipped(t, []byte(one))))), ofOne, Stats{Records: 1, Recovered: 1}},
		{"escapes in its base64", strings.ReplaceAll(wrap([]byte(one+"???>>>")), "/", `\/`), ofOne + inError + "no record begins here\n", Stats{Records: 1, Recovered: 1}},
		{"a ZIP", wrap(zipped(t, []byte(one))), ofOne, Stats{Records: 1, Recovered: 1}},
		{"no base64", `{"rawData":"?"}` + two, inError + "rawData is no base64\n" + ofTwo, Stats{Records: 1}},
		{"nothing", `{"rawData":""}` + two, inError + "rawData is empty\n" + ofTwo, Stats{Records: 1}},
		{"no record", wrap([]byte("some text")) + two, inError + "not CloudWatch Logs records\n" + ofTwo, Stats{Records: 1}},
		{"a record that breaks off", wrap([]byte(two+one[:len(one)-3])) + two, ofTwo + strings.SplitAfter(ofOne, "\n")[0] + inError + "the text ends inside a record\n" + ofTwo, Stats{Records: 2, Recovered: 1}},
		{"a wrong checksum", wrap(flip(gzipped(t, []byte(two)), -8)) + two, ofTwo + inError + "gzip: a checksum or length is wrong: bytes were changed or lost after they were written\n" + ofTwo, Stats{Records: 2, Recovered: 1, Unverified: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, stats, err := readAll(t, strings.NewReader(c.text), Options{})
			stats.PlainBytes, stats.ObjectBytes = 0, 0
			if !errors.Is(err, io.EOF) || seen(got) != c.want || stats != c.stats {
				t.Errorf("%v, %+v, events\n%swant %+v\n%s", err, stats, seen(got), c.stats, c.want)
			}
			for i, e := range got.Events {
				if e.Malformed != "" && !strings.Contains(e.Raw, "rawData") {
					t.Errorf("event %d: raw is %.50q, want the error record", i, e.Raw)
				}
			}
		})
	}
}

func flip(b []byte, at int) []byte {
	b = slices.Clone(b)
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 0x10
	return b
}
