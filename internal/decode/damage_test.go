package decode

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

func TestDamageIsTold(t *testing.T) {
	members := bytes.Join([][]byte{gzipped(t, []byte(one)), gzipped(t, []byte(two)), gzipped(t, []byte(one))}, nil)
	second := len(gzipped(t, []byte(one)))
	third := second + len(gzipped(t, []byte(two)))
	const n, m = int64(len(one)), int64(len(two))
	for _, c := range []struct {
		name string
		body []byte
		want string // events
		run.Damage
		unverified int64
	}{
		{"logEvents no array", []byte(one + `{"logEvents":{}}`), ofOne, run.Damage{Reason: `logEvents is no array: "{}}"`, Offset: n + 13, ObjectOffset: n + 13, Record: 1}, 0},
		{"no logEvents", []byte(one + `{"messageType":"DATA_MESSAGE"}`), ofOne, run.Damage{Reason: `a record has no logEvents: "{\"messageType\":\"DATA_MESSAGE\"}"`, Offset: n, ObjectOffset: n, Record: 1}, 0},
		{"no record behind a record", []byte(one + "\nnonsense \x1b[31m" + one), ofOne, run.Damage{Reason: `no record begins here but "nonsense \x1b[31m{\"messageType\":\"DA"`, Offset: n + 1, ObjectOffset: n + 1, Record: 1}, 0},
		{"a control character", []byte(strings.Replace(one, "日本", "\n", 1)), strings.SplitAfter(ofOne, "\n")[0], run.Damage{Reason: `a control character in a JSON string: "\n }{ \\ud83c\\udf63 \\u0000\"}]}"`, Offset: 381, ObjectOffset: 381, Event: 1}, 0},
		{"an array cut off", []byte("[" + one), ofOne, run.Damage{Reason: "the text ends inside a JSON array of records", Offset: n + 1, ObjectOffset: n + 1, Record: 1}, 0},
		{"a record cut off", []byte(two + one[:n-3]), ofTwo + strings.SplitAfter(ofOne, "\n")[0], run.Damage{Reason: "the text ends inside a record: the object was cut off, or not written whole", Offset: n + m - 3, ObjectOffset: n + m - 3, Record: 1, Event: 1}, 0},

		{"a member cut off", members[:third+100], ofOne + ofTwo, run.Damage{Reason: "gzip: it is cut off", Offset: -1, ObjectOffset: int64(third + 100), Record: 2}, 0},
		{"a wrong checksum", flip(members, third-8), ofOne + ofTwo, run.Damage{Reason: "gzip: a checksum or length is wrong: bytes were changed or lost after they were written", Offset: n + m, ObjectOffset: int64(third), Record: 2}, 1},
		{"a wrong length", flip(members, third-1), ofOne + ofTwo, run.Damage{Reason: "gzip: a checksum or length is wrong: bytes were changed or lost after they were written", Offset: n + m, ObjectOffset: int64(third), Record: 2}, 1},
		{"a wrong checksum behind wrong JSON", append(flip(gzipped(t, []byte(one+"?")), -8), members...), ofOne, run.Damage{Reason: `gzip: a checksum or length is wrong: bytes were changed or lost after they were written; noticed because: no record begins here but "?"`, Offset: n, ObjectOffset: int64(len(gzipped(t, []byte(one+"?")))), Record: 1}, 2},
		{"wrong JSON whose checksum is right", append(gzipped(t, []byte(one+"?")), members...), ofOne, run.Damage{Reason: `no record begins here but "?{\"messageType\":\"DATA_MESSAGE\",\""`, Offset: n, ObjectOffset: -1, Record: 1}, 0},
		{"something behind a member", append(bytes.Clone(members[:second]), one...), ofOne, run.Damage{Reason: "gzip: bytes follow a member that begin no other", Offset: n, ObjectOffset: int64(second), Record: 1}, 0},
		{"a wrong header", flip(members, second+2), ofOne, run.Damage{Reason: "gzip: a member has no valid header", Offset: n, ObjectOffset: int64(second + 10), Record: 1}, 0},
		{"an outer checksum", flip(gzipped(t, members), -8), ofOne + ofTwo + ofOne, run.Damage{Reason: "gzip: a checksum or length is wrong: bytes were changed or lost after they were written", Offset: 2*n + m, ObjectOffset: int64(len(gzipped(t, members))), Record: 3}, 5},
		{"a ZIP's checksum", flip(zipped(t, []byte(one)), -59), ofOne, run.Damage{Reason: "zip: a checksum or length is wrong: bytes were changed or lost after they were written", Offset: n, ObjectOffset: -1, Record: 1}, 2},
		{"a ZIP cut off", zipped(t, []byte(one))[:200], "", run.Damage{Reason: "zip: it has no valid directory at its end: it was cut off, or changed", ObjectOffset: -1}, 0},
		{"Snappy's checksum", flip(snapped(t, []byte(one)), 14), "", run.Damage{Reason: "snappy: a checksum or length is wrong: bytes were changed or lost after they were written", ObjectOffset: int64(len(snapped(t, []byte(one))))}, 0},
		{"zstd's checksum", flip(zstded(t, []byte(one)), -1), "", run.Damage{Reason: "zstd: a checksum or length is wrong: bytes were changed or lost after they were written", ObjectOffset: int64(len(zstded(t, []byte(one))))}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, stats, err := readAll(t, bytes.NewReader(c.body), random(c.body))
			var damaged *Damaged
			if !errors.As(err, &damaged) {
				t.Fatalf("ended with %v, want damage", err)
			}
			if seen(got) != c.want {
				t.Errorf("events\n%swant\n%s", seen(got), c.want)
			}
			if c.Offset < 0 {
				c.Offset = damaged.Offset // how far it goes is the compressor's choice
			}
			if damaged.Damage != c.Damage {
				t.Errorf("\n got %+v\nwant %+v", damaged.Damage, c.Damage)
			}
			if stats.Unverified != c.unverified {
				t.Errorf("%d unverified, want %d", stats.Unverified, c.unverified)
			}
		})
	}
}

