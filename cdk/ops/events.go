package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// events turns a bucket's EventBridge events on. S3 replaces a bucket's whole
// configuration at once, so that what is there is read first, put again as it
// was with the one thing added, and read once more.
func events(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) (int, error) {
	bucket := flags.String("bucket", "", "name of the bucket")
	apply := flags.Bool("apply", false, "do it; without this it is only said what would be done")
	if err := flags.Parse(args); err != nil {
		return unusable, err
	}
	if *bucket == "" {
		return unusable, errors.New("-bucket: missing; give the name of the bucket")
	}
	client, err := storage(ctx)
	if err != nil {
		return unusable, err
	}
	before, err := notifications(ctx, client, *bucket)
	if err != nil {
		return unusable, err
	}
	fmt.Fprintf(out, "%s notifies %d Lambdas, %d queues, %d topics; these stay as they are.\n", *bucket,
		len(before.LambdaFunctionConfigurations), len(before.QueueConfigurations), len(before.TopicConfigurations))
	switch {
	case before.EventBridgeConfiguration != nil:
		fmt.Fprintln(out, "It sends its events to EventBridge already.")
		return complete, nil
	case !*apply:
		fmt.Fprintln(out, "It does not send its events to EventBridge. With -apply it will.")
		return complete, nil
	}
	with := *before
	with.EventBridgeConfiguration = &types.EventBridgeConfiguration{}
	_, err = client.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: bucket, NotificationConfiguration: &with,
		// The others are not touched, so that their targets need no trying out.
		SkipDestinationValidation: aws.Bool(true),
	})
	if err != nil {
		return unusable, fmt.Errorf("put the notifications of %s: %w", *bucket, err)
	}
	after, err := notifications(ctx, client, *bucket)
	if err != nil {
		return unusable, err
	}
	if !reflect.DeepEqual(*after, with) {
		return unusable, fmt.Errorf("the notifications of %s are no longer what they were, somebody else may have changed them at the same time; they were %+v", *bucket, *before)
	}
	fmt.Fprintln(out, "It now sends its events to EventBridge.")
	return complete, nil
}

// notifications is a bucket's configuration in the form in which it is put.
func notifications(ctx context.Context, client *s3.Client, bucket string) (*types.NotificationConfiguration, error) {
	c, err := client.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: aws.String(bucket)})
	if err != nil {
		return nil, fmt.Errorf("get the notifications of %s: %w", bucket, err)
	}
	all := &types.NotificationConfiguration{
		EventBridgeConfiguration:     c.EventBridgeConfiguration,
		LambdaFunctionConfigurations: c.LambdaFunctionConfigurations,
		QueueConfigurations:          c.QueueConfigurations,
		TopicConfigurations:          c.TopicConfigurations,
	}
	// Their order says nothing, and may change.
	slices.SortFunc(all.LambdaFunctionConfigurations, func(a, b types.LambdaFunctionConfiguration) int {
		return strings.Compare(aws.ToString(a.Id), aws.ToString(b.Id))
	})
	slices.SortFunc(all.QueueConfigurations, func(a, b types.QueueConfiguration) int {
		return strings.Compare(aws.ToString(a.Id), aws.ToString(b.Id))
	})
	slices.SortFunc(all.TopicConfigurations, func(a, b types.TopicConfiguration) int {
		return strings.Compare(aws.ToString(a.Id), aws.ToString(b.Id))
	})
	return all, nil
}
