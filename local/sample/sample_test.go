package sample_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/sample"
)

type made struct {
	truth  sample.Truth
	bodies map[string][]byte
	err    error
}

// once makes the default archive, for all tests.
var once = sync.OnceValue(func() (m made) {
	m.bodies = map[string][]byte{}
	m.truth, m.err = sample.Generate(sample.Default(), func(key string, _ time.Time, body []byte) error {
		if _, ok := m.bodies[key]; ok {
			return errors.New("it is put twice")
		}
		m.bodies[key] = body
		return nil
	})
	return m
})

func archive(t *testing.T) made {
	t.Helper()
	m := once()
	if m.err != nil {
		t.Fatal(m.err)
	}
	return m
}

func TestArchiveIsWhatItIsSaidToBe(t *testing.T) {
	o := sample.Default()
	truth, bodies := archive(t).truth, archive(t).bodies
	sum := truth.Sum()
	expected := truth.Expect(o.Start, o.Start.AddDate(0, 0, o.Days))
	if n := len(truth.Objects); n < 280 || n > 320 {
		t.Errorf("%d objects, want about 300", n)
	}
	if n := len(expected); n < 20_000 || n > 30_000 {
		t.Errorf("%d events expected, want 20 to 30 thousand", n)
	}
	formats := map[string]int{}
	ends := map[run.End]int{}
	skipped, repeated := 0, 0
	seen := map[string]bool{}
	for _, object := range truth.Objects {
		formats[object.Format]++
		ends[object.End]++
		if object.Skipped {
			skipped++
		}
		if len(bodies[object.Key]) != object.Size {
			t.Errorf("%s has %d bytes, said to be %d", object.Key, len(bodies[object.Key]), object.Size)
		}
		if object.Decoded != int64(len(object.Events))+object.Malformed {
			t.Errorf("%s: %d decoded, %d events, %d malformed", object.Key, object.Decoded, len(object.Events), object.Malformed)
		}
		for _, e := range object.Events {
			if seen[e.ID] {
				repeated++
			}
			seen[e.ID] = true
			if len(e.ID) != 56 {
				t.Fatalf("id %q has not 56 digits", e.ID)
			}
		}
	}
	if len(formats) < 16 {
		t.Errorf("formats %v, want every form an object can have", formats)
	}
	if ends[run.Damaged] != 5 || skipped != 1 {
		t.Errorf("%v and %d skipped, want 5 damaged and 1 skipped", ends, skipped)
	}
	for name, n := range map[string]int64{
		"malformed": sum.Malformed, "control records": sum.ControlRecords, "recovered": sum.Recovered,
		"unverified": sum.Unverified, "repaired": sum.Repaired, "repeated": int64(repeated),
	} {
		if n == 0 {
			t.Errorf("no %s", name)
		}
	}
	t.Logf("%d objects, %d bytes, %d events, sum %+v, formats %v", len(truth.Objects), sum.Size, len(seen), sum, formats)
}

func TestArchiveDependsOnItsOptionsAlone(t *testing.T) {
	digest := func(seed uint64) string {
		o := sample.Default()
		o.Seed, o.Days, o.Objects, o.Events = seed, 1, 60, 500
		h := sha256.New()
		if _, err := sample.Generate(o, func(key string, modified time.Time, body []byte) error {
			io.WriteString(h, key+modified.String())
			h.Write(body)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return string(h.Sum(nil))
	}
	first := digest(7)
	if first != digest(7) {
		t.Error("the same seed made two archives")
	}
	if first == digest(8) {
		t.Error("two seeds made the same archive")
	}
}

func TestOneHourIsQuiet(t *testing.T) {
	truth := archive(t).truth
	hours := map[string]bool{}
	for _, o := range truth.Objects {
		hours[strings.TrimPrefix(o.Key, "_/cwl/ecs/ecs-task/")[:len("2018/12/10/03")]] = true
	}
	if len(hours) != 71 || hours["2018/12/10/19"] {
		t.Errorf("objects in %d of 72 hours, want all but 2018/12/10/19", len(hours))
	}
}

// TestMarginsHoldEveryEvent makes sure that no event lies further from its
// object's time than a run looks by default, less an hour at each side.
func TestMarginsHoldEveryEvent(t *testing.T) {
	truth := archive(t).truth
	late, early := 0, 0
	for _, o := range truth.Objects {
		for _, e := range append(o.Events, o.Lost...) {
			stamp := o.Key[len(o.Key)-len("2018-12-10-03-12-45-00000000-0000-0000-0000-000000000000"):][:len("2018-12-10-03-12-45")]
			begun, err := time.Parse("2006-01-02-15-04-05", stamp)
			if err != nil {
				t.Fatal(err)
			}
			switch lag := begun.Sub(e.Time); {
			case lag > 2*time.Hour || lag < -2*time.Hour:
				t.Fatalf("%s holds an event of %s", o.Key, e.Time)
			case lag > time.Hour:
				late++
			case lag < -time.Hour:
				early++
			}
		}
	}
	if late == 0 || early == 0 {
		t.Errorf("%d late events and %d early ones, want some of each", late, early)
	}
}

func TestRecordsEndWhereTheyWereToldTo(t *testing.T) {
	const size = 1 << 20
	b, err := io.ReadAll(sample.Records(3, size))
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < size || len(b) > size+size/2 {
		t.Errorf("%d bytes, want about %d", len(b), size)
	}
	ids := map[string]bool{}
	for d := json.NewDecoder(bytes.NewReader(b)); ; {
		var r struct {
			LogEvents []struct{ ID string }
		}
		if err := d.Decode(&r); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, e := range r.LogEvents {
			if ids[e.ID] {
				t.Fatalf("id %s twice", e.ID)
			}
			ids[e.ID] = true
		}
	}
	if len(ids) == 0 {
		t.Error("no events")
	}
}

func TestUnusableOptions(t *testing.T) {
	o := sample.Default()
	o.Objects = 3
	if _, err := sample.Generate(o, nil); err == nil {
		t.Error("three objects for three days were accepted")
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		truth, err := sample.Generate(sample.Default(), func(string, time.Time, []byte) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(truth.Sum().Size))
	}
}
