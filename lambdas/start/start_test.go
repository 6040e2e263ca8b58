package start

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/rehydrate/rehydrate/internal/run"
)

func TestErrorsKeepTheirNames(t *testing.T) {
	throttled := &run.Fault{Name: run.Throttled, Reason: "the cluster is busy", Remedy: "wait"}
	caused := &run.Fault{Name: run.Denied, Reason: "no", Err: errors.New("403")}
	tests := []struct {
		name        string
		err         error
		wantType    string
		wantMessage string
	}{
		{"a fault", throttled, run.Throttled, "the cluster is busy; wait"},
		{"wrapped", fmt.Errorf("index: %w", fmt.Errorf("send: %w", throttled)), run.Throttled, "the cluster is busy; wait"},
		{"joined", errors.Join(errors.New("close"), throttled), run.Throttled, "the cluster is busy; wait"},
		{"wrapped and joined", fmt.Errorf("a: %w", errors.Join(errors.New("b"), fmt.Errorf("c: %w", throttled))), run.Throttled, "the cluster is busy; wait"},
		{"with what caused it", caused, run.Denied, "no: 403"},
		{"any other", errors.New("nil map"), Unexpected, "nil map"},
		{"any other, wrapped", fmt.Errorf("a: %w", context.DeadlineExceeded), Unexpected, "a: context deadline exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := adapter{logger: slog.New(slog.DiscardHandler)}
			handler := adapt(&a, func(context.Context, string) (string, error) { return "", tt.err })
			_, err := handler(t.Context(), "")
			//nolint:errorlint // the runtime library asserts the type: wrapping would lose the name
			got, ok := err.(messages.InvokeResponse_Error)
			if !ok {
				t.Fatalf("the runtime library is given a %T; it only keeps the name of an InvokeResponse_Error value", err)
			}
			if got.Type != tt.wantType || got.Message != tt.wantMessage {
				t.Errorf("got %q, %q; want %q, %q", got.Type, got.Message, tt.wantType, tt.wantMessage)
			}
		})
	}
}

func TestResultsPassUnchanged(t *testing.T) {
	handler := adapt(&adapter{}, func(_ context.Context, n int) (int, error) { return n + 1, nil })
	if got, err := handler(t.Context(), 1); got != 2 || err != nil {
		t.Errorf("got %d, %v; want 2, no error", got, err)
	}
}

func TestAnErrorIsLoggedOnce(t *testing.T) {
	var logged bytes.Buffer
	a := adapter{logger: slog.New(slog.NewJSONHandler(&logged, nil))}
	handler := adapt(&a, func(context.Context, string) (string, error) {
		return "", fmt.Errorf("index s3://b/k: %w", &run.Fault{Name: run.Denied, Reason: "403"})
	})
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	_, err := handler(ctx, "")
	// What the library does with an error: log its JSON, then send it.
	line, _ := json.Marshal(err)
	fmt.Fprintf(&a, "%s\n", line)
	fmt.Fprintf(&a, "%s\n", "something else")

	lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("want one line for the error and one for the library's own, got:\n%s", &logged)
	}
	var got struct{ Level, Msg, ErrorType, RequestID string }
	if err := json.Unmarshal([]byte(lines[0]), &got); err != nil {
		t.Fatal(err)
	}
	if got.Level != "ERROR" || got.Msg != "index s3://b/k: 403" || got.ErrorType != run.Denied || got.RequestID != "r-1" {
		t.Errorf("logged %s", lines[0])
	}
	if !strings.Contains(lines[1], "something else") {
		t.Errorf("the library's own line is lost: %s", lines[1])
	}
}
