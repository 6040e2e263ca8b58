package report

import (
	"encoding/json"
	"io"

	"github.com/rehydrate/rehydrate/internal/run"
)

// MetricsNamespace is the namespace of the metrics in CloudWatch.
const MetricsNamespace = "rehydrate"

// EMF writes the run's metrics as one line in CloudWatch's embedded metric
// format, which a Lambda's log turns into metrics.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (r *Report) EMF(w io.Writer) error {
	type metric struct{ Name, Unit string }
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	complete := 0
	if r.Complete {
		complete = 1
	}
	unfinished := r.Objects.Listed - r.Objects.Classes[run.Indexed]
	values := []struct {
		metric
		value any
	}{
		{metric{"Objects", "Count"}, r.Objects.Listed},
		{metric{"Events", "Count"}, r.Events.Decoded},
		{metric{"Created", "Count"}, r.Events.Created},
		{metric{"AlreadyThere", "Count"}, r.Events.AlreadyThere},
		{metric{"Rejected", "Count"}, r.Events.Rejected},
		{metric{"Malformed", "Count"}, r.Events.Malformed},
		{metric{"Damaged", "Count"}, r.Objects.Classes[run.Damaged]},
		// Failed are all other objects that are not indexed.
		{metric{"Failed", "Count"}, unfinished - r.Objects.Classes[run.Damaged]},
		{metric{"ThrottledTime", "Milliseconds"}, r.Effort.WaitedMs},
		{metric{"Complete", "Count"}, complete},
	}
	line := map[string]any{"Run": r.Run, "IndexPrefix": r.Settings.IndexPrefix}
	d := directive{Namespace: MetricsNamespace, Dimensions: [][]string{{"IndexPrefix"}}}
	for _, v := range values {
		d.Metrics = append(d.Metrics, v.metric)
		line[v.Name] = v.value
	}
	line["_aws"] = struct {
		Timestamp         int64
		CloudWatchMetrics []directive
	}{r.Made.UnixMilli(), []directive{d}}
	return json.NewEncoder(w).Encode(line)
}
