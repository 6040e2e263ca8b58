package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// newRunBucket makes the bucket for what runs leave. The history, a line for each run,
// is not under runs/ and stays.
func newRunBucket(scope constructs.Construct, s settings.Settings) awss3.Bucket {
	bucket := newBucket(scope, "RunBucket", s.Runs.Keep, &[]*awss3.LifecycleRule{
		{
			Id: jsii.String("runs"), Prefix: jsii.String("runs/"),
			Expiration: awscdk.Duration_Days(jsii.Number(s.Runs.Days)),
		},
		cleaning(),
	})
	if cfn, ok := bucket.Node().DefaultChild().(awss3.CfnBucket); ok && s.Account.RunKey != "" {
		cfn.SetBucketEncryption(&awss3.CfnBucket_BucketEncryptionProperty{
			ServerSideEncryptionConfiguration: []any{&awss3.CfnBucket_ServerSideEncryptionRuleProperty{
				// One data key for many objects: fewer uses of the key are billed.
				BucketKeyEnabled: jsii.Bool(true),
				ServerSideEncryptionByDefault: &awss3.CfnBucket_ServerSideEncryptionByDefaultProperty{
					SseAlgorithm: jsii.String("aws:kms"), KmsMasterKeyId: jsii.String(s.Account.RunKey),
				},
			}},
		})
	}
	return bucket
}

// newBucket makes a bucket as all buckets of the stack are: private, encrypted,
// TLS only, versioned, and kept when the stack goes unless told otherwise.
func newBucket(scope constructs.Construct, id string, keep bool, rules *[]*awss3.LifecycleRule) awss3.Bucket {
	removal := awscdk.RemovalPolicy_RETAIN
	if !keep {
		removal = awscdk.RemovalPolicy_DESTROY
	}
	return awss3.NewBucket(scope, jsii.String(id), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		Versioned:         jsii.Bool(true),
		LifecycleRules:    rules,
		RemovalPolicy:     removal,
	})
}

// cleaning deletes what only a version or an upload that broke off still holds.
func cleaning() *awss3.LifecycleRule {
	return &awss3.LifecycleRule{
		Id:                                  jsii.String("clean"),
		NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(7)),
		AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
		ExpiredObjectDeleteMarker:           jsii.Bool(true),
	}
}
