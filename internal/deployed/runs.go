package deployed

import (
	"context"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/archive"
)

// Runs is the run bucket of the stack.
func (s *Stack) Runs(ctx context.Context) (*archive.Bucket, error) {
	told, err := s.environment(ctx)
	if err != nil {
		return nil, err
	}
	if told["RUN_BUCKET"] == "" {
		return nil, fmt.Errorf("the stack %s does not tell its run bucket; deploy it again", s.name)
	}
	client, err := archive.NewClient(ctx, "", archive.InRegion(s.config.Region))
	if err != nil {
		return nil, err
	}
	return archive.NewBucket(client, told["RUN_BUCKET"]), nil
}
