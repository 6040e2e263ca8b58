package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/run"
)

// endless repeats a text for ever.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

// packed gives what w makes of n bytes of r, as they are asked for.
func packed(t testing.TB, r io.Reader, n int64, w func(io.Writer) io.WriteCloser) io.Reader {
	t.Helper()
	out, in := io.Pipe()
	go func() {
		z := w(in)
		_, err := io.CopyN(z, r, n)
		in.CloseWithError(errors.Join(err, z.Close()))
	}()
	t.Cleanup(func() { out.Close() })
	return out
}

func gzipWriter(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

func TestLimits(t *testing.T) {
	const limit = 1 << 20
	event := `{"id":"1","timestamp":1,"message":"` + strings.Repeat("x", 1000) + `"},`
	for _, c := range []struct {
		name   string
		object func(t *testing.T) io.Reader
		events int
		want   string
	}{
		{"a record without end", func(*testing.T) io.Reader {
			return io.MultiReader(strings.NewReader(strings.TrimSuffix(nothing, "]}")), &endless{text: event})
		}, (limit - len(nothing) + 2) / len(event), "a record is larger than 1 MiB"},
		{"a record without end whose events come first", func(*testing.T) io.Reader {
			return io.MultiReader(strings.NewReader(`{"logEvents":[`), &endless{text: event})
		}, 0, "a record is larger than 1 MiB"},
		{"a message without end", func(*testing.T) io.Reader {
			return io.MultiReader(strings.NewReader(`{"logEvents":[{"id":"`), &endless{text: "x"})
		}, 0, "a record is larger than 1 MiB"},
		{"brackets without end", func(*testing.T) io.Reader {
			return io.MultiReader(strings.NewReader(`{"x":`), &endless{text: "["})
		}, 0, "values nested more than 10,000 deep"},
		{"padding without end", func(*testing.T) io.Reader {
			return io.MultiReader(strings.NewReader(one), &endless{text: "\x00"})
		}, 2, "the padding between records is larger than 1 MiB"},
		{"padding without end behind a member", func(t *testing.T) io.Reader {
			return io.MultiReader(bytes.NewReader(gzipped(t, []byte(one))), &endless{text: "\n"})
		}, 2, "gzip: the padding between two members is larger than 1 MiB"},
		{"five layers", func(t *testing.T) io.Reader {
			return bytes.NewReader(gzipped(t, gzipped(t, gzipped(t, gzipped(t, gzipped(t, []byte(one)))))))
		}, 0, "gzip: it holds more than 4 layers of compression"},
		{"a Hadoop block larger than a record", func(*testing.T) io.Reader {
			b := binary.BigEndian.AppendUint32(nil, limit+1)
			b = append(binary.BigEndian.AppendUint32(b, 200), "\xc8\x01\x0c{{{{"...)
			return io.MultiReader(bytes.NewReader(b), &endless{text: "x"})
		}, 0, "hadoop-snappy: a block is larger than 1 MiB"},
		{"a large ZIP in gzip", func(t *testing.T) io.Reader {
			return packed(t, io.MultiReader(strings.NewReader("PK\x03\x04"), &endless{text: "x"}), 1<<30, gzipWriter)
		}, 0, "zip: without random access it can be read up to 1 MiB"},
		{"a window larger than allowed", func(*testing.T) io.Reader {
			const magic, window64MiB, rawBlock = "\x28\xb5\x2f\xfd", "\x00\x80", "\x09\x00\x00"
			return strings.NewReader(magic + window64MiB + rawBlock + "{")
		}, 0, "zstd: it was compressed with a window larger than 32 MiB"},
		{"records that expand without end", func(t *testing.T) io.Reader {
			text := &endless{text: one + strings.Repeat(" ", 500_000)}
			return packed(t, packed(t, text, 1<<30, gzipWriter), 1<<30, gzipWriter)
		}, -1, "gzip: it expands more than 1032 times, a decompression bomb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			d := New(c.object(t), Options{RecordLimit: limit, ReadAhead: true})
			defer d.Close()
			var e Event
			events := 0
			most := uint64(0)
			err := d.Next(&e)
			for ; err == nil; err = d.Next(&e) {
				if events++; events%100_000 == 0 {
					runtime.ReadMemStats(&now)
					most = max(most, now.HeapInuse)
				}
			}
			var damaged *Damaged
			if !errors.As(err, &damaged) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("ended with %v, want %s", err, c.want)
			}
			if c.events >= 0 && events != c.events {
				t.Errorf("%d events, want %d", events, c.events)
			}
			runtime.ReadMemStats(&now)
			if grown := int64(max(most, now.HeapInuse)) - int64(before.HeapInuse); grown > 64<<20 {
				t.Errorf("the heap grew by %d bytes", grown)
			}
		})
	}
}

var errNetwork = errors.New("connection reset")