// TestDamageFarBeforeItsReason has JSON go wrong long before the end of a large
// member whose checksum is wrong.
func TestDamageFarBeforeItsReason(t *testing.T) {
	noise := make([]byte, 4<<20)
	if _, err := rand.NewChaCha8([32]byte{}).Read(noise); err != nil {
		t.Fatal(err)
	}
	member := gzipped(t, append([]byte(one+"?"), noise...))
	for _, ahead := range []bool{false, true} {
		body := append(gzipped(t, []byte(two)), flip(member, -8)...)
		_, stats, err := readAll(t, bytes.NewReader(body), Options{ReadAhead: ahead})
		if !strings.HasPrefix(err.Error(), "gzip: a checksum or length is wrong") || stats.Unverified != 2 {
			t.Errorf("ahead %t: %v, %d unverified", ahead, err, stats.Unverified)
		}
		body = append(append(gzipped(t, []byte(two)), member...), flip(gzipped(t, []byte(two)), -8)...)
		_, stats, err = readAll(t, bytes.NewReader(body), Options{ReadAhead: ahead})
		if !strings.HasPrefix(err.Error(), "no record begins here") || stats.Unverified != 0 {
			t.Errorf("ahead %t, a later member is wrong: %v, %d unverified", ahead, err, stats.Unverified)
		}
	}
}

