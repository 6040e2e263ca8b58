package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/rehydrate/rehydrate/internal/run"
)

// pause between looks at a run that is followed.
const pause = 5 * time.Second

func start(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) (int, error) {
	stack := flags.String("stack", "rehydrate", "name of the stack")
	from := flags.String("from", "", "first day, or RFC 3339 instant")
	to := flags.String("to", "", "last day, or RFC 3339 instant that is no longer part of it")
	input := flags.String("input", "", "instead: the whole execution input, as JSON")
	name := flags.String("name", "", "name of the run; Step Functions makes one up where it is empty")
	if err := flags.Parse(args); err != nil {
		return unusable, err
	}
	request, err := requestJSON(*from, *to, *input)
	if err != nil {
		return unusable, err
	}
	client, err := stepFunctions(ctx)
	if err != nil {
		return unusable, err
	}
	machine, err := findMachine(ctx, client, *stack)
	if err != nil {
		return unusable, err
	}
	in := &sfn.StartExecutionInput{StateMachineArn: aws.String(machine), Input: aws.String(request)}
	if *name != "" {
		in.Name = name
	}
	started, err := client.StartExecution(ctx, in)
	if err != nil {
		return unusable, fmt.Errorf("start an execution of %s: %w", machine, err)
	}
	f := follower{client: client, execution: aws.ToString(started.ExecutionArn), out: out, pause: pause, now: time.Now}
	return f.follow(ctx)
}

func follow(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) (int, error) {
	stack := flags.String("stack", "rehydrate", "name of the stack")
	name := flags.String("run", "", "name of the run")
	if err := flags.Parse(args); err != nil {
		return unusable, err
	}
	if !run.ValidName(*name) {
		return unusable, fmt.Errorf("-run: %q is no name of a run", *name)
	}
	client, err := stepFunctions(ctx)
	if err != nil {
		return unusable, err
	}
	machine, err := findMachine(ctx, client, *stack)
	if err != nil {
		return unusable, err
	}
	execution := strings.Replace(machine, ":stateMachine:", ":execution:", 1) + ":" + *name
	f := follower{client: client, execution: execution, out: out, pause: pause, now: time.Now}
	return f.follow(ctx)
}

// requestJSON is the execution input. What is wrong with it is said before
// anything is started.
func requestJSON(from, to, input string) (string, error) {
	if input == "" {
		b, err := json.Marshal(map[string]string{"from": from, "to": to})
		if err != nil {
			return "", err
		}
		input = string(b)
	} else if from != "" || to != "" {
		return "", errors.New("-input: not allowed beside -from and -to; give either")
	}
	request, err := run.ParseRequest([]byte(input))
	if err != nil {
		return "", err
	}
	// Which day it is depends on the stack's zone, which may be ahead of any other.
	tomorrow := run.Execution{Name: "check", StartTime: time.Now().Add(24 * time.Hour)}
	if _, err := request.Resolve(tomorrow, time.UTC); err != nil {
		return "", err
	}
	return input, nil
}

// findMachine is the ARN of the state machine that a stack named.
func findMachine(ctx context.Context, client *sfn.Client, stack string) (string, error) {
	pages := sfn.NewListStateMachinesPaginator(client, &sfn.ListStateMachinesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("list the state machines: %w", err)
		}
		for _, m := range page.StateMachines {
			if aws.ToString(m.Name) == stack {
				return aws.ToString(m.StateMachineArn), nil
			}
		}
	}
	return "", fmt.Errorf("there is no state machine %s in this region; deploy the stack, or name it with -stack", stack)
}
