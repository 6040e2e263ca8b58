package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/inspect"
)

// inspectCommand tells what is in objects of an archive.
func inspectCommand(ctx context.Context, args []string, stdout, _ io.Writer) error {
	f := flag.NewFlagSet("inspect", flag.ContinueOnError)
	events := f.Bool("events", false, "print the events instead, one JSON line each: id, time, group, stream, message")
	var names []string
	for { // flags may stand behind names
		if err := parse(f, args, stdout); err != nil {
			return err
		}
		if f.NArg() == 0 {
			break
		}
		names = append(names, f.Arg(0))
		args = f.Args()[1:]
	}
	if len(names) == 0 {
		return errors.New("give the objects to look at: FILE or s3://BUCKET/KEY")
	}
	out := bufio.NewWriter(stdout)
	damaged := false
	for _, name := range names {
		err := inspectObject(ctx, out, name, *events)
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

// inspectObject looks at a file or at an object in S3.
func inspectObject(ctx context.Context, w io.Writer, name string, events bool) error {
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
		return inspect.Run(ctx, w, inspect.Object{Name: name, Body: file, Random: file, Size: info.Size()}, events)
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
	return inspect.Run(ctx, w, inspect.Object{Name: name, Body: body, Random: random, Size: object.Size}, events)
}
