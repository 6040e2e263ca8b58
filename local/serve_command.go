package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rehydrate/rehydrate/local/store"
)

// serveCommand serves the embedded store of earlier runs until it is stopped.
func serveCommand(ctx context.Context, args []string, stdout, _ io.Writer) error {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	out := f.String("out", "out", "`folder` that was the -out of a run")
	address := f.String("listen", "127.0.0.1:9200", "`address` to serve at; port 0 takes a free one")
	if err := parse(f, args, stdout); err != nil {
		return err
	}
	if err := noMore(f); err != nil {
		return err
	}
	folder := filepath.Join(*out, "store")
	if _, err := os.Stat(folder); err != nil {
		return fmt.Errorf("-out: there is no store in %s; give the folder that was the -out of a run", *out)
	}
	documents, err := store.Open(folder)
	if err != nil {
		return err
	}
	m := &machine{closers: []func() error{documents.Close}}
	url, err := m.listen(ctx, *address, documents)
	if err != nil {
		return errors.Join(err, m.Close())
	}
	fmt.Fprintf(stdout, "Serving %s until interrupted. Open in a browser:\n  %s/\n", folder, url)
	<-ctx.Done()
	return m.Close()
}
