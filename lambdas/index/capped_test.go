package index

import (
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/bulk/bulktest"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
	"github.com/rehydrate/rehydrate/local/bucket"
)

// A view's documents lie in its own indices.
func TestIndexOfAView(t *testing.T) {
	f := newFixture(t, nil)
	w := f.work(f.put(t, "a", records(2, 3)))
	for i, view := range []string{"incident", "other", ""} {
		w.View = view
		done, _ := f.finish(t, w)
		if done.Outcome.Created != 6 || len(f.server.Documents()) != i+1 {
			t.Errorf("view %q: %d created, indices %d", view, done.Outcome.Created, len(f.server.Documents()))
		}
	}
	for _, index := range []string{"ecs-task-incident-2018-12-10", "ecs-task-other-2018-12-10", "ecs-task-2018-12-10"} {
		if got := len(f.server.Documents()[index]); got != 6 {
			t.Errorf("%s has %d documents", index, got)
		}
	}
}

// The objects of a run come together to exactly its maxEvents, however these fall
// into batches; those that come too late end capped, and no other does.
func TestIndexUpToTheCap(t *testing.T) {
	for _, toFiles := range []bool{false, true} {
		for _, most := range []int64{1, 59, 60, 61, 130, 179, 180, 181} {
			t.Run(fmt.Sprintf("%d, to files %t", most, toFiles), func(t *testing.T) {
				f := newFixture(t, nil)
				var total run.Counts
				capped := 0
				for object := range 3 {
					o := f.put(t, fmt.Sprint(object), records(2, 30))
					w := f.work(o)
					if toFiles {
						w = f.toFiles(t, o)
					}
					w.Run, w.MaxEvents = "r1", most
					f.settings.IndexPrefix = fmt.Sprint("object", object)
					f.handler.maker = makers(f.settings)
					done, faults := f.finish(t, w)
					total.Add(done.Outcome.Counts)
					if done.Outcome.End == run.Capped {
						capped++
					} else if done.Outcome.End != run.Indexed {
						t.Errorf("object %d ended %s", object, done.Outcome.End)
					}
					if faults > 0 || done.Outcome.Retries > 1 {
						t.Errorf("%d faults, %d retries", faults, done.Outcome.Retries)
					}
				}
				want := min(most, 180)
				if got := total.Wanted(); got != want {
					t.Errorf("%d events, want %d", got, want)
				}
				if wantCapped := int(3 - want/60); capped != wantCapped {
					t.Errorf("%d objects are capped, want %d", capped, wantCapped)
				}
			})
		}
	}
}

// What a cluster that takes nothing has cost is given back.
func TestCapWhileTheClusterIsBusy(t *testing.T) {
	busy := 0
	f := newFixture(t, func(n int, _ []bulktest.Document) bulktest.Reply {
		if busy > 0 {
			busy--
			return bulktest.Reply{Whole: &bulktest.Problem{Status: 429, Type: "es_rejected_execution_exception"}}
		}
		if n%2 == 0 {
			busy = 60
		}
		return bulktest.Reply{}
	})
	w := f.work(f.put(t, "a", records(20, 30)))
	w.MaxEvents = 600
	done, faults := f.finish(t, w)
	if o := done.Outcome; o.End != run.Indexed || o.Wanted() != 600 || faults == 0 {
		t.Errorf("after %d faults: %+v", faults, o)
	}
	w.Object = f.put(t, "b", records(1, 1))
	if done, _ := f.finish(t, w); done.Outcome.End != run.Capped || done.Outcome.Wanted() != 0 || done.Outcome.Reason == "" {
		t.Errorf("one event more: %+v", done.Outcome)
	}
}

// Many that take at once never get more than there is.
func TestSpentByMany(t *testing.T) {
	buckets, err := bucket.New(map[string]bucket.Folder{"runs": {Dir: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(buckets)
	defer server.Close()
	client, err := archive.NewClient(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	spent := runs.Spent{Bucket: archive.NewBucket(client, "runs"), Run: "r1", Most: 100}
	var mu sync.Mutex
	var all int64
	var each sync.WaitGroup
	for range 8 {
		each.Go(func() {
			for range 4 {
				n, err := spent.Take(t.Context(), 7)
				if err == nil && n == 7 {
					err = spent.GiveBack(t.Context(), 2)
					n -= 2
				}
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				all += n
				mu.Unlock()
			}
		})
	}
	each.Wait()
	rest, err := spent.Take(t.Context(), 1000)
	if all+rest != 100 || err != nil {
		t.Errorf("%d were taken, and %d then (%v); want 100 together", all, rest, err)
	}
}
