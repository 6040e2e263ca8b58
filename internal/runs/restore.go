package runs

import (
	"context"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Restore reads how far the run is with restoring archived objects.
func (f Folder) Restore(ctx context.Context) (r run.Restore, err error) {
	err = f.get(ctx, run.RestoreKey(f.Name), &r)
	return r, err
}

// PutRestore writes how far the run is with restoring archived objects.
func (f Folder) PutRestore(ctx context.Context, r run.Restore) error {
	return f.put(ctx, run.RestoreKey(f.Name), r)
}

// Unrestored calls each for every object that a round of restoring has to look at: of
// the first, 0, those of the manifest, of another those that the one before it still
// waited for.
func (f Folder) Unrestored(ctx context.Context, round int, each func(run.Object) error) error {
	if round == 0 {
		return f.Manifest(ctx, each)
	}
	return f.Bucket.List(ctx, restoreFolder(f.Name, round-1), func(file run.Object) error {
		if file.Size == 0 {
			return nil
		}
		return eachLine(ctx, f.Bucket, file.Key, each)
	})
}

// PutUnrestored streams what list hands to write into the file of a round of objects
// that are still waited for, out of its list from a line on. A repeated call
// overwrites it.
func (f Folder) PutUnrestored(ctx context.Context, round int, from int64, list func(write func(run.Object) error) error) error {
	return f.putLines(ctx, fmt.Sprintf("%s%012d.jsonl", restoreFolder(f.Name, round), from), list)
}

func restoreFolder(name string, round int) string {
	return fmt.Sprintf("%s%05d/", run.RestoreFolder(name), round)
}