// TestNetworkIsNoDamage cuts the reading, not the object, at every byte: the
// error comes through as it is, behind every event that is whole, and going on
// from the last of them gives the rest.
func TestNetworkIsNoDamage(t *testing.T) {
	whole := []byte(one + two + check + one)
	for name, body := range map[string][]byte{
		"plain": whole, "gzip": gzipped(t, whole), "members": append(gzipped(t, []byte(one+two)), gzipped(t, []byte(check+one))...),
		"gzip of gzips": gzipped(t, gzipped(t, whole)), "snappy": snapped(t, whole), "hadoop": hadooped(whole, 100), "zstd": zstded(t, whole),
		"zip": zipped(t, whole), "an error record": []byte(wrap(whole)),
	} {
		t.Run(name, func(t *testing.T) {
			all, whole, _ := readAll(t, bytes.NewReader(body), random(body))
			for cut := range body {
				failure := [...]error{errNetwork, io.ErrUnexpectedEOF}[cut%2]
				o := Options{ReadAhead: cut%3 == 0}
				d := New(io.MultiReader(bytes.NewReader(body[:cut]), iotest.ErrReader(failure)), o)
				var e Event
				var got []readEvent
				err := d.Next(&e)
				for ; err == nil; err = d.Next(&e) {
					got = append(got, kept(&e))
					o.From = e.End
				}
				if !errors.Is(err, failure) {
					t.Fatalf("cut at %d: ended with %v", cut, err)
				}
				first := d.Stats()
				d.Close()
				rest, second, err := readAll(t, bytes.NewReader(body), o)
				if !errors.Is(err, io.EOF) {
					t.Fatalf("cut at %d: the second call ended with %v", cut, err)
				}
				compare(t, fmt.Sprintf("cut at %d", cut), read{Events: append(got, rest.Events...)}, read{Events: all.Events})
				if first.Records+second.Records != whole.Records || first.ControlRecords+second.ControlRecords != whole.ControlRecords || first.PlainBytes+second.PlainBytes != whole.PlainBytes {
					t.Fatalf("cut at %d: %+v and %+v, want %+v", cut, first, second, whole)
				}
			}
		})
	}
}

func TestErrorThatWrapsTheEndIsNone(t *testing.T) {
	for _, body := range []string{one, string(gzipped(t, []byte(one)))} {
		cause := &net.OpError{Op: "read", Err: io.EOF}
		got, _, err := readAll(t, io.MultiReader(strings.NewReader(body), iotest.ErrReader(cause)), Options{})
		var damaged *Damaged
		var as *net.OpError
		if len(got.Events) != 2 || errors.Is(err, io.EOF) || errors.As(err, &damaged) || !errors.As(err, &as) {
			t.Errorf("%d events, ended with %#v", len(got.Events), err)
		}
	}
}

// failing gives random access, and fails from an offset on.
type failing struct {
	io.ReaderAt

	from int64
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		return 0, errNetwork
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestNetworkIsNoDamageToAZip(t *testing.T) {
	body := zipped(t, []byte(one))
	_, _, err := readAll(t, bytes.NewReader(body), Options{ReaderAt: failing{bytes.NewReader(body), 10}, Size: int64(len(body))})
	if !errors.Is(err, errNetwork) {
		t.Errorf("ended with %v", err)
	}
}

// TestEveryStop stops at every event of objects of every form and goes on: the
// same events, the same counts, nothing twice.
func TestEveryStop(t *testing.T) {
	bodies := objects(t)
	bodies["padded records"] = []byte("\ufeff" + check + " \n" + one + nothing + "\n\n" + check + two + check + nothing + "\x00")
	bodies["an array"] = []byte("[" + one + "," + check + "," + wrap([]byte(one+check+two)) + "," + two + "]")
	bodies["error records"] = []byte(wrap([]byte(nothing+one+check+two)) + wrap([]byte("x")) + wrap([]byte(one+"x")) + wrap([]byte(nothing)) + two)
	bodies["cut off"] = []byte(one + check + two[:len(two)-1])
	bodies["malformed"] = []byte(texts()[20] + one)
	bodies["a wrong checksum"] = append(gzipped(t, []byte(one)), flip(gzipped(t, []byte(check+two+one)), -8)...)
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			want, whole, _ := readAll(t, bytes.NewReader(body), random(body))
			for stop := 1; stop <= len(want.Events); stop++ {
				got, sum := resumed(t, body, stop, random(body))
				compare(t, "in two calls", got, want)
				sum.ObjectBytes = whole.ObjectBytes
				if sum != whole {
					t.Fatalf("stopped at %d: counted %+v, want %+v", stop, sum, whole)
				}
			}
		})
	}
}

func TestPlaceOfAnotherObject(t *testing.T) {
	for _, from := range []run.Place{{Offset: 1, Events: 1}, {Offset: 0, Events: 3}, {Offset: 5000}} {
		d := New(strings.NewReader(one+two), Options{From: from})
		var e Event
		err := d.Next(&e)
		for err == nil {
			err = d.Next(&e)
		}
		var damaged *Damaged
		if errors.Is(err, io.EOF) || errors.As(err, &damaged) {
			t.Errorf("%+v: ended with %v, want an error that is no damage", from, err)
		}
	}
}

func TestCloseEndsReadingAhead(t *testing.T) {
	d := New(&endless{text: one}, Options{ReadAhead: true})
	var e Event
	if err := d.Next(&e); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := d.Next(&e); err == nil {
		t.Error("a closed decoder gave an event")
	}
}
