package report

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/cost"
	"github.com/rehydrate/rehydrate/internal/run"
)

// store counts an object of the manifest by its storage class, in which it is read:
// what had to be restored first either was, and is priced then, or cost nothing.
func (t *tally) store(o run.Object) {
	s := t.stored[o.StorageClass]
	if s == nil {
		s = &run.Stored{StorageClass: o.StorageClass}
		t.stored[o.StorageClass] = s
	}
	s.Objects++
	s.Bytes += o.Size
	if o.Restored || t.plan.Restore.Tier != "" && archive.NeedsRestore(o) {
		s.Unrestored++
		s.UnrestoredBytes += o.Size
	}
}

// price prices the run by what was counted. What List saw of the archive tells
// whether reads ask KMS, and how small bulk bodies become when they are compressed.
func (b *builder) price(ctx context.Context) {
	if regionOf(b.report.Plan.Execution) == "" {
		return
	}
	s, e := b.in.Settings, b.tally.effort
	usage := cost.Usage{
		Objects: b.tally.Listed, Calls: max(e.Calls, b.tally.Listed),
		LambdaSeconds: float64(e.Ms) / 1000, Memory: s.IndexMemory,
		Network: s.Network, Cluster: s.Search.URL, Region: s.Search.Region,
		Tier: cmp.Or(b.report.Plan.Restore.Tier, run.Standard), Days: b.report.Plan.Restore.Days,
	}
	for _, stored := range b.tally.stored {
		usage.Stored = append(usage.Stored, *stored)
	}
	if b.report.Plan.Destination == run.ToFiles {
		usage.Puts = float64(e.Files)
	} else {
		usage.Sent = e.BytesOut
	}
	// Without it the price is only less exact.
	if v, err := b.in.Folder.Inventory(ctx); err == nil {
		usage.Encrypted = v.Encrypted
		if v.Estimate != nil && v.Estimate.BulkBytes > 0 {
			usage.Sent = int64(float64(usage.Sent) * float64(v.Estimate.SentBytes) / float64(v.Estimate.BulkBytes))
		}
	}
	of := cost.Of(usage)
	b.report.Cost = &of
}

// CostText is a cost in words, without its parts that are nothing.
func CostText(c run.Cost) string {
	parts := []string{}
	for _, p := range []struct {
		name    string
		dollars float64
		always  bool
	}{
		{"Lambda", c.Lambda, true},
		{"Step Functions", c.StepFunctions, true},
		{"S3 requests", c.S3, true},
		{"S3 retrieval", c.Retrieval, false},
		{"network", c.Network, false},
		{"KMS", c.KMS, false},
	} {
		if p.always || p.dollars > 0 {
			parts = append(parts, fmt.Sprintf("%s $%.2f", p.name, p.dollars))
		}
	}
	return fmt.Sprintf("$%.2f: %s (%s)", c.Dollars, strings.Join(parts, ", "), c.Priced)
}
