package document

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func tokyo(t testing.TB) *Maker {
	return NewMaker(run.Settings{IndexPrefix: "ecs-task", Zone: zone(t, "Asia/Tokyo")})
}

// record is a subscription record as the standard library reads it.
type record struct {
	Owner, LogGroup, LogStream string
	LogEvents                  []struct {
		ID        string
		Timestamp int64
		Message   json.RawMessage
	}
}

func events(t testing.TB) []decode.Event {
	t.Helper()
	b, err := os.ReadFile("testdata/subscription-record.json")
	if err != nil {
		t.Fatal(err)
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	header := &decode.Header{Owner: r.Owner, LogGroup: r.LogGroup, LogStream: r.LogStream}
	var all []decode.Event
	for _, e := range r.LogEvents {
		all = append(all, decode.Event{Header: header, ID: []byte(e.ID), Time: e.Timestamp, Message: e.Message})
	}
	return all
}

func TestDocumentsOfARecord(t *testing.T) {
	want := `{"create":{"_index":"ecs-task-2018-12-10","_id":"34441870154938271236147837562430091174238210203574272001"}}
{"@timestamp":"2018-12-10T12:57:44.183+09:00","message":"{\"level\":\"info\",\"ts\":\"2018-12-10T12:57:44.183+0900\",\"msg\":\"request and response log\",\"out\":\"stdout\",\"log\":{\"start_time\":\"2018-12-10T12:57:44+09:00\",\"duration\":10267638,\"request\":{\"hostname\":\"api.example.xxx\",\"method\":\"GET\",\"path\":\"/v1/xxx/xxx-xxx\"},\"response\":{\"status\":200}}}"}
{"create":{"_index":"ecs-task-2018-12-10","_id":"34441871760656372934611228403198746317340917220131373058"}}
{"@timestamp":"2018-12-10T12:58:56.184+09:00","message":"{\"level\":\"info\",\"ts\":\"2018-12-10T12:58:56.184+0900\",\"msg\":\"request and response log\",\"out\":\"stdout\",\"log\":{\"start_time\":\"2018-12-10T12:58:56+09:00\",\"duration\":11138161,\"request\":{\"hostname\":\"api.example.xxx\",\"method\":\"GET\",\"path\":\"/v1/xxx/yyy-yyy\"},\"response\":{\"status\":400}}}"}
`
	m := tokyo(t)
	var got []byte
	for _, e := range events(t) {
		got = m.Append(got, &e)
	}
	if string(got) != want {
		t.Errorf("bulk body is\n%swant\n%s", got, want)
	}
}

func TestFields(t *testing.T) {
	e := decode.Event{
		Header:  &decode.Header{Owner: "123456789012", LogGroup: `/a"b`, LogStream: "s\u00e9\n"},
		Message: []byte(`"m"`),
	}
	for _, c := range []struct {
		fields []string
		want   string
	}{
		{nil, ``},
		{[]string{"logGroup"}, `,"aws":{"cloudwatch":{"log_group":"/a\"b"}}`},
		{[]string{"logStream"}, `,"aws":{"cloudwatch":{"log_stream":"sé\n"}}`},
		{[]string{"account"}, `,"cloud":{"account":{"id":"123456789012"}}`},
		{[]string{"region"}, `,"cloud":{"region":"ap-northeast-1"}`},
		{
			[]string{"region", "account", "logStream", "logGroup"},
			`,"aws":{"cloudwatch":{"log_group":"/a\"b","log_stream":"sé\n"}},"cloud":{"account":{"id":"123456789012"},"region":"ap-northeast-1"}`,
		},
	} {
		m := NewMaker(run.Settings{IndexPrefix: "p", Zone: time.UTC, Fields: c.fields, ArchiveRegion: "ap-northeast-1"})
		want := `{"@timestamp":"1970-01-01T00:00:00.000Z","message":"m"` + c.want + "}\n"
		if got := string(m.AppendSource(nil, &e)); got != want {
			t.Errorf("%q gives %s want %s", c.fields, got, want)
		}
	}
}

func TestFieldsFollowTheRecord(t *testing.T) {
	m := NewMaker(run.Settings{IndexPrefix: "p", Zone: time.UTC, Fields: []string{"account"}})
	for _, owner := range []string{"1", "2", "1"} {
		e := decode.Event{Header: &decode.Header{Owner: owner}, Message: []byte(`""`)}
		want := `{"@timestamp":"1970-01-01T00:00:00.000Z","message":"","cloud":{"account":{"id":"` + owner + "\"}}}\n"
		if got := string(m.AppendSource(nil, &e)); got != want {
			t.Errorf("got %s want %s", got, want)
		}
	}
}

func TestMakingADocumentAllocatesNothing(t *testing.T) {
	for _, s := range []run.Settings{
		{},
		{Fields: run.FieldNames(), ArchiveRegion: "r"},
		{Parse: true},
	} {
		s.IndexPrefix, s.Zone = "ecs-task", zone(t, "Asia/Tokyo")
		m := NewMaker(s)
		list := events(t)
		var dst []byte
		work := func() {
			for i := range list {
				dst = m.Append(dst[:0], &list[i])
			}
		}
		work()
		if n := testing.AllocsPerRun(100, work); n != 0 {
			t.Errorf("%v allocations with %+v", n, s)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, parse := range map[string]bool{"plain": false, "parsed": true} {
		b.Run(name, func(b *testing.B) {
			m := NewMaker(run.Settings{IndexPrefix: "ecs-task", Zone: zone(b, "Asia/Tokyo"), Parse: parse})
			e := events(b)[0]
			dst := m.Append(nil, &e)
			b.SetBytes(int64(len(dst)))
			b.ReportAllocs()
			for b.Loop() {
				dst = m.Append(dst[:0], &e)
			}
		})
	}
}
