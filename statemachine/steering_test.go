package statemachine

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/asl"
)

// TestSteering: the machine calls the Lambda until nothing is left to steer, whatever
// fails meanwhile.
func TestSteering(t *testing.T) {
	definition, err := Fill(Steering(), map[string]string{SteerFunction: "steer"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := asl.Load([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		_, err := m.Run(t.Context(), asl.Execution{
			ARN: "arn:aws:states:eu-central-1:123456789012:execution:rehydrate-steer:s", Input: []byte(`{"execution":"e1"}`), StartTime: time.Now(),
		}, asl.Env{Invoke: func(_ context.Context, _ string, payload []byte) ([]byte, error) {
			if req, err := strictly[run.SteerRequest](payload); err != nil || req.Execution != "e1" {
				t.Errorf("it is asked %s, %v", payload, err)
			}
			if calls++; calls == 2 {
				return nil, errors.New("not now")
			}
			return json.Marshal(run.Steered{Ended: calls == 4})
		}})
		if err != nil || calls != 4 {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}

// TestHistoryOfSteering: its time ends before its history is full. Each call of some
// 14 minutes is Steer, entered, tried and left, and the choice behind it.
func TestHistoryOfSteering(t *testing.T) {
	var whole struct{ TimeoutSeconds int }
	if err := json.Unmarshal([]byte(Steering()), &whole); err != nil {
		t.Fatal(err)
	}
	const call, retried = 2 + 3 + 2, 20 * 3
	if events := whole.TimeoutSeconds / (14 * 60) * call; events+retried*50 > asl.MaxEvents {
		t.Errorf("it can have %d events, and room for few retries", events)
	}
}
