package decode

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

// texts are plain texts in every form, sound and not.
func texts() []string {
	const record = `{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/ecs-task","logStream":"/ecs-task/1b2c","subscriptionFilters":["/ecs-task"],"logEvents":[{"id":"34441870154938271236147837562430091174238210203574272001","timestamp":1544414264183,"message":"{\"level\":\"info\"}"},{"id":"2","timestamp":1544414264184,"message":"日本\ud800\u0000\n}{","extractedFields":{"a":[1,-2.5e+3,true,null]}}]}`
	const control = `{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1544414264183,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}`
	const single = `{"@timestamp":"2018-12-10T03:57:44.183Z","id":"34441870154938271236147837562430091174238210203574272001","logGroup":"/ecs-task","logStream":"s","message":"{\"level\":\"info\"}"}` + "\n"
	return []string{
		single + single + record + single, "[" + single + "," + single + "]", single[:len(single)-2], `{"@timestamp":"`, `{"@times`, single + `{"@timestamp":"x"`,
		`{"@timestamp":"2018-12-10T12:57:44.183+09:00","message":"m","more":{"a":[1]},"logStream":"s\u0031","logGroup":"g","id":"1"}`,
		`{"@timestamp":"2018-12-10T12:57:44.1834Z","message":"m","logStream":"s","logGroup":"g","id":"1"}{"@timestamp":"yesterday","message":1,"logStream":"s","logGroup":"g","id":"1"}`,
		`{"@timestamp":"2018-12-10T12:57:44Z","message":"m","logStream":"s","logGroup":1,"id":"1"}{"@timestamp":"2018-12-10T12:57:44Z","message":null,"logStream":null,"logGroup":"g","id":"1","id":"2"}`,
		`{"@timestamp":"2018-12-10T12:57:44Z","message":"m","id":"1","logGroup":"g"}`, `{"@timestamp":"2018-12-10T12:57:44Z","message":"m","id":"1","logGroup":"g","logStream":"s","owner":"o"}`,
		`{"@timestamp":"x","messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":1,"message":"m"}]}`, `{"@timestamp":"0000-01-01T00:00:00+01:00","message":"m","id":"1","logGroup":"g","logStream":"s"}`,
		`{"@timestamp":"2018-12-10T12:57:44Z","message":"` + "caf\xe9" + `","id":"1","logGroup":"g","logStream":"s"}`,
		"", " \n\x00", "[]", "\ufeff" + record, "{}", "[1]",
		record, record + record, record + "\n" + control + "\n", "[" + record + ",\n" + control + "]\n", "[" + record + "]" + record,
		`{"logEvents":[{"id":"1","timestamp":1,"message":"m"}],"messageType":"DATA_MESSAGE","logGroup":"g"}`,
		`{"logEvents":[{"id":"1","timestamp":1,"message":"m"}],"messageType":"DATA_MESSAGE","logGroup":"g","owner":"o","logStream":"s","oops`,
		`{"messageType":"OTHER","logEvents":[{}]}`, `{"messageType":1,"logEvents":[{}]}`, `{"logGroup":1,"logEvents":[{}]}`,
		`{"messageType":"DATA_MESSAGE","messageType":"DATA_MESSAGE","logEvents":[]}`, `{"logEvents":{}}`, `{"logEvents":[],"logEvents":[]}`,
		`{"mess\u0061geType":"CONTROL_MESSAGE","logEvents":[]}`,
		`{"owner":"\u0031","messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":1,"message":"m"}],"owner":"1","logEvents":[{}],"owner":"2","logEvents":[1],"logStream":null}`,
		`{"owner":"1","owner":null,"logEvents":[{"id":"1","id":"\u0031","timestamp":1,"timestamp":1,"message":"m"}]}`, `{"logEvents":[{"id":"1"}],"owner":"1","logEvents":[],"owner":"2"}`,
		`{"rawData":"","rawData":"e30="}`, `{"messageType":"CONTROL_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":[],"logEvents":[],"owner":"2"}`,
		`{"logEvents":[1,"a",null,[],{},{"id":1},{"id":""},{"id":"a\n"},{"id":"` + "\xff" + `"},{"id":"` + strings.Repeat("1", 513) + `"},{"id":"1"},{"id":"1","timestamp":"1"},{"id":"1","timestamp":1.0},{"id":"1","timestamp":99999999999999999999},{"id":"1","timestamp":-1},{"id":"1","timestamp":-1,"message":null},{"id":"1","timestamp":-1,"message":{}},{"id":"1","id":"1"},{"i\u0064":"1","timestamp":0,"message":""}]}`,
		`{"logEvents":[{"id":"1","timestamp":1,"message":"` + "caf\xe9 \xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xe6\x97" + `"}]}`,
		`{"errorCode":"x","rawData":"` + "eyJsb2dFdmVudHMiOlt7ImlkIjoiMSIsInRpbWVzdGFtcCI6MSwibWVzc2FnZSI6Im0ifV19" + `"}`,
		`{"rawData":"?"}`, `{"rawData":""}`, `{"rawData":"eyJh"}`, `{"rawData":1}`,
		"<html>", "2018-12-10T12:57:44.183Z line", record + "x", record[:len(record)-1], `{"logEvents":[01]}`, `{"logEvents":["` + "\x01" + `"]}`, `{"logEvents":["\q"]}`, `{"logEvents":[tru`,
		strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
	}
}

