// Package deployed is what an operator of a deployed stack has no single command
// of the AWS CLI for: it looks at what a stack is to be put among, starts a run,
// follows it to its end, and turns a bucket's EventBridge events on beside its other
// notifications.
//
// It asks AWS with the usual credentials and region, and knows nothing of how a
// stack is made.
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

// Stack is a deployed stack.
type Stack struct {
	name    string
	config  aws.Config
	client  *sfn.Client
	machine string // the ARN of its state machine
}

// Open finds the state machine of the stack of this name.
func Open(ctx context.Context, name string) (*Stack, error) {
	c, err := configuration(ctx)
	if err != nil {
		return nil, err
	}
	client := sfn.NewFromConfig(c)
	machine, err := findMachine(ctx, client, name)
	if err != nil {
		return nil, err
	}
	return &Stack{name: name, config: c, client: client, machine: machine}, nil
}

// CheckInput tells what is wrong with an execution's input before anything is
// asked of AWS, or nil.
func CheckInput(input json.RawMessage) error {
	request, err := run.ParseRequest(input)
	if err != nil {
		return err
	}
	// Which day it is depends on the stack's zone, which may be ahead of any other.
	tomorrow := run.Execution{Name: "check", StartTime: time.Now().Add(24 * time.Hour)}
	_, err = request.Resolve(tomorrow, time.UTC)
	return err
}

// Start starts a run and gives its execution's ARN. Step Functions makes up a
// name where it is empty.
func (s *Stack) Start(ctx context.Context, name string, input json.RawMessage) (execution string, err error) {
	in := &sfn.StartExecutionInput{StateMachineArn: aws.String(s.machine), Input: aws.String(string(input))}
	if name != "" {
		in.Name = aws.String(name)
	}
	started, err := s.client.StartExecution(ctx, in)
	if err != nil {
		return "", refused("start an execution of "+s.machine, err)
	}
	return aws.ToString(started.ExecutionArn), nil
}

// Execution is the ARN of the execution of a run.
func (s *Stack) Execution(name string) string {
	return strings.Replace(s.machine, ":stateMachine:", ":execution:", 1) + ":" + name
}

// findMachine is the ARN of the state machine that a stack named.
func findMachine(ctx context.Context, client *sfn.Client, stack string) (string, error) {
	pages := sfn.NewListStateMachinesPaginator(client, &sfn.ListStateMachinesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", refused("list the state machines", err)
		}
		for _, m := range page.StateMachines {
			if aws.ToString(m.Name) == stack {
				return aws.ToString(m.StateMachineArn), nil
			}
		}
	}
	return "", fmt.Errorf("there is no state machine %s in this region; deploy the stack, or name it with --stack", stack)
}
