package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/rehydrate/rehydrate/local"
)

// serveAddress is where the log view is served by default.
const serveAddress = "127.0.0.1:9200"

func newServe() *cobra.Command {
	var out, address string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve what earlier runs put into the embedded store",
		Long: `Serves the log view of what earlier runs put into the embedded store: a query,
a histogram and the events, in a browser. The same address answers Elasticsearch
clients. Only this computer is served, unless --listen says otherwise.`,
		Example: "  rehydrate serve\n  rehydrate serve --out out --listen 127.0.0.1:9200",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			documents, err := openStore(out)
			if err != nil {
				return err
			}
			server, err := local.Listen(cmd.Context(), address, documents)
			if err != nil {
				return errors.Join(err, documents.Close())
			}
			serveLogs(cmd.Context(), cmd.OutOrStdout(), server.URL)
			return errors.Join(server.Close(), documents.Close())
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "out", "`folder` that was the --out of a run")
	f.StringVar(&address, "listen", serveAddress, "`address` to serve at; port 0 takes a free one")
	return cmd
}

// serveLogs says where the log view is, until ctx ends.
func serveLogs(ctx context.Context, w io.Writer, url string) {
	fmt.Fprintf(w, "The logs, until interrupted; open in a browser:\n  %s/\n", url)
	<-ctx.Done()
}
