package archive_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/bucket/buckettest"
)

// serveKeys is a client of a read-only bucket "logs" that holds these keys.
func serveKeys(t testing.TB, files buckettest.Files) *s3.Client {
	t.Helper()
	h, err := bucket.New(map[string]bucket.Folder{"logs": {Files: files}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return client(t, server.URL)
}

// pager is a client that is asked for small pages, so that few keys make many
// calls, and counts them.
type pager struct {
	*s3.Client
	size int32

	mu                sync.Mutex
	calls, busy, most int
}

func (p *pager) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, opts ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	p.mu.Lock()
	p.calls++
	p.busy++
	p.most = max(p.most, p.busy)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.busy--
		p.mu.Unlock()
	}()
	if p.size > 0 {
		in.MaxKeys = aws.Int32(p.size)
	}
	return p.Client.ListObjectsV2(ctx, in, opts...)
}

// window is days of UTC.
func window(day string, days int) archive.Window {
	from, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return archive.Window{From: from, To: from.AddDate(0, 0, days)}
}

// list lists what there is under the expressions in a window.
func list(t testing.TB, client archive.Pager, w archive.Window, zone string, expressions ...string) ([]string, archive.Found) {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.New(client, "logs", expressions, location)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	found, err := a.List(t.Context(), w, func(o run.Object) error {
		keys = append(keys, o.Key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys, found
}

// TestListGivesEachKeyOnceInOrder lists random keys in small pages, beside a
// sorted slice.
func TestListGivesEachKeyOnceInOrder(t *testing.T) {
	words := []string{"a", "b", "-", "--", "-a", "ab-", "ü", "\U0010FFFF", "+", "%41", " ", "~", ".", ",", "0", "A", "a-b-c", "日", "&<"}
	for seed := range uint64(16) {
		r := rand.New(rand.NewPCG(seed, 0))
		seen := map[string]bool{}
		var want []string
		for range r.IntN(300) {
			key := "2018/"
			for range 1 + r.IntN(4) {
				key += words[r.IntN(min(len(words), 3+int(seed)))]
				if r.IntN(3) == 0 {
					key += "-" + fmt.Sprint(r.IntN(5)) + "-"
				}
			}
			if r.IntN(3) == 0 && !strings.HasSuffix(key, ".") {
				key += "/" + words[r.IntN(2)] + fmt.Sprint(r.IntN(10))
			}
			if seen[key] || !fs.ValidPath(key) {
				continue
			}
			seen[key] = true
			want = append(want, key)
		}
		slices.Sort(want)
		// A file cannot be a folder too.
		all := slices.Clone(want)
		want = slices.DeleteFunc(want, func(k string) bool {
			return slices.ContainsFunc(all, func(o string) bool { return strings.HasPrefix(o, k+"/") })
		})
		p := &pager{Client: serveKeys(t, buckettest.Keys(want...)), size: 1 + r.Int32N(8)}
		got, found := list(t, p, window("2018-12-10", 1), "UTC", "!{timestamp:yyyy}/")
		if !slices.Equal(got, want) {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			t.Fatalf("seed %d, pages of %d: %d keys, want %d; they part at\n%q, want\n%q", seed, p.size, len(got), len(want),
				got[max(0, at-2):min(len(got), at+3)], want[max(0, at-2):min(len(want), at+3)])
		}
		if found.Objects != int64(len(want)) {
			t.Errorf("seed %d: found %+v, want %d objects", seed, found, len(want))
		}
	}
}

// crowd is one folder with keys of streams at a steady pace over a day.
func crowd(streams, objects int) []string {
	var keys []string
	for s := range streams {
		for i := range objects {
			at := time.Date(2018, 12, 10, 0, 0, i*86400/objects, 0, time.UTC)
			keys = append(keys, fmt.Sprintf("2018/12/10/stream-%03d-1-%s-%08x-0000-4000-8000-000000000000.gz",
				s, at.Format("2006-01-02-15-04-05"), i))
		}
	}
	slices.Sort(keys)
	return keys
}

// far is a client that calls a server without a network between, each call
// taking a while of the test's own clock.
type far struct {
	server http.Handler
	delay  time.Duration
}

func (f far) Do(r *http.Request) (*http.Response, error) {
	time.Sleep(f.delay)
	w := httptest.NewRecorder()
	r.RequestURI, r.Host = r.URL.RequestURI(), r.URL.Host
	f.server.ServeHTTP(w, r)
	return w.Result(), nil
}

func distant(t testing.TB, files buckettest.Files, delay time.Duration) *s3.Client {
	t.Helper()
	h, err := bucket.New(map[string]bucket.Folder{"logs": {Files: files}})
	if err != nil {
		t.Fatal(err)
	}
	return s3.New(client(t, "http://127.0.0.1:1").Options(), func(o *s3.Options) { o.HTTPClient = far{h, delay} })
}

// TestListWaitsLittle lists with 200 ms to each call, on a clock of the test's
// own: prefixes are listed beside each other, so that the time is far from that
// of one call after another.
func TestListWaitsLittle(t *testing.T) {
	const delay, days = 200 * time.Millisecond, 30
	for _, c := range []struct {
		name, expression string
		objects          int           // of a folder
		takes            time.Duration // at most
	}{
		{"hours of two pages", "!{timestamp:yyyy/MM/dd/HH}/", 40, days * 24 / 32 * 2 * delay * 5 / 4},
		{"days of 34 pages", "!{timestamp:yyyy/MM/dd}/", 34 * 20, days * 34 * delay / 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				keys := folders(c.expression, days, c.objects)
				p := &pager{Client: distant(t, buckettest.Keys(keys...), delay), size: 20}
				start := time.Now()
				got, _ := list(t, p, window("2018-12-01", days), "UTC", c.expression)
				took := time.Since(start)
				if !slices.Equal(got, keys) {
					t.Fatalf("%d keys of %d", len(got), len(keys))
				}
				if took > c.takes || p.most > 32 || p.calls > len(keys)/20+days*24 {
					t.Errorf("%d calls, at most %d at once, in %v, want %v", p.calls, p.most, took, c.takes)
				}
			})
		})
	}
}

