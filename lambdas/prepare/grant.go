package prepare

import (
	"context"

	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/connect"
)

// grant lets the Lambdas and the readers into a domain with fine-grained access
// control that the stack has made, as its master user. It is done before each run:
// what somebody took away by mistake is there again, and a deployment does not
// depend on it.
func grant(ctx context.Context, settings run.Settings) error {
	if settings.Search.Master == "" {
		return nil
	}
	search := settings.Search
	search.Auth, search.Secret = "basic", search.Master
	master, err := connect.Cluster(ctx, search)
	if err != nil {
		return err
	}
	if err := master.Grant(ctx, cluster.WriterRole(settings), search.Writers); err != nil {
		return err
	}
	if len(search.Readers) == 0 {
		return nil
	}
	return master.Grant(ctx, cluster.ReaderRole(settings.IndexPrefix), search.Readers)
}
