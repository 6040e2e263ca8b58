package index

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/bulk/bulktest"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/sample"
	"github.com/rehydrate/rehydrate/local/sample/sampletest"
)

// sent collects the documents of each call, whether they were there or not.
type sent struct{ documents map[string]string } // messages by id

func (s *sent) take(_ int, documents []bulktest.Document) bulktest.Reply {
	for _, d := range documents {
		var source struct{ Message string }
		if err := json.Unmarshal([]byte(d.Source), &source); err == nil {
			s.documents[d.ID] = source.Message
		}
	}
	return bulktest.Reply{}
}

// listed puts an object there as a listing gives it.
func (f *fixture) listed(t *testing.T, o sample.Object, body []byte) run.Object {
	t.Helper()
	listed := f.put(t, o.Key, body)
	if !o.Begun.IsZero() {
		listed.Time = &o.Begun
	}
	return listed
}

// everyForm gives small objects of each form, and what is in them: those recorded,
// and some of the sample's, most of them compressed.
func everyForm(t *testing.T) (objects []sample.Object, bodies map[string][]byte) {
	t.Helper()
	bodies, truth := sampletest.Recorded(t)
	objects = truth.Objects
	o := sample.Default()
	o.Days, o.Objects, o.Events, o.Damaged, o.Forms = 1, 48, 600, false, sample.Forms()
	made, err := sample.Generate(o, func(key string, _ time.Time, body []byte) error {
		bodies[key] = body
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]int{}
	for _, m := range made.Objects {
		if n := len(m.Events); n > 3 && n < 40 && m.Size < 8000 && m.Malformed == 0 && of[m.Format] < 1 {
			of[m.Format]++
			objects = append(objects, m)
		}
	}
	return objects, bodies
}

// all is the whole of time.
func all(w run.Work) run.Work {
	w.From, w.To = time.Unix(0, 0), time.Unix(1<<40, 0)
	return w
}

// places are where each event of an object ends.
func (f *fixture) places(t *testing.T, o run.Object, body []byte) (places []run.Place, ids []string) {
	t.Helper()
	d := decode.New(bytes.NewReader(body), decode.Options{
		Source: decode.SourceOf(f.settings, o), ReaderAt: bytes.NewReader(body), Size: int64(len(body)),
	})
	defer d.Close()
	var e decode.Event
	for {
		err := d.Next(&e)
		if errors.Is(err, io.EOF) {
			return places, ids
		}
		if err != nil {
			t.Fatalf("%s: %v", o.Key, err)
		}
		places, ids = append(places, e.End), append(ids, string(e.ID))
	}
}

// Whichever event a call has stopped at, the next makes the same of the rest.
func TestIndexEveryFormFromEveryEvent(t *testing.T) {
	objects, bodies := everyForm(t)
	got := &sent{}
	f := newFixture(t, got.take)
	forms := map[string]bool{}
	for _, object := range objects {
		o := f.listed(t, object, bodies[object.Key])
		got.documents = map[string]string{}
		whole, _ := f.finish(t, all(f.work(o)))
		messages := got.documents
		if whole.Outcome.End != run.Indexed || whole.Outcome.Decoded != int64(len(object.Events)) {
			t.Fatalf("%s: %+v, want %d events", object.Key, whole.Outcome, len(object.Events))
		}
		places, ids := f.places(t, o, bodies[object.Key])
		for i, e := range object.Events {
			id := cmp.Or(e.ID, decode.ContentID(e.Stream, e.Time.UnixMilli(), e.Message, e.Before))
			if messages[ids[i]] != e.Message || !e.Placed && ids[i] != id {
				t.Errorf("%s: event %d is %s %q, want %s %q", object.Key, i, ids[i], messages[ids[i]], id, e.Message)
			}
		}
		for i, place := range places {
			w := all(f.work(o))
			w.Outcome.End, w.Outcome.Calls, w.Outcome.Place = run.More, 1, place
			got.documents = map[string]string{}
			rest, _ := f.finish(t, w)
			want := map[string]string{}
			for _, id := range ids[i+1:] {
				want[id] = messages[id]
			}
			if !maps.Equal(got.documents, want) || rest.Outcome.Decoded != int64(len(ids)-i-1) {
				t.Fatalf("%s from behind event %d: %d documents of %d events, want %d\n%v\n%v", object.Key, i,
					len(got.documents), rest.Outcome.Decoded, len(want), slices.Sorted(maps.Keys(got.documents)), slices.Sorted(maps.Keys(want)))
			}
		}
		forms[object.Format] = true
	}
	if len(forms) < 8 {
		t.Errorf("only %v", slices.Sorted(maps.Keys(forms)))
	}
}

// An object that arrives was not listed: its key tells its time all the same.
func TestIndexOfMessagesThatArrive(t *testing.T) {
	f := newFixture(t, nil)
	const key = "_/cwl/ecs/ecs-task/2018/12/10/03/ecs-task-1-2018-12-10-03-57-44-8a3c1d52-5df0-4000-8000-000000000000"
	w, _ := f.finish(t, f.work(f.put(t, key, []byte("connection closed\n"))))
	if w.Outcome.Created != 1 || w.Outcome.KeyTimes != 1 || w.Outcome.First == nil || w.Outcome.First.Format(time.RFC3339) != "2018-12-10T03:57:44Z" {
		t.Errorf("outcome %+v", w.Outcome)
	}
}

// Wherever an object breaks off, no document is one that the whole object has not:
// but for the last line of a text that was cut, which nothing tells.
func TestIndexEveryFormCutAtEveryByte(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 11
	}
	bodies, truth := sampletest.Recorded(t)
	got := &sent{}
	f := newFixture(t, got.take)
	for _, object := range truth.Objects {
		whole := map[string]bool{}
		for _, e := range object.Events {
			whole[e.Message] = true
		}
		for _, packed := range []bool{false, true} {
			body := bodies[object.Key]
			if packed {
				body = zippedBody(t, body)
			}
			for n := 0; n < len(body); n += step {
				got.documents = map[string]string{}
				w, _ := f.finish(t, all(f.work(f.listed(t, object, body[:n]))))
				var others []string
				for _, message := range got.documents {
					if !whole[message] {
						others = append(others, message)
					}
				}
				where := fmt.Sprintf("%s, packed %v, cut at byte %d", object.Key, packed, n)
				switch {
				case packed && n > 0 && w.Outcome.End != run.Damaged:
					t.Fatalf("%s: %+v", where, w.Outcome)
				case packed && len(others) > 0, len(others) > 1:
					t.Fatalf("%s: %q", where, others)
				case len(others) == 1 && !bytes.HasSuffix(body[:n], []byte(others[0])) && !bytes.HasSuffix(body[:n], []byte(others[0]+"\n")):
					t.Fatalf("%s: %q is not what it ends with", where, others[0])
				}
			}
		}
	}
}

