package report

import (
	"io"

	"github.com/rehydrate/rehydrate/internal/metrics"
	"github.com/rehydrate/rehydrate/internal/run"
)

// EMF writes the run's metrics as one line in CloudWatch's embedded metric
// format, which a Lambda's log turns into metrics.
func (r *Report) EMF(w io.Writer) error {
	complete := 0
	if r.Complete {
		complete = 1
	}
	unfinished := r.Objects.Listed - r.Objects.Classes[run.Indexed]
	const count = "Count"
	return metrics.Write(w, metrics.From{Stack: r.Settings.Stack, IndexPrefix: r.Settings.IndexPrefix, Run: r.Run}, r.Made,
		metrics.Of("Objects", count, r.Objects.Listed),
		metrics.Of("Events", count, r.Events.Decoded),
		metrics.Of("Created", count, r.Events.Created),
		metrics.Of("AlreadyThere", count, r.Events.AlreadyThere),
		metrics.Of("Written", count, r.Events.Written),
		metrics.Of("Rejected", count, r.Events.Rejected),
		metrics.Of("Malformed", count, r.Events.Malformed),
		metrics.Of("Damaged", count, r.Objects.Classes[run.Damaged]),
		// Failed are all other objects that are not indexed.
		metrics.Of("Failed", count, unfinished-r.Objects.Classes[run.Damaged]),
		metrics.Of("ThrottledTime", "Milliseconds", r.Effort.WaitedMs),
		metrics.Of("Complete", count, complete),
	)
}