// folders are keys in each folder of December 2018.
func folders(expression string, days, objects int) []string {
	form, step := "2006/01/02/", 24*time.Hour
	if strings.Contains(expression, "HH") {
		form, step = "2006/01/02/15/", time.Hour
	}
	var keys []string
	start := time.Date(2018, 12, 1, 0, 0, 0, 0, time.UTC)
	for at := start; at.Before(start.AddDate(0, 0, days)); at = at.Add(step) {
		for i := range objects {
			keys = append(keys, fmt.Sprintf("%ss-1-%s-%08x-5df0-4000-8000-000000000000", at.Format(form), at.Format("2006-01-02-15-04-05"), i))
		}
	}
	return keys
}

// TestListHoldsLittle: while nothing is taken, calls end after a number that does
// not grow with the archive.
func TestListHoldsLittle(t *testing.T) {
	for _, c := range []struct {
		expression    string
		objects, most int // of a day, and calls while nothing is taken
	}{{"!{timestamp:yyyy/MM/dd}/", 100, 1200}, {"**", 5, 50}} {
		t.Run(c.expression, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const days = 60
				p := &pager{Client: distant(t, buckettest.Keys(folders("", days, c.objects)...), time.Millisecond), size: 1}
				a, err := archive.New(p, "logs", []string{c.expression}, time.UTC)
				if err != nil {
					t.Fatal(err)
				}
				most := 0
				_, err = a.List(t.Context(), window("2018-12-01", days), func(run.Object) error {
					if most == 0 {
						time.Sleep(time.Hour)
						p.mu.Lock()
						most = p.calls
						p.mu.Unlock()
					}
					return nil
				})
				if err != nil || most > c.most || p.calls != days*c.objects {
					t.Errorf("%d calls of %d while the first object was held, %v", most, p.calls, err)
				}
			})
		})
	}
}

