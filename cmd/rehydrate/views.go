package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/deployed"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
	"github.com/rehydrate/rehydrate/lambdas/connect"
	"github.com/rehydrate/rehydrate/lambdas/views"
	"github.com/rehydrate/rehydrate/local"
)

// shelf is where views are: those of a deployed stack, of a cluster, or of the
// embedded store.
type shelf struct {
	stack, out string
	settings   run.Settings
}

func (s *shelf) register(f *pflag.FlagSet) {
	f.StringVar(&s.stack, "stack", "", "`name` of a deployed stack, whose cluster is meant")
	f.StringVar(&s.out, "out", "out", "`folder` that was the --out of a run, whose embedded store is meant")
	settings.Flags(f, &s.settings, "search", "search-auth", "search-secret", "index-prefix", "zone")
}

func newViews() *cobra.Command {
	var s shelf
	cmd := &cobra.Command{
		Use:   "views",
		Short: "List the views: what was put back for a while",
		Long: `Lists the views beside the daily indices: days, documents, bytes on disk, and when
they expire. Those of the embedded store under --out, of a cluster (--search), or of
a deployed stack's cluster (--stack).`,
		Example: "  rehydrate views\n  rehydrate views --search http://127.0.0.1:9200\n  rehydrate views --stack rehydrate",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := s.ask(cmd.Context(), run.ViewsRequest{Do: run.ListViews})
			if err != nil {
				return err
			}
			return showViews(cmd.OutOrStdout(), a.Views)
		},
	}
	s.register(cmd.Flags())
	return cmd
}

func newExtend() *cobra.Command {
	var s shelf
	var expires string
	cmd := &cobra.Command{
		Use:     "extend VIEW",
		Short:   "Keep a view for longer",
		Long:    "Has a view expire at a later time: in so many days from now, on a day, at an instant, or never.",
		Example: "  rehydrate extend incident --expires 7d\n  rehydrate extend incident --expires none --stack rehydrate",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if expires == "" {
				return errors.New("--expires is missing; give 7d, a day, an instant or none")
			}
			a, err := s.ask(cmd.Context(), run.ViewsRequest{Do: run.ExtendView, View: args[0], Expires: expires})
			if err != nil {
				return err
			}
			return showViews(cmd.OutOrStdout(), a.Views)
		},
	}
	s.register(cmd.Flags())
	cmd.Flags().StringVar(&expires, "expires", "", "`when` the view is deleted: 7d, a day, an instant or none")
	return cmd
}

// ask does what is asked for where the views are.
func (s *shelf) ask(ctx context.Context, req run.ViewsRequest) (_ run.ViewsAnswer, err error) {
	if s.stack != "" {
		if s.settings.Search.URL != "" {
			return run.ViewsAnswer{}, errors.New("--search and --stack each name a cluster; leave out either")
		}
		return deployed.Views(ctx, s.stack, req)
	}
	if s.settings.Search.URL == "" {
		documents, err := openStore(s.out)
		if err != nil {
			return run.ViewsAnswer{}, err
		}
		server, err := local.Listen(ctx, "127.0.0.1:0", documents)
		if err != nil {
			return run.ViewsAnswer{}, errors.Join(err, documents.Close())
		}
		s.settings.Search.URL = server.URL
		defer func() { err = errors.Join(err, server.Close(), documents.Close()) }()
	}
	c, err := s.connect(ctx)
	if err != nil {
		return run.ViewsAnswer{}, err
	}
	return views.Handle(ctx, s.settings, c, req)
}

func (s *shelf) connect(ctx context.Context) (*cluster.Cluster, error) {
	if file, ok := strings.CutPrefix(s.settings.Search.Secret, "file:"); ok {
		return cluster.Connect(ctx, s.settings.Search, fileSecret(file), nil)
	}
	return connect.Cluster(ctx, s.settings.Search)
}

// fileSecret is a secret that a file holds.
type fileSecret string

// GetSecretValue reads it.
func (f fileSecret) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	b, err := os.ReadFile(string(f))
	if err != nil {
		return nil, fmt.Errorf("--search-secret: %w", err)
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(string(b))}, nil
}

func showViews(w io.Writer, all []run.View) error {
	if len(all) == 0 {
		fmt.Fprintln(w, "There are no views.")
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "view\tfrom\tto\tdocuments\tbytes\texpires\tindices")
	known := func(n *int64) string {
		if n == nil {
			return "unknown"
		}
		return fmt.Sprint(*n)
	}
	for _, v := range all {
		expires := string(v.Expires)
		if _, ok := v.Expires.Time(); !ok {
			expires = "never"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s-*\n", v.Name, v.First, v.Last, known(v.Documents), known(v.Bytes), expires, v.Alias)
	}
	return t.Flush()
}
