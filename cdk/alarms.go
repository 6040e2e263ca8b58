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
	"github.com/rehydrate/rehydrate/internal/metrics"
)

// watched is what alarms and the dashboard look at. live, views and stream may be nil.
type watched struct {
	settings                      settings.Settings
	machine, live, stopped, views awsstepfunctions.CfnStateMachine
	undelivered                   awssqs.CfnQueue
	stream                        awskinesisfirehose.CfnDeliveryStream
	// account is the number of the account that a new domain is in; empty for none.
	account string
}

// metric is one of CloudWatch's.
type metric struct {
	namespace, name string
	dimensions      []dimension
	statistic       string
}

type dimension struct {
	name  string
	value *string
}

// one is a metric with one dimension.
func one(namespace, name, dimensionName string, value *string, statistic string) metric {
	return metric{namespace, name, []dimension{{dimensionName, value}}, statistic}
}

// runMetric is one that the Lambdas write.
func (w watched) runMetric(name, statistic string) metric {
	m := metric{namespace: metrics.Namespace, name: name, statistic: statistic}
	values := map[string]string{"Stack": w.settings.Stack, "IndexPrefix": w.settings.IndexPrefix}
	for _, name := range metrics.Dimensions() {
		m.dimensions = append(m.dimensions, dimension{name, jsii.String(values[name])})
	}
	return m
}

func (m metric) properties() []any {
	var all []any
	for _, d := range m.dimensions {
		all = append(all, &awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(d.name), Value: d.value})
	}
	return all
}

func executions(made awsstepfunctions.CfnStateMachine, names ...string) []metric {
	var all []metric
	for _, name := range names {
		all = append(all, one("AWS/States", "Executions"+name, "StateMachineArn", made.Ref(), "Sum"))
	}
	return all
}

// makeAlarms makes one alarm for each thing that a person has to look at.
func (w watched) makeAlarms(scope constructs.Construct, topic awssns.CfnTopic) {
	a := alarms{scope, w.settings.Stack, topic}
	// The notice of a run's end tells the topic already: one mail for each run.
	a.show("RunFailed", "A run ended incomplete, failed, was stopped or ran out of time.",
		1, executions(w.machine, "Failed", "TimedOut", "Aborted")...)
	a.add("NoReport", "The report of a run that was stopped could not be written; one that was stopped before its plan stood has none.",
		1, executions(w.stopped, "Failed", "TimedOut", "Aborted")...)
	if w.settings.HasCluster() {
		// Some 429s are how a cluster is used to the full; a run that mostly waits is too wide.
		a.add("Throttled", "The cluster pushes back: in each of these five minutes the calls of the index Lambda waited for more than 20 in sum. Lower the run's concurrency (rehydrate tune), or give the cluster more.",
			20*60*1000, w.runMetric(metrics.CallWaited, "Sum"))
	}
	if w.views != nil {
		a.add("ViewsFailed", "Views that have expired were not deleted, or what became of them was not told: the next day tries again.",
			1, executions(w.views, "Failed", "TimedOut", "Aborted")...)
	}
	a.add("Undelivered", "An event did not reach its target, a state machine or the topic: it waits in the queue of undelivered events.",
		1, w.waiting())
	if w.live != nil {
		a.add("LiveFailed", "A new object of the archive was not indexed: run its day again, or wait for the schedule.",
			1, executions(w.live, "Failed", "TimedOut", "Aborted")...)
	}
	if w.account != "" {
		w.watchDomain(a)
	}
	if w.stream != nil {
		// Firehose itself tries to deliver for a day, then the records are lost.
		// https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
		a.add("NotArchived", "Logs wait for more than two hours to be put into the archive.",
			7200, w.notArchived())
	}
}

