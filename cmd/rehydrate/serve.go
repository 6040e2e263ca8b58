package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rehydrate/rehydrate/local"
	"github.com/rehydrate/rehydrate/local/store"
)

func newServe() *cobra.Command {
	var out, address string
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Serve what earlier runs put into the embedded store",
		Long:    "Serves the embedded store of earlier runs until it is interrupted.",
		Example: "  rehydrate serve\n  rehydrate serve --out out --listen 127.0.0.1:9200",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder := filepath.Join(out, local.StoreFolder)
			if _, err := os.Stat(folder); err != nil {
				return fmt.Errorf("--out: there is no store in %s; give the folder that was the --out of a run", out)
			}
			documents, err := store.Open(folder)
			if err != nil {
				return err
			}
			server, err := local.Listen(cmd.Context(), address, documents)
			if err != nil {
				return errors.Join(err, documents.Close())
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Serving %s until interrupted. Open in a browser:\n  %s/\n", folder, server.URL)
			<-cmd.Context().Done()
			return errors.Join(server.Close(), documents.Close())
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "out", "`folder` that was the --out of a run")
	f.StringVar(&address, "listen", "127.0.0.1:9200", "`address` to serve at; port 0 takes a free one")
	return cmd
}
