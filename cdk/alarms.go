package main

import (
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskinesisfirehose"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
	"github.com/rehydrate/rehydrate/internal/report"
)

// watched is what alarms and the dashboard look at. live and stream may be nil.
type watched struct {
	settings               settings.Settings
	machine, live, stopped awsstepfunctions.CfnStateMachine
	undelivered            awssqs.CfnQueue
	stream                 awskinesisfirehose.CfnDeliveryStream
}

// metric is one of CloudWatch's, with one dimension.
type metric struct {
	namespace, name, dimension string
	value                      *string
	statistic                  string
}

// runMetric is one that the report Lambda writes.
func (w watched) runMetric(name, statistic string) metric {
	return metric{report.MetricsNamespace, name, "IndexPrefix", jsii.String(w.settings.IndexPrefix), statistic}
}

func executions(made awsstepfunctions.CfnStateMachine, names ...string) []metric {
	var all []metric
	for _, name := range names {
		all = append(all, metric{"AWS/States", "Executions" + name, "StateMachineArn", made.Ref(), "Sum"})
	}
	return all
}

// makeAlarms makes one alarm for each thing that a person has to look at.
func (w watched) makeAlarms(scope constructs.Construct, topic awssns.CfnTopic) {
	a := alarms{scope, w.settings.Stack, topic}
	a.add("Incomplete", "A run ended incomplete: its report says what is missing.",
		"LessThanThreshold", 1, w.runMetric("Complete", "Minimum"))
	a.add("RunFailed", "A run failed, was stopped or ran out of time. Incomplete runs are among these.",
		atLeast, 1, executions(w.machine, "Failed", "TimedOut", "Aborted")...)
	a.add("NoReport", "The report of a run that was stopped could not be written; one that was stopped before its plan stood has none.",
		atLeast, 1, executions(w.stopped, "Failed", "TimedOut", "Aborted")...)
	a.add("Undelivered", "An event did not reach its state machine: it waits in the queue of undelivered events.",
		atLeast, 1, metric{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", w.undelivered.AttrQueueName(), "Maximum"})
	if w.live != nil {
		a.add("LiveFailed", "A new object of the archive was not indexed: run its day again, or wait for the schedule.",
			atLeast, 1, executions(w.live, "Failed", "TimedOut", "Aborted")...)
	}
	if w.stream != nil {
		// Firehose itself tries to deliver for a day, then the records are lost.
		// https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
		a.add("NotArchived", "Logs wait for more than two hours to be put into the archive.",
			atLeast, 7200, metric{"AWS/Firehose", "DeliveryToS3.DataFreshness", "DeliveryStreamName", w.stream.Ref(), "Maximum"})
	}
}

const atLeast = "GreaterThanOrEqualToThreshold"

// alarms makes alarms that tell the same topic.
type alarms struct {
	scope constructs.Construct
	stack string
	topic awssns.CfnTopic
}

// add makes an alarm on the sum of metrics over five minutes. Nothing measured
// is nothing wrong.
func (a alarms) add(id, description, comparison string, threshold int, metrics ...metric) {
	props := &awscloudwatch.CfnAlarmProps{
		AlarmName:          jsii.String(a.stack + "-" + id),
		AlarmDescription:   jsii.String(description),
		ComparisonOperator: jsii.String(comparison),
		Threshold:          jsii.Number(threshold),
		EvaluationPeriods:  jsii.Number(1),
		TreatMissingData:   jsii.String("notBreaching"),
		AlarmActions:       &[]*string{a.topic.Ref()},
	}
	if len(metrics) == 1 {
		m := metrics[0]
		props.Namespace, props.MetricName, props.Statistic = jsii.String(m.namespace), jsii.String(m.name), jsii.String(m.statistic)
		props.Dimensions = []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(m.dimension), Value: m.value}}
		props.Period = jsii.Number(period)
	} else {
		props.Metrics = sum(metrics)
	}
	awscloudwatch.NewCfnAlarm(a.scope, jsii.String(id+"Alarm"), props)
}

// period of metrics in seconds.
const period = 300

// sum adds metrics up; one that was not measured counts as 0.
func sum(metrics []metric) []any {
	var queries []any
	var terms []string
	for i, m := range metrics {
		id := "m" + strconv.Itoa(i)
		terms = append(terms, "FILL("+id+", 0)")
		queries = append(queries, &awscloudwatch.CfnAlarm_MetricDataQueryProperty{
			Id: jsii.String(id), ReturnData: jsii.Bool(false),
			MetricStat: &awscloudwatch.CfnAlarm_MetricStatProperty{
				Metric: &awscloudwatch.CfnAlarm_MetricProperty{
					Namespace: jsii.String(m.namespace), MetricName: jsii.String(m.name),
					Dimensions: []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(m.dimension), Value: m.value}},
				},
				Period: jsii.Number(period), Stat: jsii.String(m.statistic),
			},
		})
	}
	return append(queries, &awscloudwatch.CfnAlarm_MetricDataQueryProperty{
		Id: jsii.String("sum"), Expression: jsii.String(strings.Join(terms, " + ")), Label: jsii.String("sum"), ReturnData: jsii.Bool(true),
	})
}