// A changed bit in a compressed object is damage, and what it made of events is
// told to be unverified.
func TestIndexEveryFormWithAChangedBit(t *testing.T) {
	bodies, truth := sampletest.Recorded(t)
	got := &sent{}
	f := newFixture(t, got.take)
	for _, object := range truth.Objects {
		whole := map[string]bool{}
		for _, e := range object.Events {
			whole[e.Message] = true
		}
		good := zippedBody(t, bodies[object.Key])
		const header = 10 // of gzip: of no meaning but for its first bytes
		for n := header; n < len(good); n += 7 {
			body := bytes.Clone(good)
			body[n] ^= 1 << (n % 8)
			got.documents = map[string]string{}
			w, _ := f.finish(t, all(f.work(f.listed(t, object, body))))
			others := int64(0)
			for _, message := range got.documents {
				if !whole[message] {
					others++
				}
			}
			if w.Outcome.End != run.Damaged || others > w.Outcome.Unverified {
				t.Fatalf("%s, byte %d: %d documents that were never logged, %+v", object.Key, n, others, w.Outcome)
			}
		}
	}
}

func zippedBody(t *testing.T, b []byte) []byte {
	t.Helper()
	var body bytes.Buffer
	z := gzip.NewWriter(&body)
	_, err := z.Write(b)
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return body.Bytes()
}
