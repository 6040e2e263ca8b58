// Package run is the contract of a run: what a person asks for (Request), what
// is then going to be done (Plan), what one child execution works on (Work),
// how an object ended (Outcome), what a run came to (Summary), and under which
// keys a run keeps its files.
//
// Every other package speaks in these words. This one knows nothing of S3, of
// a cluster or of Step Functions, and imports the standard library only.
package run

import (
	"encoding/json"
	"time"
)

// Location names an object or, where Key ends in a slash, a folder in a bucket.
type Location struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// URI is the location in the form s3://bucket/key.
func (l Location) URI() string { return "s3://" + l.Bucket + "/" + l.Key }

// Object is one object of the archive, a line of the manifest.
type Object struct {
	// Bucket holds the object where that is not the archive bucket: a replayed
	// rejected record lies in the run bucket.
	Bucket string `json:"bucket,omitempty"`
	Key    string `json:"key"`
	// Size in bytes and ETag (with its quotes, as S3 gives it) as listed. An
	// object is only ever read with this ETag.
	Size int64  `json:"size"`
	ETag string `json:"etag"`
	// StorageClass as listed; empty means STANDARD. Restored says that a copy of
	// an archived object can be read now.
	StorageClass string `json:"storageClass,omitempty"`
	Restored     bool   `json:"restored,omitempty"`
	// Time is when the oldest record of the object arrived, read from its key: to
	// the second, or as far as the archive's prefix tells it; nil where the key does
	// not tell. Loose says that the object was not chosen by the hour of Time: the
	// key tells no hour, or all below the prefix was taken.
	Time  *time.Time `json:"time,omitempty"`
	Loose bool       `json:"loose,omitempty"`
}

// Work is what one child execution is given and what it hands back: the range
// and filters of the run, the object, and what came of the object so far.
type Work struct {
	Run     string    `json:"run"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Include Filter    `json:"include"`
	Exclude Filter    `json:"exclude"`
	// Destination is ToIndex where it is empty, as for an object that arrives.
	Destination Destination `json:"destination"`
	// View is that of the plan, and MaxEvents how many events all objects of the run
	// may come to; 0 for no bound.
	View      string  `json:"view"`
	MaxEvents int64   `json:"maxEvents"`
	Object    Object  `json:"object"`
	Outcome   Outcome `json:"outcome"`
}

// IndexRequest is the payload of the index Lambda, whose answer is the Work
// with its Outcome brought forward.
type IndexRequest struct {
	Work Work `json:"work"`
	// Attempt is how often this very call was tried before and failed. From the
	// second attempt on a document that is already there may be one that a lost
	// call created, and counts as in doubt.
	Attempt int `json:"attempt"`
}

// ListRequest is the payload of the list Lambda, whose answer is the Plan.
type ListRequest struct {
	// Request is the execution input as it came; see ParseRequest.
	Request json.RawMessage `json:"request"`
	// Execution is empty for a look at the archive that writes nothing.
	Execution Execution `json:"execution"`
}

// Execution is the part of the Step Functions context object that a run needs.
type Execution struct {
	// ID is the execution's ARN, Name its last part, StartTime when it started.
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	StartTime time.Time `json:"startTime"`
}

// PrepareRequest is the payload of the prepare Lambda: the name of the run,
// whose plan it reads, or nothing for a look at the cluster that changes nothing. Its
// answer is a Prepared.
type PrepareRequest struct {
	Run string `json:"run"`
	// Pressure asks for nothing but how the nodes are doing: the Room of the answer.
	Pressure bool `json:"pressure,omitempty"`
}

// SteerRequest is the payload of the steer Lambda, whose answer is a Steered.
type SteerRequest struct {
	// Execution is the ARN of that of the run.
	Execution string `json:"execution"`
}

// Steered tells whether there is anything left to steer.
type Steered struct {
	Ended bool `json:"ended"`
	// Concurrency of the run as it was left, Changes made to it by this call, and why
	// the last was.
	Concurrency int    `json:"concurrency"`
	Changes     int    `json:"changes"`
	Reason      string `json:"reason"`
}

// ReportRequest is the payload of the report Lambda, whose answer is the
// Summary.
type ReportRequest struct {
	Run string `json:"run"`
	// Map is what the Distributed Map ended with: an error and its cause when it
	// failed, anything else when it did not.
	Map Caught `json:"map"`
	// Attempt is how often this very call was tried before: results that are
	// still missing are waited for at first, and reported as missing at last.
	Attempt int `json:"attempt"`
}

// Caught is an error as a Catch of the state machine hands it on.
type Caught struct {
	Error string `json:"Error,omitempty"`
	Cause string `json:"Cause,omitempty"`
}
