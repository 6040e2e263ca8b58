package grep_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/grep"
	"github.com/rehydrate/rehydrate/internal/run"
)

// one is a record of one event.
func one(id string, at time.Time, message string) []byte {
	return fmt.Appendf(nil, `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":[],"logEvents":[{"id":"%s","timestamp":%d,"message":"%s"}]}`,
		id, at.UnixMilli(), message)
}

func newObjects() *objects { return &objects{bodies: map[string][]byte{}, fail: map[string]error{}} }

func options(t *testing.T, pattern string) grep.Options {
	t.Helper()
	p, err := grep.Compile([]string{pattern}, grep.Flags{})
	if err != nil {
		t.Fatal(err)
	}
	return grep.Options{
		Pattern: p, From: start, To: start.Add(24 * time.Hour), MarginBefore: 3 * time.Hour, MarginAfter: 3 * time.Hour, Workers: 2, Ordered: true,
	}
}

func ids(events []grep.Event) string {
	var list []string
	for _, e := range events {
		list = append(list, e.ID)
	}
	return strings.Join(list, " ")
}

// Events are in order, but for those that came more than an hour late.
func TestOrder(t *testing.T) {
	a := newObjects()
	a.put(start.Add(10*time.Minute), slicesConcat(one("3", start.Add(50*time.Minute), "x"), one("1", start.Add(5*time.Minute), "x")))
	a.put(start.Add(20*time.Minute), one("2", start.Add(15*time.Minute), "x"))
	a.put(start.Add(70*time.Minute), slicesConcat(one("4", start.Add(70*time.Minute), "x"), one("late", start.Add(20*time.Minute), "x")))
	a.put(start.Add(85*time.Minute), one("very_late", start.Add(10*time.Minute), "x"))
	var got taken
	if _, err := grep.Search(t.Context(), a, options(t, "x"), &got); err != nil {
		t.Fatal(err)
	}
	if ids(got.events) != "1 2 late very_late 3 4" {
		t.Errorf("events came as %s", ids(got.events))
	}
}

func slicesConcat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// An archive that does not list its objects by hours is sorted first.
func TestUnorderedArchive(t *testing.T) {
	a := newObjects()
	a.put(start.Add(70*time.Minute), one("2", start.Add(70*time.Minute), "x"))
	a.put(start.Add(10*time.Minute), one("1", start.Add(10*time.Minute), "x"))
	o := options(t, "x")
	o.Ordered = false
	var got taken
	if _, err := grep.Search(t.Context(), a, o, &got); err != nil {
		t.Fatal(err)
	}
	if ids(got.events) != "1 2" {
		t.Errorf("events came as %s", ids(got.events))
	}
}

// What is asked for most is given first, and ends the search.
func TestMost(t *testing.T) {
	for _, count := range []bool{false, true} {
		a := newObjects()
		for i := range 5 {
			at := start.Add(time.Duration(i) * time.Hour)
			a.put(at, one(fmt.Sprint(i), at, "x"))
		}
		o := options(t, "x")
		o.Most, o.CountOnly = 2, count
		var got taken
		c, err := grep.Search(t.Context(), a, o, &got)
		if err != nil || c.Given != 2 || !c.AddUp() || !count && ids(got.events) != "0 1" {
			t.Errorf("counting only %v: %+v, %v, events %s", count, c, err, ids(got.events))
		}
	}
}

