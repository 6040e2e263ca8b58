package runs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Problem is a line of the run's problem files: an object that is not wholly
// indexed, and how it ended in the last run that tried it.
type Problem struct {
	Run    string     `json:"run"`
	End    run.End    `json:"class"`
	Error  string     `json:"error,omitempty"`
	Reason string     `json:"reason,omitempty"`
	Object run.Object `json:"object"`
	// Malformed events were counted in it.
	Malformed int64 `json:"malformed,omitempty"`
}

// Problems calls each for every problem in the run's files.
func (f Folder) Problems(ctx context.Context, each func(Problem) error) error {
	return f.Bucket.List(ctx, run.ProblemsFolder(f.Name), func(file run.Object) error {
		if file.Size == 0 { // emptied by a later report of the same run
			return nil
		}
		return eachLine(ctx, f.Bucket, file.Key, each)
	})
}

// problemFileBytes is the size at which a file of problems is written and the
// next one begun: what is held in memory.
const problemFileBytes = 8 << 20

// ProblemWriter writes the problems of a run, in as many files as needed.
type ProblemWriter struct {
	Folder Folder
	// Files are the keys written, Lines the problems in them.
	Files []string
	Lines int64

	buffer bytes.Buffer
}

// Add writes a problem, at the latest when the writer is closed.
func (p *ProblemWriter) Add(ctx context.Context, problem Problem) error {
	line, err := json.Marshal(problem)
	if err != nil {
		return err
	}
	p.buffer.Write(append(line, '\n'))
	p.Lines++
	if p.buffer.Len() < problemFileBytes {
		return nil
	}
	return p.flush(ctx)
}

// Close writes what is left, and empties the files that an earlier report of the
// same run has written beyond these: who reads the folder must not find more than
// is open.
func (p *ProblemWriter) Close(ctx context.Context) error {
	if p.buffer.Len() > 0 {
		if err := p.flush(ctx); err != nil {
			return err
		}
	}
	var stale []string
	err := p.Folder.Bucket.List(ctx, run.ProblemsFolder(p.Folder.Name), func(o run.Object) error {
		if o.Size > 0 && !slices.Contains(p.Files, o.Key) {
			stale = append(stale, o.Key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range stale {
		if err := p.write(ctx, key, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *ProblemWriter) flush(ctx context.Context) error {
	key := fmt.Sprintf("%s%05d.jsonl", run.ProblemsFolder(p.Folder.Name), len(p.Files))
	if err := p.write(ctx, key, p.buffer.Bytes()); err != nil {
		return err
	}
	p.Files = append(p.Files, key)
	p.buffer.Reset()
	return nil
}

func (p *ProblemWriter) write(ctx context.Context, key string, body []byte) error {
	return p.Folder.write(ctx, key, body, "application/jsonl")
}
