package main

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/internal/metrics"
)

// makeDashboard shows on one page what runs do and what came of them.
func (w watched) makeDashboard(scope constructs.Construct) error {
	_, region, _ := pseudo(scope)
	p := page{region: region}
	p.graph("Runs", executions(w.machine, "Started", "Succeeded", "Failed", "TimedOut", "Aborted")...)
	p.graph("Events while runs go on", w.runMetric(metrics.CallEvents, "Sum"), w.runMetric(metrics.CallCreated, "Sum"), w.runMetric(metrics.CallAlreadyThere, "Sum"), w.runMetric(metrics.CallWritten, "Sum"), w.runMetric(metrics.CallRejected, "Sum"))
	p.graph("Pushed back by the cluster, and waited (ms)", w.runMetric(metrics.CallThrottled, "Sum"), w.runMetric(metrics.CallWaited, "Sum"))
	p.graph("Text read, and speed of a call (bytes/s)", w.runMetric(metrics.CallText, "Sum"), w.runMetric(metrics.CallSpeed, "Average"))
	p.graph("Objects that came to their end", w.runMetric(metrics.CallObjects, "Sum"))
	if w.settings.HasCluster() {
		p.graph("Concurrency of steered runs", w.runMetric(metrics.Concurrency, "Average"), w.runMetric(metrics.PushedBack, "Sum"))
	}
	p.graph("Events of runs", w.runMetric("Events", "Sum"), w.runMetric("Created", "Sum"), w.runMetric("AlreadyThere", "Sum"), w.runMetric("Written", "Sum"))
	p.graph("Objects of runs", w.runMetric("Objects", "Sum"), w.runMetric("Damaged", "Sum"), w.runMetric("Failed", "Sum"))
	p.graph("Events that no index holds", w.runMetric("Rejected", "Sum"), w.runMetric("Malformed", "Sum"))
	p.graph("Time spent waiting for the cluster", w.runMetric("ThrottledTime", "Sum"))
	p.graph("Index Lambda", w.lambda("index", "Invocations"), w.lambda("index", "Throttles"))
	p.graph("Errors of Lambdas", w.lambda("list", "Errors"), w.lambda("restore", "Errors"), w.lambda("prepare", "Errors"), w.lambda("index", "Errors"), w.lambda("report", "Errors"))
	p.graph("Index Lambda: time of a call", w.lambda("index", "Duration"))
	p.graph("Index Lambda: calls at once", w.lambda("index", "ConcurrentExecutions"))
	p.graph("Events that reached no target", w.waiting())
	if w.live != nil {
		p.graph("Live objects", executions(w.live, "Started", "Succeeded", "Failed", "TimedOut")...)
	}
	if w.account != "" {
		p.graph("Search domain: heap in use, %", w.domain("JVMMemoryPressure", "Maximum"), w.domain("CPUUtilization", "Maximum"))
		p.graph("Search domain: free disk of the fullest node, MiB", w.domain("FreeStorageSpace", "Minimum"))
	}
	if w.stream != nil {
		p.graph("Age of what is not archived yet", w.notArchived())
	}
	body, err := json.Marshal(map[string]any{"widgets": p.widgets})
	if err != nil {
		return err
	}
	awscloudwatch.NewCfnDashboard(scope, jsii.String("Dashboard"), &awscloudwatch.CfnDashboardProps{
		DashboardName: jsii.String(w.settings.Stack), DashboardBody: jsii.String(string(body)),
	})
	return nil
}

// lambda is a metric of one of the stack's functions.
func (w watched) lambda(name, of string) metric {
	statistic := "Sum"
	if of == "Duration" || of == "ConcurrentExecutions" {
		statistic = "Maximum"
	}
	return one("AWS/Lambda", of, "FunctionName", jsii.String(functionName(w.settings, name)), statistic)
}

// page lays widgets out, three a row.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
type page struct {
	region  string
	widgets []any
}

func (p *page) graph(title string, metrics ...metric) {
	const columns, width, height = 3, 8, 6
	var rows []any
	for _, m := range metrics {
		row := []any{m.namespace, m.name}
		for _, d := range m.dimensions {
			row = append(row, d.name, *d.value)
		}
		rows = append(rows, append(row, map[string]any{"stat": m.statistic}))
	}
	n := len(p.widgets)
	p.widgets = append(p.widgets, map[string]any{
		"type": "metric", "x": n % columns * width, "y": n / columns * height, "width": width, "height": height,
		"properties": map[string]any{
			"title": title, "region": p.region, "view": "timeSeries", "period": period, "metrics": rows,
		},
	})
}