func compare(t *testing.T, what string, got, want read) {
	t.Helper()
	if len(got.Events) != len(want.Events) {
		t.Fatalf("%s: %d events, want %d\n got %+v\nwant %+v", what, len(got.Events), len(want.Events), got, want)
	}
	for i, e := range got.Events {
		if e != want.Events[i] {
			t.Fatalf("%s: event %d:\n got %+v\nwant %+v", what, i, e, want.Events[i])
		}
	}
	got.Events, want.Events = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// allTexts are texts in every form.
func allTexts() []string {
	all := texts()
	for _, c := range otherForms() {
		all = append(all, c.body)
	}
	return all
}

// FuzzText holds the decoder to the obvious one: the same events, the same
// place of damage, however the text comes in.
func FuzzText(f *testing.F) {
	for _, s := range allTexts() {
		f.Add([]byte(s), byte(1))
		f.Add([]byte(s), byte(100))
	}
	f.Fuzz(func(t *testing.T, text []byte, step byte) {
		if nameOf(text) != "" {
			t.Skip("not plain")
		}
		o := known([]string{"k", "e/s-1/000000.gz"}[step%2])
		want := readSlowly(text, 0, o.Source)
		got, _, err := readAll(t, byteReader{bytes.NewReader(text), max(1, int(step))}, o)
		sameReasons(&got, &want)
		compare(t, "text", got, want)
		if (want.Damage < 0) != errors.Is(err, io.EOF) {
			t.Fatalf("ended with %v", err)
		}
	})
}

// sameReasons forgives the slow decoder that it does not know why an original
// record cannot be read.
func sameReasons(got, want *read) {
	for i := range want.Events {
		if e := &want.Events[i]; e.Malformed == "in a Firehose error record: " && i < len(got.Events) {
			if reason := got.Events[i].Malformed; strings.HasPrefix(reason, e.Malformed) {
				e.Malformed = reason
			}
		}
	}
}

// resumed reads an object in two calls, the second of which goes on behind
// event stop of the first.
func resumed(t *testing.T, body []byte, stop int, o Options) (read, Stats) {
	t.Helper()
	d := New(bytes.NewReader(body), o)
	first := read{Damage: -1}
	var e Event
	for range stop {
		if err := d.Next(&e); err != nil {
			t.Fatalf("stopped early: %v", err)
		}
		first.Events = append(first.Events, kept(&e))
		o.From = e.End
	}
	one := d.Stats()
	d.Close()
	second, two, _ := readAll(t, bytes.NewReader(body), o)
	second.Events = append(first.Events, second.Events...)
	sum := Stats{
		Records: one.Records + two.Records, ControlRecords: one.ControlRecords + two.ControlRecords,
		Recovered: one.Recovered + two.Recovered, Unverified: one.Unverified + two.Unverified,
		Repaired: one.Repaired + two.Repaired, PlainBytes: one.PlainBytes + two.PlainBytes,
	}
	second.Records, second.ControlRecords, second.Recovered, second.Repaired = sum.Records, sum.ControlRecords, sum.Recovered, sum.Repaired
	return second, sum
}

// objects are bodies in every layer, sound and not.
func objects(t testing.TB) map[string][]byte {
	t.Helper()
	text := []byte(strings.Join(texts()[6:10], ""))
	all := map[string][]byte{
		"plain": text, "gzip": gzipped(t, text), "gzip of gzip": gzipped(t, gzipped(t, text)),
		"five layers": gzipped(t, gzipped(t, gzipped(t, gzipped(t, gzipped(t, text))))),
		"members":     append(append(gzipped(t, text), "\n\x00 "...), append(gzipped(t, text), 0, 0)...),
		"snappy":      snapped(t, text), "hadoop": hadooped(text, 100), "zstd": zstded(t, text), "zip": zipped(t, text, nil, text),
		"gzip of zip":  gzipped(t, zipped(t, text)),
		"error record": []byte(`{"rawData":"` + base64.StdEncoding.EncodeToString(gzipped(t, text)) + `"}` + texts()[6]),
		"broken error": []byte(`{"rawData":"` + base64.StdEncoding.EncodeToString(gzipped(t, text)[:150]) + `"}` + texts()[6]),
	}
	wrong := bytes.Clone(all["members"])
	wrong[len(wrong)-8] ^= 1
	all["wrong checksum"] = wrong
	return all
}

// FuzzStop holds an object that is read in two calls to the same object read in
// one.
func FuzzStop(f *testing.F) {
	for _, body := range objects(f) {
		f.Add(body, uint16(1))
		f.Add(body, uint16(3))
	}
	for _, s := range allTexts() {
		f.Add([]byte(s), uint16(1))
	}
	f.Fuzz(func(t *testing.T, body []byte, stop uint16) {
		o := random(body)
		o.RecordLimit = 1 << 20
		want, whole, end := readAll(t, bytes.NewReader(body), o)
		if len(want.Events) == 0 {
			return
		}
		got, sum := resumed(t, body, 1+int(stop)%len(want.Events), o)
		compare(t, "two calls", got, want)
		sum.ObjectBytes = whole.ObjectBytes
		if sum != whole {
			t.Fatalf("two calls counted %+v, one %+v (ended with %v)", sum, whole, end)
		}
	})
}

// FuzzLayers holds layers to this: whatever the bytes, they end as an object
// that is whole or as a damaged one, and how they come in makes no difference.
func FuzzLayers(f *testing.F) {
	for _, body := range objects(f) {
		f.Add(body, byte(1))
		f.Add(body[:len(body)*2/3], byte(7))
	}
	f.Fuzz(func(t *testing.T, body []byte, step byte) {
		o := random(body)
		o.RecordLimit = 1 << 20
		want, whole, end := readAll(t, bytes.NewReader(body), o)
		var damaged *Damaged
		if !errors.Is(end, io.EOF) && !errors.As(end, &damaged) {
			t.Fatalf("ended with %v", end)
		}
		o.ReadAhead = true
		got, again, endAgain := readAll(t, byteReader{bytes.NewReader(body), max(1, int(step))}, o)
		compare(t, "in small steps, ahead", got, want)
		again.ObjectBytes = whole.ObjectBytes // ahead or not
		if again != whole || endAgain.Error() != end.Error() {
			t.Fatalf("in small steps, ahead: %+v %v, want %+v %v", again, endAgain, whole, end)
		}
	})
}
