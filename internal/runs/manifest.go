package runs

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Manifest calls each for every object of the run's manifest.
func (f Folder) Manifest(ctx context.Context, each func(run.Object) error) error {
	return eachLine(ctx, f.Bucket, run.ManifestKey(f.Name), each)
}

// PutManifest streams what list hands to write into the run's manifest. Where
// list fails, its error is returned and there is no manifest.
func (f Folder) PutManifest(ctx context.Context, list func(write func(run.Object) error) error) error {
	return f.putLines(ctx, run.ManifestKey(f.Name), list)
}

// putLines streams objects into a file of JSON Lines.
func (f Folder) putLines(ctx context.Context, key string, list func(write func(run.Object) error) error) error {
	reader, writer := io.Pipe()
	counted := &counter{from: reader}
	listed := make(chan error, 1)
	go func() {
		many := bufio.NewWriterSize(writer, 64<<10) // lines: each handed over waits for the other side
		encoder := json.NewEncoder(many)
		encoder.SetEscapeHTML(false)
		err := list(func(o run.Object) error { return encoder.Encode(o) })
		if err == nil {
			err = many.Flush()
		}
		writer.CloseWithError(err)
		listed <- err
	}()
	err := f.Bucket.PutStream(ctx, key, counted, "application/jsonl")
	reader.CloseWithError(errors.New("the file could not be written"))
	if listErr := <-listed; err == nil || errors.Is(err, listErr) {
		err = listErr
	} else {
		err = fmt.Errorf("write %s: %w", key, err)
	}
	if err != nil {
		return err
	}
	return f.confirm(ctx, key, counted.n)
}

type counter struct {
	from io.Reader
	n    int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

// eachLine reads JSON Lines.
func eachLine[T any](ctx context.Context, bucket Bucket, key string, each func(T) error) error {
	body, err := bucket.Open(ctx, key)
	if err != nil {
		return unreadable(key, err)
	}
	defer func() { _ = body.Close() }()
	for lines := json.NewDecoder(body); ; {
		var line T
		switch err := lines.Decode(&line); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return unreadable(key, err)
		}
		if err := each(line); err != nil {
			return err
		}
	}
}
