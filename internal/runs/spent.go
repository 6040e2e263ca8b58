package runs

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Updater changes an object of the run bucket, each change seeing the one before; an
// *archive.Bucket is one.
type Updater interface {
	Update(ctx context.Context, key, contentType string, change func(old []byte) ([]byte, error)) error
}

// Spent is how many events the children of a run have taken, together at most Most.
// What a call takes and then loses is spent: the run may end with less, never with
// more.
type Spent struct {
	Bucket Updater
	Run    string
	Most   int64
}

// Take takes n events, or as many as are left.
func (s Spent) Take(ctx context.Context, n int64) (taken int64, err error) {
	err = s.change(ctx, func(events int64) int64 {
		taken = max(0, min(n, s.Most-events))
		return taken
	})
	if err != nil {
		return 0, err
	}
	return taken, nil
}

// GiveBack gives back n that were taken, and not needed.
func (s Spent) GiveBack(ctx context.Context, n int64) error {
	return s.change(ctx, func(int64) int64 { return -n })
}

func (s Spent) change(ctx context.Context, by func(events int64) int64) error {
	return s.Bucket.Update(ctx, run.SpentKey(s.Run), jsonType, func(old []byte) ([]byte, error) {
		var spent struct {
			Events int64 `json:"events"`
		}
		if old != nil {
			if err := json.Unmarshal(old, &spent); err != nil {
				return nil, &run.Fault{
					Name: run.UnusableArchive, Reason: fmt.Sprintf("%s cannot be read", run.SpentKey(s.Run)), Err: err,
					Remedy: "find what writes into the run bucket, and start another run",
				}
			}
		}
		n := by(spent.Events)
		if n == 0 {
			return nil, nil
		}
		spent.Events += n
		return json.Marshal(spent)
	})
}
