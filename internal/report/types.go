package report

import (
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Objects says where the objects of the manifest ended.
type Objects struct {
	// Listed are the lines of the manifest, Bytes their sizes together as stored.
	Listed int64 `json:"listed"`
	Bytes  int64 `json:"bytes"`
	// Classes holds every end of run.Ends, and adds up to Listed.
	Classes map[run.End]int64 `json:"classes"`
	// UnknownAfter counts the objects whose events are counted only up to where
	// a failure struck; what came after is unknown.
	UnknownAfter int64 `json:"unknownAfter"`
	// Timeless counts the objects that were not looked for by an hour: their key
	// tells none, or all below their prefix was taken.
	Timeless int64 `json:"timeless"`
}

// Effort is what the run took, summed over its objects; see run.Outcome.
type Effort struct {
	Calls          int64 `json:"calls"`
	Records        int64 `json:"records"`
	ControlRecords int64 `json:"controlRecords"`
	Recovered      int64 `json:"recovered"`
	Unverified     int64 `json:"unverified"`
	Repaired       int64 `json:"repaired"`
	BytesIn        int64 `json:"bytesIn"`
	BytesPlain     int64 `json:"bytesPlain"`
	BytesOut       int64 `json:"bytesOut"`
	Files          int64 `json:"files"`
	Requests       int64 `json:"requests"`
	Retries        int64 `json:"retries"`
	Throttled      int64 `json:"throttled"`
	WaitedMs       int64 `json:"waitedMs"`
	Ms             int64 `json:"ms"`
}

// Answers of the cluster about one index, or of the run bucket about files.
const (
	// AsExpected: the count lies within its bounds.
	AsExpected = "asExpected"
	// Fewer documents than before and created together.
	Fewer = "fewer"
	// More documents than this run and those before it can account for.
	More = "more"
	// Unknown: a count is missing.
	Unknown = "unknown"
)

// Day is one index and what the cluster says about it.
type Day struct {
	Index string `json:"index"`
	// Date is the day of the index's name, empty where it names none.
	Date string `json:"date"`
	// Objects arrived on that day, by the time in their key or, where that is not what
	// they were looked for by, hold documents of the index; the others' events may be
	// of other days.
	Objects int64 `json:"objects"`
	run.IndexCounts
	// Before and Now are documents of the range in the index, before the run and
	// after it; nil where unknown.
	Before *int64 `json:"before"`
	Now    *int64 `json:"now"`
	// Least and Most are the bounds of Now: Before + Created, and that plus
	// AlreadyThere. Nil where unknown; Most also where objects ended unknown.
	Least  *int64 `json:"least"`
	Most   *int64 `json:"most"`
	Answer string `json:"answer"`
}

// Hour is one hour: the objects that arrived in it (by the time in their key),
// how many of these are not wholly indexed, and the events of the range that
// happened in it.
type Hour struct {
	Start    time.Time `json:"start,omitzero"`
	Objects  int64     `json:"objects"`
	Problems int64     `json:"problems"`
	Events   int64     `json:"events"`
}

// Gap is hours in a row without any object.
type Gap struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Hours int64     `json:"hours"`
}

// LagBucket counts events that lay in the archive at most UpTo after their
// time; the last bucket has no bound and its UpTo is empty.
type LagBucket struct {
	UpTo   string `json:"upTo"`
	Events int64  `json:"events"`
}

// Edge tells that objects at the very edge of the margin held events of the
// range.
type Edge struct {
	// Before and After are these events.
	Before int64 `json:"before"`
	After  int64 `json:"after"`
	// TryBefore and TryAfter are the margins to try, empty where none helps.
	TryBefore string `json:"tryBefore"`
	TryAfter  string `json:"tryAfter"`
	// Open tells that the archive was still being written there when the run
	// started: no margin helps, a later run does.
	Open bool `json:"open"`
}

