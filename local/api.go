package local

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/rehydrate/rehydrate/local/asl"
)

// api is as much of the APIs of Step Functions and Lambda as the steer Lambda asks: an
// execution with its map run, and invoking another function.
// https://docs.aws.amazon.com/step-functions/latest/apireference/,
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
type api struct {
	machine *Machine

	mu         sync.Mutex
	executions map[string]*executing // by ARN
}

// executing is an execution of the state machine.
type executing struct {
	input  json.RawMessage
	ended  bool
	mapRun *asl.MapRun // nil until it has begun
}

func (a *api) begin(arn string, input json.RawMessage) *executing {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := &executing{input: input}
	a.executions[arn] = e
	return e
}

func (a *api) mapRunStarted(e *executing) func(*asl.MapRun) {
	return func(m *asl.MapRun) {
		a.mu.Lock()
		defer a.mu.Unlock()
		e.mapRun = m
	}
}

func (a *api) end(e *executing) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e.ended = true
}

// ServeHTTP answers a request.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/"); ok {
		a.invoke(w, r, strings.TrimSuffix(rest, "/invocations"))
		return
	}
	var in struct {
		ExecutionArn, MapRunArn string
		MaxConcurrency          int
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	err := json.NewDecoder(r.Body).Decode(&in)
	var answer any
	if err == nil {
		answer = a.answer(operation, in.ExecutionArn, in.MapRunArn, in.MaxConcurrency)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if answer == nil {
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]any{"__type": "ValidationException", "message": operation + " of what is not there, or is not known here"}
	}
	_ = json.NewEncoder(w).Encode(answer) // whoever asked has gone
}

func (a *api) answer(operation, execution, mapRun string, concurrency int) any {
	a.mu.Lock()
	defer a.mu.Unlock()
	if operation == "DescribeMapRun" || operation == "UpdateMapRun" {
		m := a.find(mapRun)
		switch {
		case m == nil:
			return nil
		case operation == "UpdateMapRun":
			m.SetMaxConcurrency(concurrency)
			return map[string]any{}
		}
		s := m.State()
		return map[string]any{
			"mapRunArn": mapRun, "status": s.Status, "maxConcurrency": s.MaxConcurrency,
			"itemCounts": map[string]int{
				"total": s.Total, "running": s.Running, "succeeded": s.Succeeded,
				"failed": s.Ended - s.Succeeded, "pending": s.Total - s.Ended - s.Running,
			},
		}
	}
	e := a.executions[execution]
	switch {
	case e == nil:
		return nil
	case operation == "DescribeExecution":
		status := asl.Running
		if e.ended {
			status = asl.Succeeded
		}
		return map[string]any{"executionArn": execution, "status": status, "input": string(e.input)}
	case operation == "ListMapRuns":
		runs := []any{}
		if e.mapRun != nil {
			runs = append(runs, map[string]any{"executionArn": execution, "mapRunArn": e.mapRun.ARN()})
		}
		return map[string]any{"mapRuns": runs}
	}
	return nil
}

func (a *api) find(mapRun string) *asl.MapRun {
	for _, e := range a.executions {
		if e.mapRun != nil && e.mapRun.ARN() == mapRun {
			return e.mapRun
		}
	}
	return nil
}

// invoke invokes a function by its name, which ends with its role.
func (a *api) invoke(w http.ResponseWriter, r *http.Request, name string) {
	role := name[strings.LastIndex(name, "-")+1:]
	payload, err := io.ReadAll(r.Body)
	if err != nil || a.machine.functions[role] == nil {
		http.Error(w, "there is no function "+name, http.StatusNotFound)
		return
	}
	answer, err := a.machine.Invoke(r.Context(), role, payload)
	var failed *asl.TaskError
	switch {
	case errors.As(err, &failed):
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		answer = []byte(failed.Cause)
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	_, _ = w.Write(answer) // whoever asked has gone
}
