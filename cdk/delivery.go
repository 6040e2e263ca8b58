package main

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskinesisfirehose"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// newArchiveBucket makes the bucket of a new archive.
func newArchiveBucket(scope constructs.Construct, s settings.Settings) awss3.Bucket {
	rule := &awss3.LifecycleRule{Id: jsii.String("archive")}
	if days := s.Archive.GlacierDays; days > 0 {
		rule.Transitions = &[]*awss3.Transition{{
			StorageClass: awss3.StorageClass_GLACIER_INSTANT_RETRIEVAL(), TransitionAfter: awscdk.Duration_Days(jsii.Number(days)),
		}}
	}
	if days := s.Archive.ExpiryDays; days > 0 {
		rule.Expiration = awscdk.Duration_Days(jsii.Number(days))
	}
	rules := []*awss3.LifecycleRule{cleaning()}
	if rule.Transitions != nil || rule.Expiration != nil {
		rules = append(rules, rule)
	}
	bucket := newBucket(scope, "Archive", s.Runs.Keep, &rules)
	if cfn, ok := bucket.Node().DefaultChild().(awss3.CfnBucket); ok && s.Runs.Live {
		// The CDK's own way to say this brings a custom resource with wide rights.
		cfn.SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
			EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{EventBridgeEnabled: jsii.Bool(true)},
		})
	}
	return bucket
}

// newDelivery is the way of the logs into a new archive: log groups, their
// subscription filters, Firehose, the bucket. CloudWatch Logs compresses every
// record already, so that Firehose does not; an object is a gzip file.
func newDelivery(scope constructs.Construct, s settings.Settings, bucket awss3.Bucket) awskinesisfirehose.CfnDeliveryStream {
	a := s.Archive
	log := newLog(scope, "DeliveryLog", nil, s.Runs.LogDays)
	logStream := awslogs.NewCfnLogStream(scope, jsii.String("DeliveryLogStream"), &awslogs.CfnLogStreamProps{
		LogGroupName: log.Ref(), LogStreamName: jsii.String("S3Delivery"),
	})
	_, _, account := pseudo(scope)
	role := newRole(scope, "DeliveryRole", "firehose.amazonaws.com", "Lets Firehose put logs into the archive",
		deliveryRights(s, *bucket.BucketArn(), *log.AttrArn()), conditions{"StringEquals": {"sts:ExternalId": account}})
	subscription := newSubscriptionRole(scope, s)
	stream := awskinesisfirehose.NewCfnDeliveryStream(scope, jsii.String("Delivery"), &awskinesisfirehose.CfnDeliveryStreamProps{
		DeliveryStreamName: jsii.String(streamName(s)),
		DeliveryStreamType: jsii.String("DirectPut"),
		DeliveryStreamEncryptionConfigurationInput: &awskinesisfirehose.CfnDeliveryStream_DeliveryStreamEncryptionConfigurationInputProperty{
			KeyType: jsii.String("AWS_OWNED_CMK"),
		},
		ExtendedS3DestinationConfiguration: &awskinesisfirehose.CfnDeliveryStream_ExtendedS3DestinationConfigurationProperty{
			BucketArn: bucket.BucketArn(), RoleArn: role.RoleArn(),
			Prefix: jsii.String(s.ArchivePrefixes[0]), ErrorOutputPrefix: jsii.String(a.ErrorPrefix),
			CustomTimeZone: jsii.String(s.ArchiveZone.String()), FileExtension: jsii.String(".gz"),
			CompressionFormat: jsii.String("UNCOMPRESSED"),
			BufferingHints: &awskinesisfirehose.CfnDeliveryStream_BufferingHintsProperty{
				IntervalInSeconds: jsii.Number(a.BufferSeconds), SizeInMBs: jsii.Number(a.BufferMebibytes),
			},
			CloudWatchLoggingOptions: &awskinesisfirehose.CfnDeliveryStream_CloudWatchLoggingOptionsProperty{
				Enabled: jsii.Bool(true), LogGroupName: log.Ref(), LogStreamName: logStream.Ref(),
			},
		},
	})
	// CloudWatch Logs tries a new role out at once, and one that IAM does not yet
	// know everywhere fails the deployment: this one is older than the stream.
	stream.Node().AddDependency(subscription)
	subscribe(scope, a.LogGroups, stream, subscription)
	return stream
}

// deliveryRights are what Firehose asks for to write into a bucket.
// https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3
func deliveryRights(s settings.Settings, bucket, log string) []awsiam.PolicyStatement {
	keys := []string{bucket + "/" + s.Archive.StaticErrorPrefix() + "*"}
	for _, static := range s.StaticPrefixes() {
		keys = append(keys, bucket+"/"+static+"*")
	}
	return []awsiam.PolicyStatement{
		allow("FindBucket", []string{"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}, []string{bucket}, nil),
		allow("WriteArchive", []string{"s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"}, keys, nil),
		allow("WriteLogs", []string{"logs:PutLogEvents"}, []string{log}, nil),
	}
}

func streamName(s settings.Settings) string { return s.Stack + "-archive" }

func newSubscriptionRole(scope constructs.Construct, s settings.Settings) awsiam.Role {
	stream := arn(scope, "firehose", "deliverystream/"+streamName(s))
	return newRole(scope, "SubscriptionRole", "logs.amazonaws.com", "Lets CloudWatch Logs send logs to Firehose", []awsiam.PolicyStatement{
		allow("Send", []string{"firehose:PutRecord", "firehose:PutRecordBatch"}, []string{stream}, nil),
	}, conditions{"StringLike": {"aws:SourceArn": arn(scope, "logs", "*")}})
}

// subscribe sends everything that is logged to the groups into the stream.
func subscribe(scope constructs.Construct, groups []string, stream awskinesisfirehose.CfnDeliveryStream, role awsiam.Role) {
	for _, group := range groups {
		// By name, so that taking one group away moves none of the others.
		sum := sha256.Sum256([]byte(group))
		awslogs.NewCfnSubscriptionFilter(scope, jsii.String("Subscription"+hex.EncodeToString(sum[:4])), &awslogs.CfnSubscriptionFilterProps{
			LogGroupName: jsii.String(group), FilterPattern: jsii.String(""),
			DestinationArn: stream.AttrArn(), RoleArn: role.RoleArn(),
		})
	}
}