// ErrorGroup are objects that ended alike, for the same reason.
type ErrorGroup struct {
	Class run.End `json:"class"`
	// Error is the name of the error, where a child failed.
	Error string `json:"error"`
	// Reason has its numbers replaced by #; Example is one in full.
	Reason  string `json:"reason"`
	Example string `json:"example"`
	Objects int64  `json:"objects"`
	// Places are the first of these objects, LeftOut how many are not among them.
	Places  []Place `json:"places"`
	LeftOut int64   `json:"leftOut"`
}

// Place is one object that did not end indexed, and where.
type Place struct {
	Object run.Object `json:"object"`
	Reason string     `json:"reason"`
	// Damage is nil unless the object is damaged.
	Damage *run.Damage `json:"damage"`
	// Events and Offset tell how far it was read.
	Events int64 `json:"events"`
	Offset int64 `json:"offset"`
	// Execution is the ARN of the child, empty where none was started.
	Execution string `json:"execution"`
}

// ReasonGroup are events that were rejected, or malformed, for the same reason.
type ReasonGroup struct {
	Reason string `json:"reason"`
	Events int64  `json:"events"`
	// Objects held them; Places are the first of these, LeftOut how many are not
	// among them. (An object counts once for each reason that is left out of the
	// list of reasons, in the group "other".)
	Objects int64        `json:"objects"`
	Places  []EventPlace `json:"places"`
	LeftOut int64        `json:"leftOut"`
}

// EventPlace is an object that held such events.
type EventPlace struct {
	Object    run.Object `json:"object"`
	Events    int64      `json:"events"`
	Execution string     `json:"execution"`
}

// Slow is an object that took long.
type Slow struct {
	Object    run.Object `json:"object"`
	Execution string     `json:"execution"`
	Ms        int64      `json:"ms"`
	WaitedMs  int64      `json:"waitedMs"`
	Retries   int64      `json:"retries"`
	Calls     int64      `json:"calls"`
	Events    int64      `json:"events"`
	Bytes     int64      `json:"bytes"`
}

// Problems says where the whole list of unfinished objects lies.
type Problems struct {
	// Objects are the lines of Files together: JSON Lines of runs.Problem, in the
	// run bucket. In a retry they hold what is still open over the whole chain.
	// Earlier is how many of them were tried by earlier runs only.
	Objects int64    `json:"objects"`
	Earlier int64    `json:"earlier"`
	Files   []string `json:"files"`
}

// Chain is a run and those it retries, together.
type Chain struct {
	// Runs are in the order in which they ran; this one is the last.
	Runs []ChainRun `json:"runs"`
	// Created is the sum over the runs: each document is created once.
	Created int64 `json:"created"`
	// Resolved counts the objects that were open before this run and are indexed
	// now, by how they had ended; Open those that still are not, by how they ended.
	Resolved map[run.End]int64 `json:"resolved"`
	Open     map[run.End]int64 `json:"open"`
	// RejectedBefore counts the events that the cluster had refused before this
	// run, RejectedOpen those that are still not in it.
	RejectedBefore int64 `json:"rejectedBefore"`
	RejectedOpen   int64 `json:"rejectedOpen"`
	// Malformed events can never be indexed.
	Malformed int64 `json:"malformed"`
	// Beyond is what is wrong with these runs and hangs on no object that could be
	// tried again, such as documents that are missing from the cluster.
	Beyond []string `json:"beyond"`
	// Unknown tells that the report of an earlier run could not be read.
	Unknown string `json:"unknown"`
	// Complete: nothing is open over the runs together.
	Complete bool   `json:"complete"`
	Verdict  string `json:"verdict"`
}

// ChainRun is one run of a chain.
type ChainRun struct {
	Run     string    `json:"run"`
	Started time.Time `json:"started"`
	// Complete is that of the run's report.
	Complete bool              `json:"complete"`
	Objects  int64             `json:"objects"`
	Classes  map[run.End]int64 `json:"classes"`
	Events   run.Counts        `json:"events"`
}
