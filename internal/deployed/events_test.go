package deployed

import (
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// The bucket's other notifications are the same before and after.
func TestEventsLeavesOtherNotificationsAlone(t *testing.T) {
	echo(t, nil)
	c, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(c)
	bucket := aws.String("logs")
	filter := &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: []types.FilterRule{
		{Name: types.FilterRuleNamePrefix, Value: aws.String("images/")},
	}}}
	if _, err := client.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: bucket, SkipDestinationValidation: aws.Bool(true),
		NotificationConfiguration: &types.NotificationConfiguration{
			LambdaFunctionConfigurations: []types.LambdaFunctionConfiguration{{
				Id: aws.String("thumbnails"), Filter: filter, Events: []types.Event{"s3:ObjectCreated:*"},
				LambdaFunctionArn: aws.String("arn:aws:lambda:us-east-1:123456789012:function:thumbnails"),
			}},
		},
	}); err != nil {
		t.Fatal(err)
	}
	before, err := notifications(t.Context(), client, *bucket)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		apply bool
		want  string
		on    bool
	}{
		{false, "With --apply it will.", false},
		{true, "It now sends its events to EventBridge.", true},
		{true, "already", true},
	} {
		var out strings.Builder
		if err := Events(t.Context(), "logs", c.apply, &out); err != nil {
			t.Fatalf("apply %v: %v", c.apply, err)
		}
		if !strings.Contains(out.String(), c.want) || !strings.Contains(out.String(), "1 Lambdas, 0 queues, 0 topics") {
			t.Errorf("apply %v says %q, want %q", c.apply, out.String(), c.want)
		}
		after, err := notifications(t.Context(), client, *bucket)
		if err != nil {
			t.Fatal(err)
		}
		if (after.EventBridgeConfiguration != nil) != c.on {
			t.Errorf("apply %v: EventBridge is %v", c.apply, after.EventBridgeConfiguration)
		}
		if !reflect.DeepEqual(after.LambdaFunctionConfigurations, before.LambdaFunctionConfigurations) {
			t.Errorf("apply %v: the Lambdas were %+v, are %+v", c.apply, before.LambdaFunctionConfigurations, after.LambdaFunctionConfigurations)
		}
	}
}

// What S3 tells of a bucket's notifications is put again, all of it: a kind that
// a later SDK knows would otherwise be lost.
func TestEveryKindOfNotificationIsKept(t *testing.T) {
	told := reflect.TypeFor[s3.GetBucketNotificationConfigurationOutput]()
	put := reflect.TypeFor[types.NotificationConfiguration]()
	var kinds []string
	for i := range told.NumField() {
		if name := told.Field(i).Name; told.Field(i).IsExported() && name != "ResultMetadata" {
			kinds = append(kinds, name)
			if _, ok := put.FieldByName(name); !ok {
				t.Errorf("%s cannot be put", name)
			}
		}
	}
	if got := strings.Join(kinds, " "); got != "EventBridgeConfiguration LambdaFunctionConfigurations QueueConfigurations TopicConfigurations" {
		t.Errorf("there are other kinds than events.go copies: %s", got)
	}
}

// echo answers as S3 does where a bucket's notifications are concerned, which
// moto does not tell wholly: what was put, whole, is what is told. meddle, if
// any, is what somebody else does to it after each put.
func echo(t *testing.T, meddle func(string) string) {
	t.Helper()
	kept := `<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/logs" || !r.URL.Query().Has("notification") {
			t.Errorf("asked %s %s", r.Method, r.URL)
		}
		if r.Method == http.MethodPut {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			if kept = string(b); meddle != nil {
				kept = meddle(kept)
			}
			return
		}
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, kept)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
}

func TestEventsTellsOfAChangeInBetween(t *testing.T) {
	echo(t, func(put string) string {
		return strings.Replace(put, "<EventBridgeConfiguration></EventBridgeConfiguration>", "", 1)
	})
	err := Events(t.Context(), "logs", true, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "no longer what they were") {
		t.Error(err)
	}
}
