package deployed

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/rehydrate/rehydrate/internal/metrics"
	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// between asking CloudWatch and the cluster: metrics come by the minute.
	between = time.Minute
	// points of a metric that are asked for at most.
	points = 1000
	// recent is the time whose rate is told.
	recent = 5 * time.Minute
)

// vitals tells, asked as often as one likes, what the calls of the index Lambda have
// told CloudWatch and how the cluster is doing: as of the last minute. What cannot be
// asked is said in its place.
func (s *Stack) vitals() func(context.Context, time.Time) []string {
	var said []string
	var asked time.Time
	return func(ctx context.Context, since time.Time) []string {
		if time.Since(asked) < between {
			return said
		}
		asked = time.Now()
		env, err := s.environment(ctx)
		if err != nil {
			said = []string{"no metrics: " + err.Error()}
			return said
		}
		said = []string{s.calls(ctx, since, env)}
		if env["SEARCH_URL"] != "" {
			said = append(said, s.cluster(ctx))
		}
		return said
	}
}

// calls sums up the metrics of calls since a time. Other runs of the stack, and live
// objects, are among them.
func (s *Stack) calls(ctx context.Context, since time.Time, env map[string]string) string {
	of := []string{metrics.CallEvents, metrics.CallThrottled, metrics.CallWaited}
	sums, err := s.sums(ctx, since, env, of...)
	if err != nil {
		return "no metrics: " + err.Error()
	}
	lately, err := s.sums(ctx, time.Now().Add(-recent), env, metrics.CallEvents)
	if err != nil {
		return "no metrics: " + err.Error()
	}
	return callsLine(sums, lately[metrics.CallEvents]/min(recent, max(time.Since(since), time.Minute)).Seconds())
}

func callsLine(sums map[string]float64, rate float64) string {
	line := fmt.Sprintf("%.0f events by calls that ended, lately %.0f/s", sums[metrics.CallEvents], rate)
	if n := sums[metrics.CallThrottled]; n > 0 {
		waited := time.Duration(sums[metrics.CallWaited]) * time.Millisecond
		line += fmt.Sprintf(", waited %s for %.0f pushbacks (429)", waited.Round(time.Second), n)
	}
	return line
}

// sums are the sums of metrics since a time, by name.
func (s *Stack) sums(ctx context.Context, since time.Time, env map[string]string, names ...string) (map[string]float64, error) {
	values := map[string]string{"Stack": s.name, "IndexPrefix": cmp.Or(env["INDEX_PREFIX"], run.DefaultIndexPrefix())}
	var dimensions []types.Dimension
	for _, name := range metrics.Dimensions() {
		dimensions = append(dimensions, types.Dimension{Name: aws.String(name), Value: aws.String(values[name])})
	}
	now := time.Now()
	minutes := int32(now.Sub(since)/time.Minute/points) + 1
	in := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(since.Truncate(time.Minute)), EndTime: aws.Time(now)}
	for i, name := range names {
		in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{
			Id: aws.String(fmt.Sprintf("m%d", i)), Label: aws.String(name),
			MetricStat: &types.MetricStat{
				Metric: &types.Metric{Namespace: aws.String(metrics.Namespace), MetricName: aws.String(name), Dimensions: dimensions},
				Period: aws.Int32(60 * minutes), Stat: aws.String("Sum"),
			},
		})
	}
	sums := map[string]float64{}
	pages := cloudwatch.NewGetMetricDataPaginator(cloudwatch.NewFromConfig(s.config), in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, refused("read the metrics", err)
		}
		for _, r := range page.MetricDataResults {
			for _, v := range r.Values {
				sums[aws.ToString(r.Label)] += v
			}
		}
	}
	return sums, nil
}

// cluster says how the cluster is doing, as the Lambdas see it.
func (s *Stack) cluster(ctx context.Context) string {
	p, err := s.look(ctx)
	if err != nil {
		return "cluster: " + err.Error()
	}
	return clusterLine(p)
}

func clusterLine(p run.Prepared) string {
	parts := []string{p.Product + " " + p.Version}
	if r := p.Room; r != nil {
		parts = append(parts, fmt.Sprintf("heap %d%%", r.HeapPercent), fmt.Sprintf("%d bulk requests queued", r.WriteQueue),
			fmt.Sprintf("%.1f GB to the flood stage", float64(r.FreeBytes)/1e9))
	}
	return "cluster: " + strings.Join(append(parts, p.Warnings...), ", ")
}
