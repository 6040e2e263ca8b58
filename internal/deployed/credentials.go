package deployed

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/rehydrate/rehydrate/internal/archive"
)

// configuration is that of the AWS CLI: its profile, region and credentials. What is
// missing of them is told here, in a sentence, and not by the first call.
func configuration(ctx context.Context) (aws.Config, error) {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return c, refused("load the AWS configuration", err)
	}
	if c.Region == "" {
		return c, errors.New("no AWS region is configured; set AWS_REGION to that of the stack")
	}
	if _, err := c.Credentials.Retrieve(ctx); err != nil {
		return c, refused("ask AWS", fmt.Errorf("get identity: %w", err))
	}
	return c, nil
}

// refused is the error of a call to AWS. One that is about credentials becomes a
// sentence that says how to sign in.
func refused(doing string, err error) error {
	if remedy := archive.SignIn(err); remedy != "" {
		return fmt.Errorf("cannot %s: %s", doing, remedy)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
