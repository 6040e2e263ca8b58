package asl

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// item of a map.
type item struct {
	index  int
	value  any
	source string
}

// items reads JSON Lines, one at a time.
type items struct {
	body   io.ReadCloser
	lines  *bufio.Reader
	source string
	next   int
}

func openItems(ctx context.Context, b Buckets, bucket, key string) (*items, error) {
	body, err := b.Open(ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	return &items{body: body, lines: bufio.NewReaderSize(body, 64<<10), source: "S3://" + bucket + "/" + key}, nil
}

func (i *items) close() { _ = i.body.Close() } // it was only read

// line is the next line that is not empty, or nil after the last.
func (i *items) line() ([]byte, error) {
	for {
		line, err := i.lines.ReadBytes('\n')
		line = bytes.TrimSpace(line)
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return nil, nil
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case len(line) > 0:
			return line, nil
		}
	}
}

// read is the next item, or nil after the last.
func (i *items) read() (*item, error) {
	line, err := i.line()
	if line == nil || err != nil {
		return nil, err
	}
	v, err := decode(line)
	if err != nil {
		return nil, fmt.Errorf("item %d: %w", i.next, err)
	}
	i.next++
	return &item{index: i.next - 1, value: v, source: i.source}, nil
}

// countItems reads the whole file, since a share of failures is one of all
// items.
func countItems(ctx context.Context, b Buckets, bucket, key string) (int, error) {
	i, err := openItems(ctx, b, bucket, key)
	if err != nil {
		return 0, err
	}
	defer i.close()
	for n := 0; ; n++ {
		line, err := i.line()
		if line == nil || err != nil {
			return n, err
		}
		if !json.Valid(line) {
			return 0, fmt.Errorf("item %d is no JSON: %.100s", n, line)
		}
	}
}
