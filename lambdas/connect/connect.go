// Package connect joins the Lambdas to their surroundings as the settings say:
// what each of them would otherwise spell out.
package connect

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Cluster is the cluster of the settings. AWS is only asked for credentials or a
// secret where the cluster's authentication needs them.
func Cluster(ctx context.Context, search run.Search) (*cluster.Cluster, error) {
	if search.Auth == "none" {
		return cluster.Connect(ctx, search, nil, nil)
	}
	aws, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return cluster.Connect(ctx, search, secretsmanager.NewFromConfig(aws), aws.Credentials)
}

// Archive is a client of S3 where the archive's bucket is.
func Archive(ctx context.Context, settings run.Settings) (*s3.Client, error) {
	return archive.NewClient(ctx, settings.ArchiveEndpoint,
		archive.InRegion(settings.ArchiveBucketRegion), archive.RequesterPays(settings.ArchiveRequesterPays))
}
