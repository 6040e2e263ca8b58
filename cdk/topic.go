package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// newTopic is where alarms and the ends of runs are told. No message holds
// anything of a log: names, counts and links only.
func newTopic(scope constructs.Construct, s settings.Settings) awssns.CfnTopic {
	topic := awssns.NewCfnTopic(scope, jsii.String("Topic"), &awssns.CfnTopicProps{DisplayName: jsii.String(s.Stack)})
	awssns.NewCfnTopicPolicy(scope, jsii.String("TopicPolicy"), &awssns.CfnTopicPolicyProps{
		Topics: &[]*string{topic.Ref()},
		PolicyDocument: resourcePolicy(
			// EventBridge takes no condition in the policy of a topic.
			// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
			map[string]any{
				"Sid": "TellOfEnds", "Effect": "Allow", "Principal": map[string]any{"Service": "events.amazonaws.com"},
				"Action": "sns:Publish", "Resource": topic.Ref(),
			},
			map[string]any{
				"Sid": "TellOfAlarms", "Effect": "Allow", "Principal": map[string]any{"Service": "cloudwatch.amazonaws.com"},
				"Action": "sns:Publish", "Resource": topic.Ref(),
				"Condition": map[string]any{"ArnLike": map[string]any{"aws:SourceArn": arn(scope, "cloudwatch", "alarm:"+s.Stack+"-*")}},
			},
			tlsOnly("sns:Publish", topic.Ref()),
		),
	})
	if s.Watch.Email != "" {
		awssns.NewCfnSubscription(scope, jsii.String("Email"), &awssns.CfnSubscriptionProps{
			TopicArn: topic.Ref(), Protocol: jsii.String("email"), Endpoint: jsii.String(s.Watch.Email),
		})
	}
	return topic
}
