// Bootstrap is a function that does what its input tells it to.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/start"
)

type input struct {
	Do   string `json:"do"`
	Text string `json:"text"`
	// Meet is a named pipe: the function says there that it has begun, and
	// waits until somebody writes back to Meet+".go".
	Meet string `json:"meet"`
}

type output struct {
	Text      string            `json:"text"`
	PID       int               `json:"pid"`
	RequestID string            `json:"requestId"`
	ARN       string            `json:"arn"`
	Left      time.Duration     `json:"left"`
	Dir       string            `json:"dir"`
	Zone      string            `json:"zone"`
	Env       map[string]string `json:"env"`
}

func main() {
	switch os.Getenv("INIT") {
	case "exit":
		fmt.Println("cannot begin")
		os.Exit(7)
	case "report":
		if err := post("runtime/init/error", `{"errorType":"Settings","errorMessage":"none"}`, "202"); err != nil {
			fmt.Println(err)
		}
		os.Exit(1)
	case "careless":
		if err := careless(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	start.Lambda(handle)
}

// careless is a runtime that answers to the wrong request, and twice.
func careless() error {
	next, err := http.Get(api("runtime/invocation/next"))
	if err != nil {
		return err
	}
	defer next.Body.Close()
	id := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
	if trace := next.Header.Get("Lambda-Runtime-Trace-Id"); !strings.HasPrefix(trace, "Root=1-") {
		return fmt.Errorf("trace id %q", trace)
	}
	return errors.Join(
		post("runtime/invocation/another/response", `"wrong"`, "400"),
		post("runtime/invocation/"+id+"/response", `"right"`, "202"),
		post("runtime/invocation/"+id+"/response", `"again"`, "400"),
		post("runtime/nonsense", "", "404"),
	)
}

func api(path string) string {
	return "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/" + path
}

func post(path, body, wantStatus string) error {
	answer, err := http.Post(api(path), "application/json", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if !strings.HasPrefix(answer.Status, wantStatus) {
		return fmt.Errorf("%s answered %s, want %s", path, answer.Status, wantStatus)
	}
	return nil
}

func handle(ctx context.Context, in input) (output, error) {
	fault := &run.Fault{Name: run.Throttled, Reason: "the cluster is busy"}
	switch in.Do {
	case "answer":
		return answer(ctx, in)
	case "meet":
		if err := meet(in.Meet); err != nil {
			return output{}, err
		}
		return answer(ctx, in)
	case "large":
		return output{Text: strings.Repeat("x", 6<<20+200)}, nil
	case "fault":
		return output{}, fault
	case "wrapped fault":
		return output{}, fmt.Errorf("index: %w", fmt.Errorf("send: %w", fault))
	case "joined fault":
		return output{}, errors.Join(errors.New("close"), fmt.Errorf("send: %w", fault))
	case "error":
		return output{}, errors.New("odd")
	case "panic":
		panic("out of my mind")
	case "exit":
		os.Exit(3)
	case "clean exit":
		os.Exit(0)
	case "kill":
		p, err := os.FindProcess(os.Getpid())
		if err != nil {
			return output{}, err
		}
		if err := p.Kill(); err != nil {
			return output{}, err
		}
		select {}
	case "hang":
		fmt.Println("hanging")
		time.Sleep(time.Hour)
	}
	return output{}, fmt.Errorf("cannot do %q", in.Do)
}

func answer(ctx context.Context, in input) (output, error) {
	fmt.Println("answering", in.Text)
	o := output{Text: in.Text, PID: os.Getpid(), Env: map[string]string{}}
	lc, ok := lambdacontext.FromContext(ctx)
	if !ok {
		return o, errors.New("no Lambda context")
	}
	o.RequestID, o.ARN = lc.AwsRequestID, lc.InvokedFunctionArn
	if deadline, ok := ctx.Deadline(); ok {
		o.Left = time.Until(deadline)
	}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		o.Env[name] = value
	}
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		return o, err
	}
	o.Zone = zone.String()
	o.Dir, err = os.Getwd()
	return o, err
}

func meet(pipe string) error {
	if err := os.WriteFile(pipe, []byte("begun\n"), 0); err != nil {
		return err
	}
	_, err := os.ReadFile(pipe + ".go")
	return err
}