// watchDomain makes alarms on what stops a domain from taking documents, at the
// limits that AWS recommends.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/cloudwatch-alarms.html
func (w watched) watchDomain(a alarms) {
	a.add("DomainRed", "A primary shard of the search domain is not there: its documents cannot be searched, nor any added to its index.",
		1, w.domain("ClusterStatus.red", "Maximum"))
	a.add("DomainBlocked", "The search domain takes no documents, for want of disk or memory.", 1, w.domain("ClusterIndexWritesBlocked", "Maximum"))
	a.add("DomainMemory", "The Java heap of a node of the search domain is full to 95 %: give it more or bigger nodes, or fewer shards.",
		95, w.domain("JVMMemoryPressure", "Maximum")).lasting(3)
	const quarter = 1024 / 4 // of a GiB, in MiB
	a.add("DomainDisk", "A node of the search domain has less than a quarter of its disk free: delete indices, or give it more (searchVolume).",
		1, w.domain("FreeStorageSpace", "Minimum")).below(w.settings.Cluster.Gibibyte * quarter)
}

// domain is a metric of the new domain.
func (w watched) domain(name, statistic string) metric {
	return metric{"AWS/ES", name, []dimension{{"DomainName", jsii.String(w.settings.Stack)}, {"ClientId", jsii.String(w.account)}}, statistic}
}

// waiting are the events that reached no target.
func (w watched) waiting() metric {
	return one("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", w.undelivered.AttrQueueName(), "Maximum")
}

// notArchived is the age in seconds of the oldest record that is not archived yet.
func (w watched) notArchived() metric {
	return one("AWS/Firehose", "DeliveryToS3.DataFreshness", "DeliveryStreamName", w.stream.Ref(), "Maximum")
}

// alarms makes alarms that tell the same topic.
type alarms struct {
	scope constructs.Construct
	stack string
	topic awssns.CfnTopic
}

// add makes an alarm that tells the topic.
func (a alarms) add(id, description string, atLeast int, metrics ...metric) alarm {
	made := a.show(id, description, atLeast, metrics...)
	made.SetAlarmActions(&[]*string{a.topic.Ref()})
	return made
}

type alarm struct{ awscloudwatch.CfnAlarm }

// lasting has an alarm wait for so many periods in a row.
func (a alarm) lasting(periods int) { a.SetEvaluationPeriods(jsii.Number(periods)) }

// below has an alarm warn of too little instead of too much.
func (a alarm) below(threshold int) {
	a.SetComparisonOperator(jsii.String("LessThanThreshold"))
	a.SetThreshold(jsii.Number(threshold))
}

// show makes an alarm on the sum of metrics over five minutes that tells nobody.
// Nothing measured is nothing wrong.
func (a alarms) show(id, description string, atLeast int, metrics ...metric) alarm {
	props := &awscloudwatch.CfnAlarmProps{
		AlarmName:          jsii.String(a.stack + "-" + id),
		AlarmDescription:   jsii.String(description),
		ComparisonOperator: jsii.String("GreaterThanOrEqualToThreshold"),
		Threshold:          jsii.Number(atLeast),
		EvaluationPeriods:  jsii.Number(1),
		TreatMissingData:   jsii.String("notBreaching"),
	}
	if len(metrics) == 1 {
		m := metrics[0]
		props.Namespace, props.MetricName, props.Statistic = jsii.String(m.namespace), jsii.String(m.name), jsii.String(m.statistic)
		props.Dimensions = m.properties()
		props.Period = jsii.Number(period)
	} else {
		props.Metrics = sum(metrics)
	}
	return alarm{awscloudwatch.NewCfnAlarm(a.scope, jsii.String(id+"Alarm"), props)}
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
					Dimensions: m.properties(),
				},
				Period: jsii.Number(period), Stat: jsii.String(m.statistic),
			},
		})
	}
	return append(queries, &awscloudwatch.CfnAlarm_MetricDataQueryProperty{
		Id: jsii.String("sum"), Expression: jsii.String(strings.Join(terms, " + ")), Label: jsii.String("sum"), ReturnData: jsii.Bool(true),
	})
}