func TestListTellsHowFarItIs(t *testing.T) {
	keys := folders("HH", 2, 1)
	a, err := archive.New(serveKeys(t, buckettest.Keys(keys...)), "logs", []string{""}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	a.Progress = func(prefixes, of int) { told = append(told, fmt.Sprint(prefixes, "/", of)) }
	if _, err := a.List(t.Context(), window("2018-12-01", 2), func(run.Object) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if len(told) != 48 || told[0] != "1/48" || told[47] != "48/48" {
		t.Errorf("told %v", told)
	}
}

const uuid = "8a3c1d52-5df0-4000-8000-000000000000"

// TestListWalksPartitions finds dynamic partitions before, between and in one
// name with the time, and tells what does not fit.
func TestListWalksPartitions(t *testing.T) {
	object := func(folder, at string) string { return folder + "s-1-" + at + "-" + uuid }
	for _, c := range []struct {
		name, expression string
		keys             []string
		want             []int // of keys, in order
		unmatched        []string
	}{
		{
			"before", "logs/app=!{partitionKeyFromQuery:app}/!{timestamp:yyyy/MM/dd/HH}/",
			[]string{
				object("logs/app=web/2018/12/10/03/", "2018-12-10-03-05-00"),
				object("logs/app=web/2018/12/11/00/", "2018-12-11-00-05-00"),
				object("logs/app=web/2017/12/10/03/", "2017-12-10-03-05-00"),
				object("logs/app=a b+c/2018/12/10/23/", "2018-12-10-23-05-00"),
				object("logs/app=/2018/12/10/23/", "2018-12-10-23-05-00"),
				"logs/processing-failed/2018/12/10/03/x",
				"logs/app=web/2018/readme",
				"logs/app=web/notes/readme",
				"logs/app=stray",
			},
			[]int{4, 3, 0},
			[]string{"logs/app=stray", "logs/app=web/notes/", "logs/app=web/2018/readme"},
		},
		{
			"between", "!{timestamp:yyyy}/!{partitionKeyFromLambda:app}/!{timestamp:MM-dd}/",
			[]string{
				object("2018/web/12-10/", "2018-12-10-03-05-00"),
				object("2018/api/12-10/", "2018-12-10-03-05-00"),
				object("2018/api/12-12/", "2018-12-12-03-05-00"),
				object("2019/api/12-10/", "2019-12-10-03-05-00"),
			},
			[]int{1, 0},
			nil,
		},
		{
			"in one name", "!{partitionKeyFromQuery:app}-!{timestamp:yyyy-MM-dd}/",
			[]string{
				object("web-1-2018-12-10/", "2018-12-10-03-05-00"),
				object("-2018-12-10/", "2018-12-10-03-05-00"),
				object("web-2018-12-09/", "2018-12-09-03-05-00"),
			},
			[]int{1, 0},
			nil,
		},
		{
			"in the name of the object", "all/!{partitionKeyFromQuery:app}-!{timestamp:yyyy-MM-dd}-",
			[]string{
				object("all/web-2018-12-10-", "2018-12-10-03-05-00"),
				object("all/web-2018-12-05-", "2018-12-05-03-05-00"),
			},
			[]int{0},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, found := list(t, serveKeys(t, buckettest.Keys(c.keys...)), window("2018-12-10", 1), "UTC", c.expression)
			var want []string
			for _, i := range c.want {
				want = append(want, c.keys[i])
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			slices.Sort(found.UnmatchedKeys)
			slices.Sort(c.unmatched)
			if !slices.Equal(found.UnmatchedKeys, c.unmatched) || int(found.Unmatched) != len(c.unmatched) {
				t.Errorf("unmatched are %d, %q, want %q", found.Unmatched, found.UnmatchedKeys, c.unmatched)
			}
		})
	}
}

// TestListGivesOverlapsOnce: expressions that lie inside of each other, and
// hours whose text begins with that of another.
func TestListGivesOverlapsOnce(t *testing.T) {
	keys := []string{
		"a/2018/12/10/1/s-1-2018-12-10-01-00-00-" + uuid,
		"a/2018/12/10/10/s-1-2018-12-10-10-00-00-" + uuid,
		"a/2018/12/10/11/s-1-2018-12-10-11-00-00-" + uuid,
	}
	got, found := list(t, serveKeys(t, buckettest.Keys(keys...)), window("2018-12-10", 1), "UTC",
		"a/!{timestamp:yyyy/MM/dd/H}", "a/!{timestamp:yyyy/MM/dd/H}/", "!{firehose:random-string}/!{timestamp:yyyy/MM/dd/HH}/", "a/!{timestamp:yyyy/MM}/")
	slices.Sort(got)
	if !slices.Equal(got, keys) {
		t.Errorf("got %q, want %q", got, keys)
	}
	if fmt.Sprint(found.Prefixes) != "[a/2018/12/]" {
		t.Errorf("listed %v", found.Prefixes)
	}
}

func TestListCountsWhatIsNoObject(t *testing.T) {
	const hour = "x/2018/12/10/00/"
	keys := []string{hour + "aws-logs-write-test", hour + "s-1-2018-12-10-00-10-00-" + uuid, hour + "report.csv"}
	files := buckettest.Keys(keys...)
	h, err := bucket.New(map[string]bucket.Folder{"logs": {Files: files}})
	if err != nil {
		t.Fatal(err)
	}
	// A folder holds no directory markers; S3 does.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorded := httptest.NewRecorder()
		h.ServeHTTP(recorded, r)
		_, _ = strings.NewReplacer("<KeyCount>3<", "<KeyCount>4<", "<IsTruncated>", "<Contents><Key>"+hour+"</Key><Size>0</Size></Contents><IsTruncated>").
			WriteString(w, recorded.Body.String())
	}))
	defer server.Close()
	got, found := list(t, client(t, server.URL), archive.Window{
		From: time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC), To: time.Date(2018, 12, 10, 1, 0, 0, 0, time.UTC),
	}, "UTC", "x/")
	if !slices.Equal(got, []string{keys[2], keys[1]}) || found.Objects != 2 || found.Skipped != 2 || found.Unfit != 1 ||
		found.Bytes != int64(len(keys[1])+len(keys[2])) {
		t.Errorf("got %q, %+v", got, found)
	}
}

