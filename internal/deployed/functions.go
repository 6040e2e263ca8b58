package deployed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rehydrate/rehydrate/internal/run"
)

// function is the name of the stack's Lambda of this role.
func (s *Stack) function(role string) string { return s.name + "-" + role }

// environment is what the stack's Lambdas were told; see run.Settings.
func (s *Stack) environment(ctx context.Context) (map[string]string, error) {
	name := s.function("index")
	c, err := lambda.NewFromConfig(s.config).GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(name)})
	if err != nil {
		return nil, refused("look at the function "+name, err)
	}
	if c.Environment == nil {
		return map[string]string{}, nil
	}
	return c.Environment.Variables, nil
}

// look asks the prepare Lambda how it sees the cluster, which changes nothing. Its
// error is what is wrong with the cluster, or that the Lambda cannot be asked.
func (s *Stack) look(ctx context.Context) (p run.Prepared, err error) {
	err = s.invoke(ctx, "prepare", run.PrepareRequest{}, &p)
	return p, err
}

// invoke invokes the stack's Lambda of a role. What that itself fails with is an error
// in its own words.
func (s *Stack) invoke(ctx context.Context, role string, request, answer any) error {
	name := s.function(role)
	payload, err := json.Marshal(request)
	if err != nil {
		return err
	}
	out, err := lambda.NewFromConfig(s.config).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(name), Payload: payload})
	if err != nil {
		return refused("invoke the function "+name, err)
	}
	if out.FunctionError != nil {
		var failed struct{ ErrorMessage string }
		if json.Unmarshal(out.Payload, &failed) != nil || failed.ErrorMessage == "" {
			failed.ErrorMessage = string(out.Payload)
		}
		return errors.New(failed.ErrorMessage)
	}
	if err := json.Unmarshal(out.Payload, answer); err != nil {
		return fmt.Errorf("read the answer of %s: %w", name, err)
	}
	return nil
}
