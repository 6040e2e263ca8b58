package local

import (
	"context"
	"encoding/json"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/asl"
	"github.com/rehydrate/rehydrate/statemachine"
)

// steering readies the machine that steers runs, with its Lambda, which asks this
// computer in the place of AWS.
func (m *Machine) steering(ctx context.Context, env map[string]string) error {
	m.api = &api{machine: m, executions: map[string]*executing{}}
	server, err := listenPrivately(ctx, m.api)
	if err != nil {
		return err
	}
	m.closers = append(m.closers, server.Close)
	own := map[string]string{
		"AWS_ENDPOINT_URL_SFN": server.URL, "AWS_ENDPOINT_URL_LAMBDA": server.URL,
		// It asks nobody else, so that nobody's credentials are needed.
		"AWS_REGION": "local", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
	}
	for name, value := range env {
		if own[name] == "" {
			own[name] = value
		}
	}
	f, err := m.function("steer", own)
	if err != nil {
		return err
	}
	m.functions["steer"] = f
	definition, err := statemachine.Fill(statemachine.Steering(), map[string]string{statemachine.SteerFunction: f.ARN()})
	if err != nil {
		return err
	}
	m.steers, err = asl.Load([]byte(definition))
	return err
}

// steer steers a run whose request asks for that until stop is called, which waits for
// it. That it fails ends no run, in AWS neither.
func (m *Machine) steer(ctx context.Context, execution string, input json.RawMessage) (stop func()) {
	request, err := run.ParseRequest(input)
	if err != nil || request.MaxConcurrency == nil || !request.MaxConcurrency.Auto {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		named, _ := json.Marshal(run.SteerRequest{Execution: execution})
		_, _ = m.steers.Run(ctx, asl.Execution{
			ARN: executionARN("rehydrate-steer", "steer"), Input: named, StartTime: time.Now(),
		}, asl.Env{Invoke: m.invoke, Buckets: buckets{m.Runs}, Sleep: m.config.Sleep}) // the Lambda logs why
	}()
	return func() {
		cancel()
		<-ended
	}
}

func executionARN(machine, name string) string {
	return "arn:aws:states:local:000000000000:execution:" + machine + ":" + name
}
