package restore

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/bucket/buckettest"
)

// stage is a handler over an archive with storage classes, and a clock that moves
// when it is told.
type stage struct {
	handler
	folder runs.Folder
	vault  *buckettest.Vault
	clock  *atomic.Int64
	plan   run.Plan
}

// newStage has n objects in each of the classes.
func newStage(t *testing.T, tier run.Tier, n int, classes ...string) *stage {
	t.Helper()
	s := &stage{clock: &atomic.Int64{}, vault: &buckettest.Vault{Classes: map[string]string{}}}
	s.now = func() time.Time { return time.Unix(1544414264, 0).Add(time.Duration(s.clock.Load())) }
	s.vault.Now = s.now
	files := fstest.MapFS{}
	var objects []run.Object
	for i := range n {
		for _, class := range classes {
			listed, _, _ := strings.Cut(class, "/") // a listing shows no tier
			o := run.Object{Key: fmt.Sprintf("logs/%06d-%s", i, class), Size: 1, StorageClass: listed}
			files[o.Key] = &fstest.MapFile{Data: []byte("a")}
			s.vault.Classes[o.Key] = class
			objects = append(objects, o)
		}
	}
	buckets, err := bucket.New(map[string]bucket.Folder{"archive": {Files: files}, "runs": {Dir: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.vault.Handler(buckets))
	t.Cleanup(server.Close)
	client, err := archive.NewClient(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.runs = archive.NewBucket(client, "runs")
	s.ask = func(ctx context.Context, o run.Object, r run.Restore) (archive.Restoring, error) {
		return archive.Restore(ctx, client, "archive", o, r.Tier, r.Days)
	}
	s.look = func(ctx context.Context, o run.Object, r run.Restore) (archive.Restoring, error) {
		return archive.Restored(ctx, client, "archive", o, r.Tier, r.Days)
	}
	s.folder = runs.Folder{Bucket: s.runs, Name: "r1"}
	err = s.folder.PutManifest(t.Context(), func(write func(run.Object) error) error {
		for _, o := range objects {
			if archive.MayNeedRestore(o) {
				s.plan.Restore.Objects++
			}
			if err := write(o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.plan.Run, s.plan.Restore.Tier, s.plan.Restore.Days, s.plan.Restore.Next = "r1", tier, 7, run.RestoreAsk
	return s
}

// goOn does what the state machine does, until nothing is left to be restored, and
// tells how long it waited and how often the Lambda was called.
func (s *stage) goOn(t *testing.T) (waited time.Duration, calls int) {
	t.Helper()
	for ; s.plan.Restore.Next != run.RestoreDone; calls++ {
		if s.plan.Restore.Next == run.RestoreWait {
			pause := time.Duration(s.plan.Restore.Seconds) * time.Second
			if pause < soonest {
				t.Fatalf("it waits %s", pause)
			}
			waited += pause
			s.clock.Add(int64(pause))
		}
		if err := s.call(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return waited, calls
}

func (s *stage) call(ctx context.Context) error {
	plan, err := s.Restore(ctx, run.RestoreRequest{Plan: s.plan})
	if err == nil {
		s.plan = plan
	}
	return err
}

func TestEachTierIsWaitedFor(t *testing.T) {
	for _, c := range []struct {
		tier        run.Tier
		classes     []string
		takes       time.Duration
		asked       int
		least, most time.Duration // that it waits
		calls       int           // at most
	}{
		{run.Expedited, []string{"GLACIER", ""}, 4 * time.Minute, 20, 4 * time.Minute, 5 * time.Minute, 6},
		{run.Standard, []string{"GLACIER", ""}, 4 * time.Hour, 20, 4 * time.Hour, 5 * time.Hour, 6},
		{run.Bulk, []string{"GLACIER", "DEEP_ARCHIVE"}, 40 * time.Hour, 40, 40 * time.Hour, 46 * time.Hour, 22},
		{run.Standard, []string{"INTELLIGENT_TIERING/ARCHIVE_ACCESS", "INTELLIGENT_TIERING"}, 4 * time.Hour, 20, 4 * time.Hour, 5 * time.Hour, 6},
		{run.Standard, []string{"GLACIER"}, 0, 20, 3 * time.Hour, 3 * time.Hour, 2},
	} {
		t.Run(fmt.Sprint(c.tier, c.classes), func(t *testing.T) {
			s := newStage(t, c.tier, 20, c.classes...)
			s.vault.Takes = func(string, string) time.Duration { return c.takes }
			waited, calls := s.goOn(t)
			if waited < c.least || waited > c.most || calls < 2 || calls > c.calls {
				t.Errorf("waited %s in %d calls", waited, calls)
			}
			r := s.plan.Restore
			if len(s.vault.Asked()) != c.asked || r.Asked != int64(c.asked) || r.Ready != r.Objects || r.Waiting != 0 {
				t.Errorf("S3 accepted %d; %+v", len(s.vault.Asked()), r)
			}
			if kept, err := s.folder.Restore(t.Context()); err != nil || kept.Ready != r.Ready {
				t.Errorf("kept %+v, %v", kept, err)
			}
		})
	}
}

// TestCallsGoOnFromOneAnother: each ends near its deadline, some are repeated as if
// their answer was lost, and in the end each object was asked for once.
func TestCallsGoOnFromOneAnother(t *testing.T) {
	s := newStage(t, run.Bulk, 200, "GLACIER", "")
	s.vault.Takes = func(key, _ string) time.Duration { return time.Duration(1+int(key[len("logs/00000")]-'0')) * time.Hour }
	slow := func(inner restorer) restorer {
		return func(ctx context.Context, o run.Object, r run.Restore) (archive.Restoring, error) {
			s.clock.Add(int64(15 * time.Second))
			return inner(ctx, o, r)
		}
	}
	s.ask, s.look = slow(s.ask), slow(s.look)
	broken := 0
	for call := 0; s.plan.Restore.Next != run.RestoreDone; call++ {
		if s.plan.Restore.Next == run.RestoreWait {
			s.clock.Add(s.plan.Restore.Seconds * int64(time.Second))
		}
		before := s.plan
		if err := s.call(t.Context()); err != nil {
			t.Fatal(err)
		}
		if call%3 == 1 { // the answer is lost
			s.plan = before
			if err := s.call(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if s.plan.Restore.Next == run.RestoreAsk {
			broken++
		}
	}
	if r := s.plan.Restore; r.Ready != 200 || len(s.vault.Asked()) != 200 || broken < 3 {
		t.Errorf("%d accepted, %d calls ended before their list: %+v", len(s.vault.Asked()), broken, r)
	}
}

// TestWhatIsNeverRestoredEndsTheWait: the run goes on, and tells.
func TestWhatIsNeverRestoredEndsTheWait(t *testing.T) {
	s := newStage(t, run.Standard, 3, "GLACIER")
	s.vault.Takes = func(key, _ string) time.Duration {
		if key == "logs/000001-GLACIER" {
			return 1000 * time.Hour
		}
		return time.Hour
	}
	waited, calls := s.goOn(t)
	r := s.plan.Restore
	if waited < patience || waited > patience*9/8+time.Hour || calls > 100 || r.Ready != 2 || r.Waiting != 1 {
		t.Errorf("waited %s in %d calls: %+v", waited, calls, r)
	}
}

func TestWhatIsGoneIsNotWaitedFor(t *testing.T) {
	s := newStage(t, run.Standard, 3, "GLACIER")
	inner := s.ask
	s.ask = func(ctx context.Context, o run.Object, r run.Restore) (archive.Restoring, error) {
		if o.Key == "logs/000000-GLACIER" {
			o.Key = "elsewhere"
		}
		return inner(ctx, o, r)
	}
	s.goOn(t)
	if r := s.plan.Restore; r.Gone != 1 || r.Ready != 2 {
		t.Errorf("%+v", r)
	}
}

// TestWhatS3HasNoRoomForIsAskedAgain: in the next round; where nothing was accepted,
// the state machine tries again.
func TestWhatS3HasNoRoomForIsAskedAgain(t *testing.T) {
	s := newStage(t, run.Expedited, 20, "GLACIER")
	busy := &run.Fault{Name: run.Throttled, Reason: "no room"}
	inner := s.ask
	s.ask = func(ctx context.Context, o run.Object, r run.Restore) (archive.Restoring, error) {
		if o.Key > "logs/000010" {
			return archive.Readable, busy
		}
		return inner(ctx, o, r)
	}
	s.goOn(t)
	if r := s.plan.Restore; r.Ready != 20 || len(s.vault.Asked()) != 20 || r.Asked != 20 {
		t.Errorf("%d accepted: %+v", len(s.vault.Asked()), r)
	}
	s = newStage(t, run.Expedited, 20, "GLACIER")
	s.ask = func(context.Context, run.Object, run.Restore) (archive.Restoring, error) {
		return archive.Readable, busy
	}
	if err := s.call(t.Context()); !errors.Is(err, busy) {
		t.Errorf("it ended with %v, want %v", err, busy)
	}
}

func TestWhatIsDeniedEndsTheRun(t *testing.T) {
	s := newStage(t, run.Standard, 20, "GLACIER")
	denied := &run.Fault{Name: run.Denied, Reason: "no"}
	s.ask = func(context.Context, run.Object, run.Restore) (archive.Restoring, error) {
		return archive.Readable, denied
	}
	if err := s.call(t.Context()); !errors.Is(err, denied) {
		t.Errorf("it ended with %v", err)
	}
}

// TestManyObjects: those under way are few, whatever their number. A million take 12 s
// of two cores, but for S3's own time.
func TestManyObjects(t *testing.T) {
	const n = 50_000
	s := newStage(t, run.Bulk, 0)
	err := s.folder.PutManifest(t.Context(), func(write func(run.Object) error) error {
		for i := range n {
			if err := write(run.Object{Key: fmt.Sprintf("logs/2018/12/10/03/%09d", i), Size: 1, ETag: `"e"`, StorageClass: "GLACIER"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.plan.Restore.Objects = n
	var under, most atomic.Int64
	s.ask = func(context.Context, run.Object, run.Restore) (archive.Restoring, error) {
		for now := under.Add(1); ; {
			if before := most.Load(); now <= before || most.CompareAndSwap(before, now) {
				break
			}
		}
		under.Add(-1)
		return archive.Asked, nil
	}
	s.look = func(_ context.Context, o run.Object, _ run.Restore) (archive.Restoring, error) {
		if o.Key[len(o.Key)-1] == '7' && s.plan.Restore.Round == 1 {
			return archive.UnderWay, nil
		}
		return archive.Readable, nil
	}
	s.goOn(t)
	if r := s.plan.Restore; r.Ready != n || r.Asked != n || most.Load() > atOnce {
		t.Errorf("%d at once: %+v", most.Load(), r)
	}
}
