package deployed

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Events tells on out whether a bucket sends its events to EventBridge and, with
// apply, turns them on. S3 replaces a bucket's whole configuration at once, so
// that what is there is read first, put again as it was with the one thing
// added, and read once more.
func Events(ctx context.Context, bucket string, apply bool, out io.Writer) error {
	c, err := configuration(ctx)
	if err != nil {
		return err
	}
	client := s3.NewFromConfig(c)
	before, err := notifications(ctx, client, bucket)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s notifies %d Lambdas, %d queues, %d topics; these stay as they are.\n", bucket,
		len(before.LambdaFunctionConfigurations), len(before.QueueConfigurations), len(before.TopicConfigurations))
	switch {
	case before.EventBridgeConfiguration != nil:
		fmt.Fprintln(out, "It sends its events to EventBridge already.")
		return nil
	case !apply:
		fmt.Fprintln(out, "It does not send its events to EventBridge. With --apply it will.")
		return nil
	}
	with := *before
	with.EventBridgeConfiguration = &types.EventBridgeConfiguration{}
	_, err = client.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String(bucket), NotificationConfiguration: &with,
		// The others are not touched, so that their targets need no trying out.
		SkipDestinationValidation: aws.Bool(true),
	})
	if err != nil {
		return refused("put the notifications of "+bucket, err)
	}
	after, err := notifications(ctx, client, bucket)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(*after, with) {
		return fmt.Errorf("the notifications of %s are no longer what they were, somebody else may have changed them at the same time; they were %+v", bucket, *before)
	}
	fmt.Fprintln(out, "It now sends its events to EventBridge.")
	return nil
}

// notifications is a bucket's configuration in the form in which it is put.
func notifications(ctx context.Context, client *s3.Client, bucket string) (*types.NotificationConfiguration, error) {
	c, err := client.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: aws.String(bucket)})
	if err != nil {
		return nil, refused("get the notifications of "+bucket, err)
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
