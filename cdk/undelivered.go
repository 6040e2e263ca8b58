package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// What the names of the stack's rules end with.
const (
	liveRule    = "-live"
	stoppedRule = "-stopped"
	endedRule   = "-ended"
	steerRule   = "-steer"
)

// ruleARN is the ARN of one of the stack's rules: policies name it that the
// rule in turn would have to wait for.
func ruleARN(scope constructs.Construct, s settings.Settings, rule string) string {
	return arn(scope, "events", "rule/"+s.Stack+rule)
}

// newUndelivered is the queue of events that did not reach their target.
func newUndelivered(scope constructs.Construct, s settings.Settings) awssqs.CfnQueue {
	queue := awssqs.NewCfnQueue(scope, jsii.String("Undelivered"), &awssqs.CfnQueueProps{
		SqsManagedSseEnabled: jsii.Bool(true), MessageRetentionPeriod: jsii.Number(14 * 24 * 3600),
	})
	awssqs.NewCfnQueuePolicy(scope, jsii.String("UndeliveredPolicy"), &awssqs.CfnQueuePolicyProps{
		Queues: &[]*string{queue.Ref()},
		PolicyDocument: resourcePolicy(
			map[string]any{
				"Sid": "KeepEvents", "Effect": "Allow", "Principal": map[string]any{"Service": "events.amazonaws.com"},
				"Action": "sqs:SendMessage", "Resource": queue.AttrArn(),
				"Condition": map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": []string{
					ruleARN(scope, s, liveRule), ruleARN(scope, s, stoppedRule), ruleARN(scope, s, endedRule), ruleARN(scope, s, steerRule),
				}}},
			},
			tlsOnly("sqs:*", queue.AttrArn()),
		),
	})
	return queue
}

// resourcePolicy is the policy of a resource, which names who may use it.
func resourcePolicy(statements ...map[string]any) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

// tlsOnly refuses whatever does not come by TLS.
func tlsOnly(actions string, resource *string) map[string]any {
	return map[string]any{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": actions, "Resource": resource,
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}
}
