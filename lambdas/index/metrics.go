package index

import (
	"log/slog"
	"time"

	"github.com/rehydrate/rehydrate/internal/metrics"
	"github.com/rehydrate/rehydrate/internal/run"
)

// tell writes the metrics of a call: what it brought forward, and the effort even of
// one that brought nothing forward, which is when a cluster pushes back the most.
func (c *call) tell(begun time.Time) {
	now, o, objects := c.now(), c.outcome, 0
	if o.End != "" && o.End != run.More {
		objects = 1
	}
	const count = "Count"
	err := metrics.Write(c.metrics, metrics.From{Stack: c.settings.Stack, IndexPrefix: c.settings.IndexPrefix, Run: c.req.Work.Run}, now,
		metrics.Of(metrics.CallObjects, count, objects),
		metrics.Of(metrics.CallEvents, count, o.Decoded),
		metrics.Of(metrics.CallCreated, count, o.Created),
		metrics.Of(metrics.CallAlreadyThere, count, o.AlreadyThere),
		metrics.Of(metrics.CallRejected, count, o.Rejected),
		metrics.Of(metrics.CallWritten, count, o.Written),
		metrics.Of(metrics.CallThrottled, count, o.Throttled),
		metrics.Of(metrics.CallWaited, "Milliseconds", o.WaitedMs),
		metrics.Of(metrics.CallText, "Bytes", o.BytesPlain),
		metrics.Of(metrics.CallSpeed, "Bytes/Second", float64(o.BytesPlain)/max(now.Sub(begun).Seconds(), 0.001)),
	)
	if err != nil { // no reason to do the call again
		slog.Warn("the call's metrics cannot be written", "error", err.Error())
	}
}
