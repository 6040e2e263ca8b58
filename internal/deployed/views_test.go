package deployed

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/rehydrate/rehydrate/internal/run"
)

// The stack's own machine is asked, and waited for; what it fails with is told in the
// Lambda's words.
func TestViewsOfAStack(t *testing.T) {
	for _, c := range []struct {
		name string
		end  object
		says string
	}{
		{"an answer", object{"status": "SUCCEEDED", "output": `{"views":[{"name":"incident"}],"tell":false}`}, ""},
		{"a fault", object{"status": "FAILED", "error": "InvalidRequest", "cause": `{"errorMessage":"there is no view incident"}`}, "there is no view incident"},
		{"a death", object{"status": "TIMED_OUT"}, "TIMED_OUT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := states{
				"ListStateMachines": {object{"stateMachines": []any{object{"name": "rehydrate-views", "stateMachineArn": machine + "-views"}}}},
				"StartExecution":    {object{"executionArn": "arn:e", "startDate": 1}},
				"DescribeExecution": {object{"status": "RUNNING"}, c.end},
			}.serve(t)
			aws, err := config.LoadDefaultConfig(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			a, err := askViews(t.Context(), sfn.NewFromConfig(aws), "rehydrate", run.ViewsRequest{Do: run.ExtendView, View: "incident", Expires: "7d"}, time.Millisecond)
			if c.says == "" && (err != nil || len(a.Views) != 1 || a.Views[0].Name != "incident") {
				t.Errorf("%+v, %v", a, err)
			}
			if c.says != "" && (err == nil || err.Error() != c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if all := strings.Join(*asked, "\n"); !strings.Contains(all, `StartExecution {"do":"extend","view":"incident","expires":"7d"}`) {
				t.Errorf("asked was %s", all)
			}
		})
	}
}
