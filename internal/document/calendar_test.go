package document

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

func maker(t testing.TB, zoneName string) *Maker {
	return NewMaker(run.Settings{IndexPrefix: "p", Zone: zone(t, zoneName)})
}

func TestTimesAndIndices(t *testing.T) {
	for _, c := range []struct{ zone, instant, index, want string }{
		{"Asia/Tokyo", "2018-12-09T14:59:59.999Z", "p-2018-12-09", "2018-12-09T23:59:59.999+09:00"},
		{"Asia/Tokyo", "2018-12-09T15:00:00.000Z", "p-2018-12-10", "2018-12-10T00:00:00.000+09:00"},
		{"UTC", "1969-12-31T23:59:59.999Z", "p-1969-12-31", "1969-12-31T23:59:59.999Z"},
		// The clock goes forward at 02:00, and back at 03:00.
		{"Europe/Berlin", "2024-03-31T00:59:59.999Z", "p-2024-03-31", "2024-03-31T01:59:59.999+01:00"},
		{"Europe/Berlin", "2024-03-31T01:00:00.000Z", "p-2024-03-31", "2024-03-31T03:00:00.000+02:00"},
		{"Europe/Berlin", "2024-10-27T00:30:00.000Z", "p-2024-10-27", "2024-10-27T02:30:00.000+02:00"},
		{"Europe/Berlin", "2024-10-27T01:30:00.000Z", "p-2024-10-27", "2024-10-27T02:30:00.000+01:00"},
		// A day that begins at 01:00, and one that was left out.
		{"America/Sao_Paulo", "2018-11-04T03:00:00.000Z", "p-2018-11-04", "2018-11-04T01:00:00.000-02:00"},
		{"Pacific/Apia", "2011-12-30T10:00:00.000Z", "p-2011-12-31", "2011-12-31T00:00:00.000+14:00"},
		// The clock goes back over midnight at 00:01: the day has begun all the same.
		{"America/St_Johns", "2006-10-29T02:30:59.999Z", "p-2006-10-29", "2006-10-29T00:00:59.999-02:30"},
		{"America/St_Johns", "2006-10-29T02:31:00.000Z", "p-2006-10-29", "2006-10-28T23:01:00.000-03:30"},
		{"America/St_Johns", "2006-10-29T03:30:00.000Z", "p-2006-10-29", "2006-10-29T00:00:00.000-03:30"},
		{"Asia/Kolkata", "2024-01-01T00:00:00.000Z", "p-2024-01-01", "2024-01-01T05:30:00.000+05:30"},
		// Tokyo's sun is 9:18:59 ahead; what is written is this very instant.
		{"Asia/Tokyo", "1880-01-01T00:00:00.000Z", "p-1880-01-01", "1880-01-01T09:18:00.000+09:18"},
		{"Asia/Tokyo", "1880-01-01T14:41:30.000Z", "p-1880-01-02", "1880-01-01T23:59:30.000+09:18"},
		{"UTC", "0000-01-01T00:00:00.000Z", "p-0000-01-01", "0000-01-01T00:00:00.000Z"},
		{"UTC", "9999-12-31T23:59:59.999Z", "p-9999-12-31", "9999-12-31T23:59:59.999Z"},
	} {
		at, err := time.Parse(time.RFC3339Nano, c.instant)
		if err != nil {
			t.Fatal(err)
		}
		m := maker(t, c.zone)
		ms := at.UnixMilli()
		if !m.Fits(ms) {
			t.Errorf("%s in %s does not fit", c.instant, c.zone)
		}
		if got := m.Index(ms); got != c.index {
			t.Errorf("%s in %s goes to %s, want %s", c.instant, c.zone, got, c.index)
		}
		if got := string(m.days.appendTime(nil, ms)); got != c.want {
			t.Errorf("%s in %s is %s, want %s", c.instant, c.zone, got, c.want)
		}
	}
}

func TestTimesAgreeWithTheStandardLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"Asia/Tokyo", "UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Monrovia", "Pacific/Apia", "America/St_Johns", "America/Santiago"} {
		m := maker(t, name)
		from := time.Date(1850, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
		to := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
		for range 20_000 {
			ms := from + random.Int64N(to-from)
			at := time.UnixMilli(ms).In(m.days.zone)
			y, month, d := run.DayOf(at)
			if got, want := m.Index(ms), fmt.Sprintf("p-%04d-%02d-%02d", y, month, d); got != want {
				t.Fatalf("%d in %s goes to %s, want %s", ms, name, got, want)
			}
			got := string(m.days.appendTime(nil, ms))
			back, err := time.Parse(time.RFC3339Nano, got)
			if err != nil || back.UnixMilli() != ms {
				t.Fatalf("%d in %s is written as %s, which is another time (%v)", ms, name, got, err)
			}
			if _, offset := at.Zone(); offset%60 == 0 && got != at.Format("2006-01-02T15:04:05.000Z07:00") {
				t.Fatalf("%d in %s is written as %s", ms, name, got)
			}
		}
	}
}

func TestYearsThatDoNotFit(t *testing.T) {
	for _, c := range []struct {
		zone string
		at   time.Time
		want bool
	}{
		{"UTC", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), false},
		{"UTC", time.Date(-1, 12, 31, 23, 59, 59, 0, time.UTC), false},
		{"Asia/Tokyo", time.Date(9999, 12, 31, 16, 0, 0, 0, time.UTC), false},
		{"America/New_York", time.Date(10000, 1, 1, 1, 0, 0, 0, time.UTC), true},
		{"America/New_York", time.Date(0, 1, 1, 1, 0, 0, 0, time.UTC), false},
	} {
		if got := maker(t, c.zone).Fits(c.at.UnixMilli()); got != c.want {
			t.Errorf("Fits(%s) in %s is %v", c.at, c.zone, got)
		}
	}
	for _, ms := range []int64{-1 << 63, 1<<63 - 1} {
		if maker(t, "UTC").Fits(ms) {
			t.Errorf("%d fits", ms)
		}
	}
}
