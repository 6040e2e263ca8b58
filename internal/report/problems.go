package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/rehydrate/rehydrate/internal/run"
)

// problemFileBytes is the size at which a file of problems is written and the
// next one begun: what is held in memory.
const problemFileBytes = 8 << 20

// problemFiles writes every Problem of a run, in as many files as needed.
type problemFiles struct {
	files   Files
	run     string
	buffer  bytes.Buffer
	written []string
	lines   int64
}

func (p *problemFiles) add(ctx context.Context, problem Problem) error {
	line, err := json.Marshal(problem)
	if err != nil {
		return err
	}
	p.buffer.Write(line)
	p.buffer.WriteByte('\n')
	p.lines++
	if p.buffer.Len() < problemFileBytes {
		return nil
	}
	return p.flush(ctx)
}

func (p *problemFiles) flush(ctx context.Context) error {
	key := fmt.Sprintf("%s%05d.jsonl", run.ProblemsFolder(p.run), len(p.written))
	if err := p.files.Put(ctx, key, "application/jsonl", p.buffer.Bytes()); err != nil {
		return failed(key+" cannot be written", err)
	}
	p.written = append(p.written, key)
	p.buffer.Reset()
	return nil
}

// close writes what is left, and empties the files that an earlier report of the
// same run has written beyond these: who lists the folder must not find more
// than is open.
func (p *problemFiles) close(ctx context.Context) error {
	if p.buffer.Len() > 0 {
		if err := p.flush(ctx); err != nil {
			return err
		}
	}
	var stale []string
	folder := run.ProblemsFolder(p.run)
	err := p.files.List(ctx, folder, func(key string, size int64) error {
		if size > 0 && !slices.Contains(p.written, key) {
			stale = append(stale, key)
		}
		return nil
	})
	if err != nil {
		return failed(folder+" cannot be listed", err)
	}
	for _, key := range stale {
		if err := p.files.Put(ctx, key, "application/jsonl", nil); err != nil {
			return failed(key+" cannot be written", err)
		}
	}
	return nil
}
