package asl

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// record is a child execution in a file of results. The order of the members is
// that of AWS.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
type record struct {
	Cause               string    `json:",omitempty"`
	Error               string    `json:",omitempty"`
	ExecutionArn        string    `json:",omitempty"`
	Input               string    // JSON
	InputDetails        included  // always
	Name                string    `json:",omitempty"`
	Output              string    `json:",omitempty"` // JSON
	OutputDetails       *included `json:",omitempty"`
	RedriveCount        *int      `json:",omitempty"`
	RedriveStatus       string    `json:",omitempty"`
	RedriveStatusReason string    `json:",omitempty"`
	StartDate           string    `json:",omitempty"`
	StateMachineArn     string    `json:",omitempty"`
	Status              Status
	StopDate            string `json:",omitempty"`
}

type included struct{ Included bool }

// newRecord is the record of a child that was started.
func newRecord(c Child, machine string) record {
	r := record{
		Cause: c.Cause, Error: c.Error, ExecutionArn: c.ARN, Input: string(c.Input), Name: c.Name,
		Output: string(c.Output), OutputDetails: &included{true}, RedriveCount: new(int),
		RedriveStatus: "REDRIVABLE_BY_MAP_RUN",
		StartDate:     timestamp(c.Start), StateMachineArn: machine, Status: c.Status, StopDate: timestamp(c.Stop),
	}
	if c.Status == Succeeded {
		r.RedriveStatus = "NOT_REDRIVABLE"
		r.RedriveStatusReason = "Execution is SUCCEEDED and cannot be redriven"
	}
	return r
}

// results are the files of a map run. Records are spooled to the disk until the
// run has ended.
type results struct {
	buckets   Buckets
	bucket    string
	folder    string
	arn       string
	fileBytes int64

	mu    sync.Mutex
	files map[Status][]*spool
}

func newResults(b Buckets, bucket, folder, arn string, fileBytes int64) *results {
	return &results{buckets: b, bucket: bucket, folder: folder, arn: arn, fileBytes: fileBytes, files: map[Status][]*spool{}}
}

// manifestFile is one file, in the manifest.
type manifestFile struct {
	Key  string
	Size int64
}

func (r *results) manifestKey() string { return r.folder + "/manifest.json" }

// add puts a record into the file of its status; those that did not succeed
// share one.
func (r *results) add(one record) error {
	one.InputDetails.Included = true
	status := one.Status
	if status == TimedOut || status == Aborted {
		status = Failed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	files := r.files[status]
	if len(files) == 0 || files[len(files)-1].size >= r.fileBytes {
		s, err := newSpool()
		if err != nil {
			return err
		}
		files = append(files, s)
		r.files[status] = files
	}
	return files[len(files)-1].add(encode(one))
}

// write puts all files into the bucket, the manifest last, and removes them from
// the disk.
func (r *results) write(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.discard()
	named := map[Status][]manifestFile{Failed: {}, Pending: {}, Succeeded: {}}
	for status, files := range r.files {
		for i, s := range files {
			key := fmt.Sprintf("%s/%s_%d.json", r.folder, status, i)
			body, err := s.finish()
			if err == nil {
				err = r.buckets.Put(ctx, r.bucket, key, body)
			}
			if err != nil {
				return fmt.Errorf("write s3://%s/%s: %w", r.bucket, key, err)
			}
			named[status] = append(named[status], manifestFile{key, s.size})
		}
	}
	manifest := encode(struct {
		DestinationBucket string
		MapRunArn         string
		ResultFiles       map[Status][]manifestFile
	}{r.bucket, r.arn, named})
	if err := r.buckets.Put(ctx, r.bucket, r.manifestKey(), bytes.NewReader(manifest)); err != nil {
		return fmt.Errorf("write s3://%s/%s: %w", r.bucket, r.manifestKey(), err)
	}
	return nil
}

func (r *results) discard() {
	for _, files := range r.files {
		for _, s := range files {
			s.discard()
		}
	}
}

// spool is a JSON array on the disk.
type spool struct {
	file *os.File
	out  *bufio.Writer
	size int64
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "map-results-*.json")
	if err != nil {
		return nil, fmt.Errorf("spool the results of a map: %w", err)
	}
	return &spool{file: f, out: bufio.NewWriter(f)}, nil
}

func (s *spool) add(one []byte) error {
	before := byte(',')
	if s.size == 0 {
		before = '['
	}
	s.size += int64(len(one)) + 1
	_ = s.out.WriteByte(before) // the writer keeps its error
	_, err := s.out.Write(one)
	return err
}

// finish ends the array, and is its reader from the start.
func (s *spool) finish() (io.ReadSeeker, error) {
	s.size++
	err := s.out.WriteByte(']')
	if err := errors.Join(err, s.out.Flush()); err != nil {
		return nil, err
	}
	_, err = s.file.Seek(0, io.SeekStart)
	return s.file, err
}

// discard removes the file; what remains of it in the temporary folder harms
// nobody.
func (s *spool) discard() {
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
}
