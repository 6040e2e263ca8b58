package report

import (
	"encoding/json"
	"io"

	"github.com/rehydrate/rehydrate/internal/run"
)

// MetricsNamespace is the namespace of the metrics in CloudWatch.
const MetricsNamespace = "rehydrate"

// MetricsDimensions are the names of their dimensions. Two stacks can have the same
// index prefix, and one stack another prefix than yesterday.
func MetricsDimensions() []string { return []string{"Stack", "IndexPrefix"} }

// EMF writes the run's metrics as one line in CloudWatch's embedded metric
// format, which a Lambda's log turns into metrics.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (r *Report) EMF(w io.Writer) error {
	type metric struct {
		Name, Unit string
		value      any
	}
	complete := 0
	if r.Complete {
		complete = 1
	}
	unfinished := r.Objects.Listed - r.Objects.Classes[run.Indexed]
	metrics := []metric{
		{"Objects", "Count", r.Objects.Listed},
		{"Events", "Count", r.Events.Decoded},
		{"Created", "Count", r.Events.Created},
		{"AlreadyThere", "Count", r.Events.AlreadyThere},
		{"Written", "Count", r.Events.Written},
		{"Rejected", "Count", r.Events.Rejected},
		{"Malformed", "Count", r.Events.Malformed},
		{"Damaged", "Count", r.Objects.Classes[run.Damaged]},
		// Failed are all other objects that are not indexed.
		{"Failed", "Count", unfinished - r.Objects.Classes[run.Damaged]},
		{"ThrottledTime", "Milliseconds", r.Effort.WaitedMs},
		{"Complete", "Count", complete},
	}
	line := map[string]any{"Run": r.Run, "Stack": r.Settings.Stack, "IndexPrefix": r.Settings.IndexPrefix, "_aws": map[string]any{
		"Timestamp": r.Made.UnixMilli(),
		"CloudWatchMetrics": []map[string]any{{
			"Namespace": MetricsNamespace, "Dimensions": [][]string{MetricsDimensions()}, "Metrics": metrics,
		}},
	}}
	for _, m := range metrics {
		line[m.Name] = m.value
	}
	return json.NewEncoder(w).Encode(line)
}
