package report

import (
	"context"
	"errors"

	"github.com/rehydrate/rehydrate/internal/archive"
)

// readRestore tells what came of restoring archived objects, where the run asked for
// that. Those that did not come back ended as archived.
func (b *builder) readRestore(ctx context.Context) error {
	plan := b.report.Plan.Restore
	if plan.Objects == 0 {
		return nil
	}
	came, err := b.in.Folder.Restore(ctx)
	switch {
	case errors.Is(err, archive.ErrNotFound):
		b.find("Nothing is known of the restore of %s.", plural(plan.Objects, "archived object"))
	case err != nil && b.worthAnotherCall(ctx, err):
		return err
	case err != nil:
		b.find("What came of the restore of %s is unknown: %v.", plural(plan.Objects, "archived object"), err)
	default:
		b.report.Plan.Restore = came
		b.find("S3 was asked to restore %s at the tier %s, for %s, and %s waited: %s.", plural(came.Asked, "object"), came.Tier,
			plural(int64(came.Days), "day"), duration(came.Waited*1000), came.Progress())
	}
	return nil
}
