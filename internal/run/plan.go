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
	PlanOnly                   bool        `json:"plan"`
	Retry                      string      `json:"retry"`
	Destination                Destination `json:"destination"`
	MaxConcurrency             int         `json:"maxConcurrency"`
	ToleratedFailurePercentage float64     `json:"toleratedFailurePercentage"`
	Include                    Filter      `json:"include"`
	Exclude                    Filter      `json:"exclude"`
	// Restore is what archived objects are asked for, and how far that is.
	Restore Restore `json:"restore"`
	// Objects and Bytes (as stored) of the manifest.
	Objects int64 `json:"objects"`
	Bytes   int64 `json:"bytes"`
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
