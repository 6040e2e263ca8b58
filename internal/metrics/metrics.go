// Package metrics is what runs tell CloudWatch while they go on and when they end, in
// the embedded metric format: a line in a Lambda's log becomes metrics. It names them
// for whoever writes, shows or reads them.
package metrics

import (
	"encoding/json"
	"io"
	"time"
)

// Namespace of the metrics.
const Namespace = "rehydrate"

// Dimensions are the names of their dimensions. Two stacks can have the same
// index prefix, and one stack another prefix than yesterday.
func Dimensions() []string { return []string{"Stack", "IndexPrefix"} }

// Metrics of each call of the index Lambda, whether it moved anything forward or not.
const (
	// CallObjects counts objects that are at their end, damaged ones too: how far the
	// map is.
	CallObjects      = "CallObjects"
	CallEvents       = "CallEvents"
	CallCreated      = "CallCreated"
	CallAlreadyThere = "CallAlreadyThere"
	CallRejected     = "CallRejected"
	CallWritten      = "CallWritten"
	// CallThrottled counts the 429s of the cluster, CallWaited the milliseconds waited
	// before documents were sent again.
	CallThrottled = "CallThrottled"
	CallWaited    = "CallWaited"
	// CallText is bytes of plain text read, CallSpeed the same in a second.
	CallText  = "CallText"
	CallSpeed = "CallSpeed"
)

// Metrics of the steering of a run whose maxConcurrency is auto.
const (
	Concurrency = "Concurrency"
	PushedBack  = "PushedBack"
)

// Metric is one value. Unit is one of CloudWatch's.
type Metric struct {
	Name, Unit string
	value      any
}

// Of makes a metric.
func Of[N int | int64 | float64](name, unit string, value N) Metric { return Metric{name, unit, value} }

// From is what metrics are of: the values of the dimensions, and what else the line
// says.
type From struct{ Stack, IndexPrefix, Run string }

// Write writes one line.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func Write(w io.Writer, from From, at time.Time, metrics ...Metric) error {
	line := map[string]any{"Run": from.Run, "Stack": from.Stack, "IndexPrefix": from.IndexPrefix, "_aws": map[string]any{
		"Timestamp": at.UnixMilli(),
		"CloudWatchMetrics": []map[string]any{{
			"Namespace": Namespace, "Dimensions": [][]string{Dimensions()}, "Metrics": metrics,
		}},
	}}
	for _, m := range metrics {
		line[m.Name] = m.value
	}
	return json.NewEncoder(w).Encode(line)
}