// A Fault ends the search; what one object has is told, and the others are read.
func TestFaults(t *testing.T) {
	a := newObjects()
	for i := range 3 {
		a.put(start.Add(time.Duration(i)*time.Hour), one(fmt.Sprint(i), start.Add(time.Duration(i)*time.Hour), "x"))
	}
	a.fail[a.list[1].Key] = &archive.Unreadable{End: run.Archived, Reason: "it has to be restored"}
	var got taken
	c, err := grep.Search(t.Context(), a, options(t, "x"), &got)
	if err != nil || c.Unread != 1 || c.Objects != 3 || ids(got.events) != "0 2" || len(got.unread) != 1 {
		t.Errorf("%+v, %v, events %s, unread %v", c, err, ids(got.events), got.unread)
	}
	a.fail[a.list[1].Key] = &run.Fault{Name: run.Denied, Reason: "S3 denies access"}
	got = taken{}
	c, err = grep.Search(t.Context(), a, options(t, "x"), &got)
	var fault *run.Fault
	if !errors.As(err, &fault) || ids(got.events) != "0" || c.Objects != 1 {
		t.Errorf("%+v, %v, events %s", c, err, ids(got.events))
	}
}

// endless is an object that never ends.
type endless struct {
	record []byte
	left   []byte
	read   func()
}

func (e *endless) Read(p []byte) (int, error) {
	e.read()
	if len(e.left) == 0 {
		e.left = e.record
	}
	n := copy(p, e.left)
	e.left = e.left[n:]
	return n, nil
}

func (e *endless) Close() error { return nil }

type endlessArchive struct {
	objects

	read func()
}

func (a *endlessArchive) Open(context.Context, run.Object) (grep.Body, error) {
	return grep.Body{ReadCloser: &endless{record: one("1", start, strings.Repeat("y", 10_000)), read: a.read}}, nil
}

// A search that is interrupted tells what it looked at.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	reads := 0
	a := &endlessArchive{objects: *newObjects()}
	a.read = func() {
		if reads++; reads > 2000 {
			once.Do(cancel)
		}
	}
	a.put(start, nil)
	o := options(t, "x")
	o.Workers = 1
	c, err := grep.Search(ctx, a, o, &taken{})
	if !errors.Is(err, context.Canceled) || c.Events == 0 || !c.AddUp() || c.Objects != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

// sparse is an object of n records made as they are read, every one of which is
// found or only the first.
type sparse struct {
	n, made int
	all     bool
	left    []byte
}

func (s *sparse) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		if s.made > s.n {
			return 0, io.EOF
		}
		message := strings.Repeat("z", 2000)
		if s.all || s.made == 0 {
			message += "found"
		}
		s.left = one(fmt.Sprint(s.made), start.Add(time.Duration(s.n-s.made)*time.Millisecond), message)
		s.made++
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

type sparseArchive struct {
	objects

	n   int
	all bool
}

func (a *sparseArchive) Open(context.Context, run.Object) (grep.Body, error) {
	return grep.Body{ReadCloser: io.NopCloser(&sparse{n: a.n, all: a.all})}, nil
}

// firstAt notes how much had been looked at when the first event came.
type firstAt struct {
	taken

	now, first int64
	heap       uint64
	count      int64
}

func (f *firstAt) Found(*grep.Event) error {
	if f.first == 0 {
		f.first = f.now
	}
	f.count++
	return nil
}

func (f *firstAt) Looked(c grep.Counts) error {
	f.now = c.Events
	if c.Events%10 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		f.heap = max(f.heap, m.HeapAlloc)
	}
	return nil
}

// An event is given long before its hour ends, and memory depends neither on the
// size of an object nor on how much is found.
func TestBounds(t *testing.T) {
	const n = 200_000 // 400 MB of text
	for _, all := range []bool{false, true} {
		a := &sparseArchive{objects: *newObjects(), n: n, all: all}
		a.put(start, nil)
		var got firstAt
		c, err := grep.Search(t.Context(), a, options(t, "found"), &got)
		if err != nil || c.Events != n+1 || got.count != c.Given {
			t.Fatalf("%+v, %v", c, err)
		}
		if got.first == 0 || got.first > 150_000 {
			t.Errorf("the first event came after %d were looked at", got.first)
		}
		const most = 128 << 20 // two workers
		if got.heap > most {
			t.Errorf("%d MiB were held, all found: %v", got.heap>>20, all)
		}
	}
}
