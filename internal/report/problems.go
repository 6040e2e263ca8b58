package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

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
		return &run.Fault{Name: run.Unavailable, Reason: key + " cannot be written", Err: err}
	}
	p.written = append(p.written, key)
	p.buffer.Reset()
	return nil
}

// close writes what is left.
func (p *problemFiles) close(ctx context.Context) error {
	if p.buffer.Len() == 0 {
		return nil
	}
	return p.flush(ctx)
}
