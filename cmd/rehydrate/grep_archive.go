package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/grep"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local"
	"github.com/rehydrate/rehydrate/local/bucket"
)

// source is an archive to search: a bucket, or a folder that stands for one and
// is listed as one, but whose objects are read as the files they are.
type source struct {
	*archive.Archive

	client   *s3.Client
	bucket   string
	folder   string // "" where it is a bucket
	server   *local.Server
	prefixes []string
}

// openArchive opens s3://BUCKET or a folder.
func openArchive(ctx context.Context, name string, prefixes []string, zone *time.Location) (*source, error) {
	s := &source{prefixes: prefixes}
	endpoint := os.Getenv("AWS_ENDPOINT_URL_S3")
	if bucket, ok := strings.CutPrefix(name, "s3://"); ok {
		s.bucket = strings.TrimSuffix(bucket, "/")
	} else {
		s.bucket, s.folder = "archive", name
		var err error
		if endpoint, err = s.serve(ctx); err != nil {
			return nil, err
		}
	}
	var err error
	if s.client, err = archive.NewClient(ctx, endpoint); err == nil {
		s.Archive, err = archive.New(s.client, s.bucket, prefixes, zone)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// serve starts an S3 server over the folder, and gives its URL.
func (s *source) serve(ctx context.Context) (string, error) {
	handler, err := bucket.New(map[string]bucket.Folder{s.bucket: {Dir: s.folder, ReadOnly: true}})
	if err != nil {
		return "", fmt.Errorf("--archive: %w", err)
	}
	if s.server, err = local.Listen(ctx, "127.0.0.1:0", handler); err != nil {
		return "", err
	}
	return s.server.URL, nil
}

// Close ends the server.
func (s *source) Close() error {
	if s.server == nil {
		return nil
	}
	return s.server.Close()
}

// ordered tells whether objects are listed by their hours: one prefix that
// follows from the time.
func (s *source) ordered() bool {
	return len(s.prefixes) == 1 && !strings.Contains(s.prefixes[0], "!{partitionKey") && !strings.Contains(s.prefixes[0], "!{firehose:random")
}

// perProcessor is how many objects to read at once: those of a bucket have to be
// waited for.
func (s *source) perProcessor() int {
	if s.folder == "" {
		return 2
	}
	return 1
}

// Open opens an object.
func (s *source) Open(ctx context.Context, o run.Object) (grep.Body, error) {
	if s.folder != "" {
		f, err := os.Open(filepath.Join(s.folder, filepath.FromSlash(o.Key)))
		return grep.Body{ReadCloser: f, Random: f}, err
	}
	body, err := archive.Open(ctx, s.client, s.bucket, o)
	if err != nil {
		return grep.Body{}, err
	}
	random := archive.NewReaderAt(ctx, s.client, s.bucket, o)
	return grep.Body{ReadCloser: both{body, random}, Random: random, Ahead: true}, nil
}

// both reads a body, and closes the reader at random with it.
type both struct {
	*archive.Body

	random *archive.ReaderAt
}

func (b both) Close() error { return errors.Join(b.Body.Close(), b.random.Close()) }
