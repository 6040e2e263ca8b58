package main

import (
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// archive is the bucket that runs read: one that exists, or the stack's own.
type archive struct {
	name, arn string
	// keys are the ARNs of what runs may read in it.
	keys []string
}

func newArchive(scope constructs.Construct, s settings.Settings) archive {
	a := archive{name: s.Archive.Bucket, arn: bucketARN(scope, s.Archive.Bucket)}
	for _, static := range s.Archive.StaticPrefixes() {
		a.keys = append(a.keys, a.arn+"/"+static+"*")
	}
	return a
}
