package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
	"github.com/rehydrate/rehydrate/local/inspect"
)

func newInspect() *cobra.Command {
	var events bool
	var read run.Settings
	cmd := &cobra.Command{
		Use:   "inspect OBJECT...",
		Short: "Tell what is in objects of an archive, or print their events",
		Long: `Tells what is in an object: layers of compression, form, records, events, where
their ids and times are from, log groups and damage. An object is a FILE or
s3://BUCKET/KEY. Times of keys are read as Firehose writes them and as the prefixes
say. Ids that are made of an object's key are those of the path given, which for a file
is another one than in a run.`,
		Example: "  rehydrate inspect out/archive/_/cwl/ecs/ecs-task/2018/12/10/03/*\n  rehydrate inspect --events s3://my-log-archive/KEY | jq .message",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("give the objects to look at: FILE or s3://BUCKET/KEY")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			keys, err := archive.New(nil, "", read.ArchivePrefixes, read.ArchiveZone)
			if err != nil {
				return err
			}
			i := inspector{read: read, keys: keys, events: events}
			return i.all(cmd.Context(), cmd.OutOrStdout(), args)
		},
	}
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	settings.Flags(all, &read)
	for _, name := range []string{"prefix", "archive-zone", "time-field", "assume-zone", "ids"} {
		cmd.Flags().AddFlag(all.Lookup(name))
	}
	cmd.Flags().BoolVar(&events, "events", false, "print the events instead, one JSON line each: id, time, group, stream, message")
	return cmd
}

// inspector looks at objects, or prints their events.
type inspector struct {
	read   run.Settings
	keys   *archive.Archive // to read the times of keys
	events bool
}

func (i inspector) all(ctx context.Context, stdout io.Writer, names []string) error {
	out := bufio.NewWriter(stdout)
	damaged := false
	for _, name := range names {
		err := i.object(ctx, out, name)
		damaged = damaged || errors.Is(err, inspect.ErrDamaged)
		if err != nil && !errors.Is(err, inspect.ErrDamaged) {
			return errors.Join(fmt.Errorf("%s: %w", name, err), out.Flush())
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if damaged {
		return errIncomplete
	}
	return nil
}

// object looks at a file or at an object in S3.
func (i inspector) object(ctx context.Context, w io.Writer, name string) error {
	path, ok := strings.CutPrefix(name, "s3://")
	if !ok {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return err
		}
		if info.IsDir() {
			return errors.New("this is a folder; give the file of one object")
		}
		o := inspect.Object{Name: name, Body: file, Random: file, Size: info.Size(), Source: i.file(filepath.ToSlash(name))}
		return inspect.Run(ctx, w, o, i.events)
	}
	bucket, key, _ := strings.Cut(path, "/")
	if bucket == "" || key == "" {
		return errors.New("give s3://BUCKET/KEY")
	}
	client, err := archive.NewClient(ctx, os.Getenv("AWS_ENDPOINT_URL_S3"))
	if err != nil {
		return err
	}
	object, err := archive.Stat(ctx, client, bucket, run.Object{Key: key})
	if err != nil {
		return err
	}
	body, err := archive.Open(ctx, client, bucket, object)
	if err != nil {
		return err
	}
	defer body.Close()
	random := archive.NewReaderAt(ctx, client, bucket, object)
	defer random.Close()
	return inspect.Run(ctx, w, inspect.Object{Name: name, Body: body, Random: random, Size: object.Size, Source: i.source(key, key)}, i.events)
}

func (i inspector) source(name, key string) decode.Source {
	began, _ := i.keys.Began(key)
	return decode.SourceOf(i.read, run.Object{Key: name, Time: began})
}

// file is the source of a file, whose key may begin with any folder of its path.
func (i inspector) file(path string) decode.Source {
	for key, deeper := path, true; deeper; _, key, deeper = strings.Cut(key, "/") {
		if began, _ := i.keys.Began(key); began != nil {
			return i.source(path, key)
		}
	}
	return i.source(path, path)
}
