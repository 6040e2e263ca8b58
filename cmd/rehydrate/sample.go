package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/rehydrate/rehydrate/local/sample"
)

func newSample() *cobra.Command {
	o := sample.Default()
	var out string
	var forms []string
	cmd := &cobra.Command{
		Use:   "sample",
		Short: "Make a small archive to try",
		Long: `Makes a sample archive of three days in a folder that stands for the bucket:
objects in the forms that Firehose lays down, some of them damaged. The same
flags give the same archive.

With --form the logs are laid down in other ways, too: events as JSON lines,
messages alone, CloudWatch's export tasks, Fluent Bit, Fluentd.`,
		Example: "  rehydrate sample\n  rehydrate sample --out big --objects 2000 --events 500000\n  rehydrate sample --out mixed --form mix",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.Forms, err = sample.ParseForms(forms); err != nil {
				return fmt.Errorf("--form: %w", err)
			}
			truth, err := writeSample(cmd.Context(), o, out)
			if err != nil {
				return err
			}
			sum := truth.Sum()
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d objects, %d events, %d bytes, from %s on\n",
				out, len(truth.Objects), sum.Decoded, sum.Size, o.Start.Format(time.DateOnly))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "out/archive", "`folder` that is to stand for the bucket")
	f.StringSliceVar(&forms, "form", []string{"subscription"}, "`forms` of the objects, with commas between: subscription, events, messages, export, fluentbit, fluentd; mix for all")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "another `number` makes another archive")
	f.IntVar(&o.Objects, "objects", o.Objects, "about how many `objects`")
	f.IntVar(&o.Events, "events", o.Events, "about how many `events`")
	return cmd
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
