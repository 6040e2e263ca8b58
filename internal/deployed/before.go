package deployed

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/rehydrate/rehydrate/internal/run"
)

// preparing is what a run does before its map, where nothing better is known.
const preparing = "listing objects, preparing the index"

// before tells what a run does before its map begins: a restore takes hours.
func (f *follower) before(ctx context.Context) string {
	h, err := f.client.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{
		ExecutionArn: aws.String(f.execution), ReverseOrder: true, MaxResults: 10, IncludeExecutionData: aws.Bool(true),
	})
	if err != nil {
		return preparing // whoever follows may not read it
	}
	for _, e := range h.Events {
		entered := e.StateEnteredEventDetails
		if entered == nil {
			continue
		}
		name := aws.ToString(entered.Name)
		if !strings.Contains(name, "restore") && !strings.Contains(name, "Restore") {
			break
		}
		var p run.Plan
		if json.Unmarshal([]byte(aws.ToString(entered.Input)), &p) != nil || p.Restore.Objects == 0 {
			break
		}
		line := fmt.Sprintf("restoring at the tier %s: %s", p.Restore.Tier, p.Restore.Progress())
		if p.Restore.Next == run.RestoreWait {
			line += "; the next look is at " + aws.ToTime(e.Timestamp).Add(time.Duration(p.Restore.Seconds)*time.Second).UTC().Format(time.RFC3339)
		}
		return line
	}
	return preparing
}
