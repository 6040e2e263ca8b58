package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awskinesisfirehose"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// archive is the bucket that runs read: one that exists, or the stack's own.
type archive struct {
	name, arn string
	// keys are the ARNs of what runs may read in it.
	keys []string
	// stream brings the logs into it; nil where the bucket exists.
	stream awskinesisfirehose.CfnDeliveryStream
}

func newArchive(scope constructs.Construct, s settings.Settings) archive {
	a := archive{name: s.ArchiveBucket, arn: bucketARN(scope, s.ArchiveBucket)}
	if s.Archive.New {
		bucket := newArchiveBucket(scope, s)
		a.name, a.arn = *bucket.BucketName(), *bucket.BucketArn()
		a.stream = newDelivery(scope, s, bucket)
	}
	for _, static := range s.StaticPrefixes() {
		a.keys = append(a.keys, a.arn+"/"+static+"*")
	}
	return a
}
