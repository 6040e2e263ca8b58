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
func (s *Stack) look(ctx context.Context) (run.Prepared, error) {
	var prepared run.Prepared
	name := s.function("prepare")
	payload, err := json.Marshal(run.PrepareRequest{})
	if err != nil {
		return prepared, err
	}
	out, err := lambda.NewFromConfig(s.config).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(name), Payload: payload})
	if err != nil {
		return prepared, refused("invoke the function "+name, err)
	}
	if out.FunctionError != nil {
		var failed struct{ ErrorMessage string }
		if json.Unmarshal(out.Payload, &failed) != nil || failed.ErrorMessage == "" {
			failed.ErrorMessage = string(out.Payload)
		}
		return prepared, errors.New(failed.ErrorMessage)
	}
	if err := json.Unmarshal(out.Payload, &prepared); err != nil {
		return prepared, fmt.Errorf("read the answer of %s: %w", name, err)
	}
	return prepared, nil
}
