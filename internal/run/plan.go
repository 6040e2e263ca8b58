package run

import "time"

// Plan is the normalised request with every default filled in, and what was
// found for it. The state machine reads its paths from here, so each member is
// always present in its JSON.
type Plan struct {
	Run       string    `json:"run"`
	Execution string    `json:"execution"`
	Started   time.Time `json:"started"`
	// Events with From ≤ time < To are indexed, both in the stack's zone.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Objects are chosen by key: from the hour of From minus MarginBefore to the
	// hour of To plus MarginAfter.
	MarginBefore Duration `json:"marginBefore"`
	MarginAfter  Duration `json:"marginAfter"`
	// PlanOnly ends the run after listing.
	PlanOnly    bool        `json:"plan"`
	Retry       string      `json:"retry"`
	Destination Destination `json:"destination"`
	// View is empty for the daily indices themselves.
	View    string `json:"view"`
	Expires Expiry `json:"expires"`
	Budget
	MaxConcurrency             int     `json:"maxConcurrency"`
	ToleratedFailurePercentage float64 `json:"toleratedFailurePercentage"`
	// MostConcurrency is 0, or the most that MaxConcurrency, with which the run begins,
	// may become while it is steered.
	MostConcurrency int    `json:"mostConcurrency"`
	Include         Filter `json:"include"`
	Exclude         Filter `json:"exclude"`
	// Restore is what archived objects are asked for, and how far that is.
	Restore Restore `json:"restore"`
	// Objects and Bytes (as stored) of the manifest.
	Objects int64 `json:"objects"`
	Bytes   int64 `json:"bytes"`
	// Expected is what indexing is estimated to come to; zero where that is unknown.
	Expected Expected `json:"expected"`
	// Skipped counts keys under the prefixes that are no archive objects:
	// directory markers and CloudWatch's aws-logs-write-test.
	Skipped  int64    `json:"skipped"`
	Manifest Location `json:"manifest"`
	// Results is where the map's ResultWriter writes; its Key has no slash at
	// the end.
	Results Location `json:"results"`
	// Prefixes are the key prefixes that were looked at, the first and last few
	// where they are many.
	Prefixes []string `json:"prefixes"`
	// Notes are sentences a person should read: a range that was cut, and such.
	Notes []string `json:"notes"`
}

// Expected are documents of the range, by a sample of the objects, and the bytes of
// their sources.
type Expected struct {
	Documents int64 `json:"documents"`
	Bytes     int64 `json:"bytes"`
}

// Planned is what an execution that only plans ends with: the plan and, where one is
// to be indexed into, what a look at the cluster found, or how it failed.
type Planned struct {
	Plan
	Cluster struct {
		Prepared *Prepared `json:"prepared,omitempty"`
		Caught
	} `json:"cluster"`
}

// Prepared is what was found and done on the cluster before the first document.
type Prepared struct {
	// Product is "elasticsearch" or "opensearch", Version its number.
	Product string `json:"product"`
	Version string `json:"version"`
	// Template names the index template that applies, Installed says that it was
	// put or renewed by this run.
	Template  string `json:"template"`
	Installed bool   `json:"installed"`
	// Indices are those of the range, in order, with what they held before.
	Indices  []IndexCount `json:"indices"`
	Warnings []string     `json:"warnings"`
	// Room is nil where the cluster tells nothing of its nodes.
	Room *Room `json:"room,omitempty"`
}

// Room is what a cluster has room for, and what a run will take of it.
type Room struct {
	DataNodes int `json:"dataNodes"`
	// Shards are there now, copies included. The cluster refuses more than MaxShards;
	// more than AdvisedShards are more than its heap is good for.
	Shards        int64 `json:"shards"`
	MaxShards     int64 `json:"maxShards"`
	AdvisedShards int64 `json:"advisedShards"`
	// NewIndices of the range are missing, and make NewShards.
	NewIndices int64 `json:"newIndices"`
	NewShards  int64 `json:"newShards"`
	// FreeBytes of disk are left before the nodes' flood stage; NewBytes are expected,
	// copies included.
	FreeBytes int64 `json:"freeBytes"`
	NewBytes  int64 `json:"newBytes"`
	// HeapPercent and WriteQueue are those of the node that has most of it: how much
	// heap is in use, how many bulk requests wait for a thread.
	HeapPercent int64 `json:"heapPercent"`
	WriteQueue  int64 `json:"writeQueue"`
	// WriteThreads are those of that node, WriteActive of them are at work. Rejected are
	// the bulk requests that all nodes ever refused because too many waited.
	WriteThreads int64 `json:"writeThreads"`
	WriteActive  int64 `json:"writeActive"`
	Rejected     int64 `json:"rejected"`
}

// IndexCount is how many documents of a range an index holds.
type IndexCount struct {
	Index string `json:"index"`
	// Documents is nil where the cluster could not tell (a shard failed); an
	// index that does not exist holds 0.
	Documents *int64 `json:"documents"`
}

// Files are the events that a run has written.
type Files struct {
	// Folder is the URI of the folder, Files and Bytes what is in it.
	Folder string `json:"folder"`
	Files  int64  `json:"files"`
	Bytes  int64  `json:"bytes"`
	// Preview are the first of its lines, cut to what passes between states.
	Preview []string `json:"preview"`
}

// Summary is what the report Lambda hands back: the numbers in the console.
type Summary struct {
	Run      string `json:"run"`
	Complete bool   `json:"complete"`
	// Verdict is one sentence.
	Verdict string           `json:"verdict"`
	Objects int64            `json:"objects"`
	Ends    map[string]int64 `json:"ends"`
	Counts
	// Findings are sentences, the gravest first, at most ten.
	Findings []string `json:"findings,omitempty"`
	// Files says where written events are and what the first of them are; nil in a
	// run that indexes.
	Files  *Files `json:"files,omitempty"`
	Report string `json:"report"`
	Page   string `json:"page"`
}
