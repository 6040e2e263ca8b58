package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rehydrate/rehydrate/local/sample"
)

// sampleCommand makes the sample archive in a folder.
func sampleCommand(ctx context.Context, args []string, stdout, _ io.Writer) error {
	o := sample.Default()
	f := flag.NewFlagSet("sample", flag.ContinueOnError)
	out := f.String("out", "out/archive", "`folder` that is to stand for the bucket")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "another `number` makes another archive")
	f.IntVar(&o.Objects, "objects", o.Objects, "about how many `objects`")
	f.IntVar(&o.Events, "events", o.Events, "about how many `events`")
	if err := parse(f, args, stdout); err != nil {
		return err
	}
	if err := noMore(f); err != nil {
		return err
	}
	truth, err := writeSample(ctx, o, *out)
	if err != nil {
		return err
	}
	sum := truth.Sum()
	fmt.Fprintf(stdout, "%s: %d objects, %d events, %d bytes, from %s on\n",
		*out, len(truth.Objects), sum.Decoded, sum.Size, o.Start.Format(time.DateOnly))
	return nil
}

// writeSample generates an archive into a folder.
func writeSample(ctx context.Context, o sample.Options, folder string) (sample.Truth, error) {
	return sample.Generate(o, func(key string, modified time.Time, body []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		file := filepath.Join(folder, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, body, 0o644); err != nil {
			return err
		}
		return os.Chtimes(file, modified, modified)
	})
}
