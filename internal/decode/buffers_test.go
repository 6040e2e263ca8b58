package decode

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"testing"
)

// A decoder that takes over the buffers of another gives what it gives without
// them, however the other ended.
func TestBuffersAreTakenOver(t *testing.T) {
	text := []byte(one + two)
	big := bytes.Repeat(text, 3000)
	whole := gzipped(t, big)
	wrong := bytes.Clone(whole)
	wrong[len(wrong)-5] ^= 1 // the checksum
	huge := []byte(`{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":1,"message":"` + string(bytes.Repeat([]byte("x"), 2*maxKept)) + `"}]}`)
	objects := [][]byte{
		whole, text, gzipped(t, gzipped(t, text)), whole[:len(whole)/2], text, wrong, gzipped(t, text),
		snapped(t, gzipped(t, big)), huge, whole[:12], zipped(t, gzipped(t, big)), []byte("\x1f\x8bno gzip"), gzipped(t, huge), whole,
	}
	for _, ahead := range []bool{false, true} {
		var buffers Buffers
		for i, object := range objects {
			o := random(object)
			o.ReadAhead = ahead
			want, wantStats, wantErr := readAll(t, bytes.NewReader(object), o)
			o.Buffers = &buffers
			got, stats, err := readAll(t, bytes.NewReader(object), o)
			if !reflect.DeepEqual(got, want) || stats != wantStats || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Errorf("object %d, ahead %t: %d events, %v, want %d, %v", i, ahead, len(got.Events), err, len(want.Events), wantErr)
			}
			// One that is left after its first event.
			left := New(io.MultiReader(bytes.NewReader(object)), o)
			var e Event
			_ = left.Next(&e)
			for range 2 {
				if err := left.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// Reading a small object takes no memory anew.
func TestBuffersSpareMemory(t *testing.T) {
	object := gzipped(t, gzipped(t, []byte(one+two)))
	read := func(b *Buffers) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 100 {
			d := New(bytes.NewReader(object), Options{Buffers: b})
			var e Event
			for d.Next(&e) == nil {
				continue
			}
			_ = d.Close()
		}
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / 100
	}
	if anew, kept := read(nil), read(&Buffers{}); kept > anew/10 {
		t.Errorf("%d bytes with buffers of another, %d without", kept, anew)
	}
}