func TestForeignObjects(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"HTML", "<!DOCTYPE html><html>\x1b[2J", `no logs of any form that is known: text/html; charset=utf-8, begins with "<!DOCTYPE html><html>\x1b[2J"`},
		{"PNG", "\x89PNG\r\n\x1a\n\x00\x00", `no logs of any form that is known: image/png, begins with "\x89PNG\r\n\x1a\n\x00\x00"`},
		{"UTF-16", "\xff\xfeG\x00E\x00T\x00", "text/plain; charset=utf-16le"},
		{"Parquet", "PAR1\x15\x04", "Parquet, made by Firehose's record format conversion"},
		{"bzip2", "BZh91AY&SY", "bzip2 data, which is not read"},
		{"NULs", "\x00\x00", "application/octet-stream"},
		{"an array of numbers and records", "[" + one + ",42]", `no record begins here but "42]"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, o := range []Options{{}, {ReadAhead: true}} {
				got, _, err := readAll(t, byteReader{strings.NewReader(c.body), 1}, o)
				if got.Damage < 0 || len(got.Events) > 0 && c.body[0] != '[' || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%d events, damage at %d:\n%v\nwant %s", len(got.Events), got.Damage, err, c.want)
				}
			}
		})
	}
}

// TestEveryTruncation cuts objects at every byte: it is always noticed, except
// where what is left is a whole archive, and what was whole before is given.
func TestEveryTruncation(t *testing.T) {
	whole := []byte(one + two)
	gz := func(s string) []byte { return gzipped(t, []byte(s)) }
	for _, c := range []struct {
		name string
		body []byte
		ends []int // sizes at which the object is a whole archive
	}{
		{"plain", whole, []int{0, len(one), len(whole)}},
		{"on lines", []byte(one + "\n" + two + "\n"), []int{0, len(one), len(one) + 1, len(whole) + 1, len(whole) + 2}},
		{"an array", []byte("[" + one + "]"), []int{0, len(one) + 2}},
		{"gzip", gzipped(t, whole), []int{0, len(gzipped(t, whole))}},
		{"members", append(gz(one), gz(two)...), []int{0, len(gz(one)), len(gz(one)) + len(gz(two))}},
		{"members on lines", append(append(gz(one), '\n'), gz(two)...), []int{0, len(gz(one)), len(gz(one)) + 1, len(gz(one)) + 1 + len(gz(two))}},
		{"gzip of gzips", gzipped(t, append(gz(one), gz(two)...)), []int{0, len(gzipped(t, append(gz(one), gz(two)...)))}},
		{"snappy", snapped(t, whole), []int{0, len(snappyHeader), len(snapped(t, whole))}},
		{"hadoop", hadooped(whole, 1<<18), []int{0, len(hadooped(whole, 1<<18))}},
		{"zstd", zstded(t, whole), []int{0, len(zstded(t, whole))}},
		{"zip", zipped(t, whole), []int{0, len(zipped(t, whole))}},
		{"an error record", []byte(wrap(gz(one))), []int{0, len(wrap(gz(one))) - 1, len(wrap(gz(one)))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, _, err := readAll(t, bytes.NewReader(c.body), random(c.body))
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			most := 0
			for cut := range len(c.body) + 1 {
				body := c.body[:cut]
				got, _, err := readAll(t, bytes.NewReader(body), random(body))
				isEnd := false
				for _, end := range c.ends {
					isEnd = isEnd || end == cut
				}
				if isEnd != errors.Is(err, io.EOF) {
					t.Fatalf("cut at %d of %d: ended with %v", cut, len(c.body), err)
				}
				if len(got.Events) < most {
					t.Fatalf("cut at %d: %d events, but one byte less gave %d", cut, len(got.Events), most)
				}
				most = len(got.Events)
				for i, e := range got.Events {
					if e != all.Events[i] {
						t.Fatalf("cut at %d: event %d is %+v", cut, i, e)
					}
				}
			}
		})
	}
}

const snappyHeader = "\xff\x06\x00\x00sNaPpY"

// TestEveryFlippedBit changes two bits of each byte of an object, one at a time:
// where a layer has a checksum that covers it, that is damage; whatever is given
// without damage is what was written.
func TestEveryFlippedBit(t *testing.T) {
	whole := []byte(one + two)
	for _, c := range []struct {
		name    string
		body    []byte
		checked bool
	}{
		{"plain", whole, false},
		{"gzip", gzipped(t, whole), true},
		{"members", append(gzipped(t, []byte(one)), gzipped(t, []byte(two))...), true},
		{"gzip of gzips", gzipped(t, append(gzipped(t, []byte(one)), gzipped(t, []byte(two))...)), true},
		{"snappy", snapped(t, whole), true},
		{"hadoop", hadooped(whole, 1<<18), false},
		{"zstd", zstded(t, whole), true},
		{"zip", zipped(t, whole), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, _, _ := readAll(t, bytes.NewReader(c.body), random(c.body))
			unnoticed := 0
			for i := range c.body {
				for _, bit := range []int{i % 8, (i + 3) % 8} {
					body := bytes.Clone(c.body)
					body[i] ^= 1 << bit
					got, _, err := readAll(t, bytes.NewReader(body), random(body))
					var damaged *Damaged
					switch {
					case errors.As(err, &damaged):
						continue
					case !errors.Is(err, io.EOF):
						t.Fatalf("bit %d of byte %d: %v", bit, i, err)
					case c.checked:
						// Some bytes have no meaning, as a gzip header's time: all is read.
						compare(t, "a bit that no checksum covers", got, all)
						unnoticed++
					}
				}
			}
			t.Logf("%d of %d bits make no difference", unnoticed, 2*len(c.body))
		})
	}
}