// TestListLeavesOutOtherHoursOfADay: where a prefix tells the day only, the time
// in the key does the rest; an hour of slack stays.
func TestListLeavesOutOtherHoursOfADay(t *testing.T) {
	var keys []string
	for h := range 24 {
		keys = append(keys, fmt.Sprintf("2018/12/10/s-1-2018-12-10-%02d-30-00-%s", h, uuid))
	}
	from := time.Date(2018, 12, 10, 6, 0, 0, 0, time.UTC)
	got, found := list(t, serveKeys(t, buckettest.Keys(keys...)), archive.Window{From: from, To: from.Add(2 * time.Hour)}, "UTC", "!{timestamp:yyyy/MM/dd}/")
	if !slices.Equal(got, keys[5:9]) || found.Outside != 20 || found.Objects != 4 {
		t.Errorf("got %q, %+v", got, found)
	}
}

func TestListStopsWhenItIsTold(t *testing.T) {
	keys := crowd(1, 100)
	a, err := archive.New(&pager{Client: serveKeys(t, buckettest.Keys(keys...)), size: 3}, "logs", []string{"!{timestamp:yyyy/MM/dd}/"}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	n := 0
	_, err = a.List(t.Context(), window("2018-12-10", 1), func(run.Object) error {
		if n++; n == 10 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 10 {
		t.Errorf("%v after %d objects", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = a.List(ctx, window("2018-12-10", 1), func(run.Object) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's end", err)
	}
}
