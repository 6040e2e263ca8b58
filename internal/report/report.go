// Package report joins what a run was to do (its plan and manifest) with what
// came of it (the results that Step Functions wrote, and the cluster's own
// counts) into one Report, and shows it: as JSON, as a page, in a terminal, as
// metrics, and as the Summary the state machine ends with.
//
// It reads and writes the run's files through package runs and asks the cluster
// through Counter; it knows neither S3 nor a search client.
// Results are streamed: memory grows by a few bytes an object, not by outcomes.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Version of the form of report.json. Members are added without changing it;
// one that changes its meaning or goes away raises it.
const Version = 2

// Kinds of a verdict.
const (
	// KindComplete: every object was read to its end and every event of the range
	// is in the cluster.
	KindComplete = "complete"
	// KindMargin: the same, but the edge of the margin still held events of the
	// range, so that more may lie beyond it.
	KindMargin = "completeWithinMargin"
	// KindIncomplete: something of the range is not in the cluster, or it cannot
	// be told.
	KindIncomplete = "incomplete"
	// KindNothing: no object was found.
	KindNothing = "nothingFound"
)

// Report is everything that is known about a run after it ended; report.json
// holds it as it is. Lists that could grow with the archive are bounded, and
// say how much they leave out.
type Report struct {
	// Version is the version of this form.
	Version int `json:"version"`
	// Run is the run's name, Made when the report was made.
	Run  string    `json:"run"`
	Made time.Time `json:"made"`
	// Complete is true for the kinds complete and completeWithinMargin. A retry is
	// complete when the runs of its chain are, together.
	Complete bool   `json:"complete"`
	Kind     string `json:"kind"`
	// Verdict is one sentence.
	Verdict string `json:"verdict"`
	// Findings are the gravest first.
	Findings []Finding `json:"findings"`

	// Plan is what was asked for and listed.
	Plan    run.Plan `json:"plan"`
	Objects Objects  `json:"objects"`
	// Events counts the events of all objects, those of unfinished ones as far
	// as they were counted.
	Events run.Counts `json:"events"`
	// Forms counts the decoded events by how they were laid down (run.Form),
	// Inferred those of the range whose id or time is none of the archive's own.
	Forms    map[string]int64 `json:"forms"`
	Inferred run.Inferred     `json:"inferred"`
	Effort   Effort           `json:"effort"`
	// Days has one row for each index, in order.
	Days []Day `json:"days"`
	// Files are the written events; nil unless files were the run's destination.
	Files *Files `json:"files"`
	// Hours are in order and without holes, from the first to the last hour that
	// could hold objects or events, at most 10,000 of them; HoursLeftOut counts
	// what lies after these.
	Hours        []Hour `json:"hours"`
	HoursLeftOut Hour   `json:"hoursLeftOut"`
	// Gaps are hours without any object inside an otherwise busy range.
	Gaps []Gap `json:"gaps"`
	// Lag says how long after their time events lay in the archive; LagUnknown
	// counts those of objects whose key tells no time, and those that have no other
	// time than the key's.
	Lag        []LagBucket `json:"lag"`
	LagUnknown int64       `json:"lagUnknown"`
	// Edge is nil where the edges of the margin held no event of the range.
	Edge *Edge `json:"edge"`

	// Errors are the objects that did not end indexed, grouped by reason, the
	// most frequent first.
	Errors []ErrorGroup `json:"errors"`
	// Rejections and Malformations are events grouped by reason, the most
	// frequent first.
	Rejections    []ReasonGroup `json:"rejections"`
	Malformations []ReasonGroup `json:"malformations"`
	// Slowest are the ten objects that took longest.
	Slowest  []Slow   `json:"slowest"`
	Problems Problems `json:"problems"`
	// Chain is nil unless the run is a retry.
	Chain *Chain `json:"chain"`

	// Cost is what the run took of AWS, by list prices; nil for one on a computer.
	Cost *run.Cost `json:"cost"`

	// Map is what the Distributed Map ended with, empty where it succeeded.
	Map run.Caught `json:"map"`
	// Cluster is what Prepare found; nil where it was not called.
	Cluster  *run.Prepared `json:"cluster"`
	Settings Settings      `json:"settings"`
}

// Finding is a sentence about something a person should know. Grave ones make
// the run incomplete.
type Finding struct {
	Grave bool `json:"grave"`
	// Short is what a verdict says of a grave one; empty for others.
	Short string `json:"short"`
	Text  string `json:"text"`
}

// Settings are those of the stack that shaped the run, none of them secret.
type Settings struct {
	Version         string   `json:"version"`
	Stack           string   `json:"stack"`
	ArchiveBucket   string   `json:"archiveBucket"`
	ArchivePrefixes []string `json:"archivePrefixes"`
	ArchiveZone     string   `json:"archiveZone"`
	ArchiveRegion   string   `json:"archiveRegion"`
	// ArchiveBucketRegion is empty where the bucket lies where the run was.
	ArchiveBucketRegion string   `json:"archiveBucketRegion"`
	RunBucket           string   `json:"runBucket"`
	IndexPrefix         string   `json:"indexPrefix"`
	Zone                string   `json:"zone"`
	Fields              []string `json:"fields"`
	Parse               bool     `json:"parse"`
	SearchURL           string   `json:"searchUrl"`
	SearchAuth          string   `json:"searchAuth"`
	Dashboards          string   `json:"dashboards"`
	BulkBytes           int      `json:"bulkBytes"`
	BulkInFlight        int      `json:"bulkInFlight"`
	BulkGzip            bool     `json:"bulkGzip"`
	RecordLimit         int      `json:"recordLimit"`
	TimeFields          []string `json:"timeFields"`
	AssumeZone          string   `json:"assumeZone"`
	IDs                 string   `json:"ids"`
	// Console tells whether the archive is S3 of AWS itself, so that its objects
	// can be opened in the console.
	Console bool `json:"console"`
}

func settingsOf(s run.Settings) Settings {
	return Settings{
		Version: s.Version, Stack: s.Stack,
		ArchiveBucket: s.ArchiveBucket, ArchivePrefixes: some(s.ArchivePrefixes), ArchiveZone: zone(s.ArchiveZone).String(),
		ArchiveRegion: s.ArchiveRegion, ArchiveBucketRegion: s.ArchiveBucketRegion, RunBucket: s.RunBucket, IndexPrefix: s.IndexPrefix, Zone: zone(s.Zone).String(),
		Fields: some(s.Fields), Parse: s.Parse,
		SearchURL: s.Search.URL, SearchAuth: s.Search.Auth, Dashboards: s.Search.Dashboards,
		BulkBytes: s.BulkBytes, BulkInFlight: s.BulkInFlight, BulkGzip: s.BulkGzip, RecordLimit: s.RecordLimit,
		TimeFields: some(s.TimeFields), AssumeZone: zone(s.AssumeZone).String(), IDs: s.IDs,
		Console: s.ArchiveEndpoint == "",
	}
}

// some makes an empty list of a missing one, so that JSON has no null.
func some(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

func zone(l *time.Location) *time.Location {
	if l == nil {
		return time.UTC
	}
	return l
}

// Read reads a report.json. It refuses one of another version.
func Read(r io.Reader) (*Report, error) {
	var report Report
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	if report.Version != Version {
		return nil, fmt.Errorf("read report: %w", otherVersion(report.Version))
	}
	return &report, nil
}

func otherVersion(v int) error {
	return fmt.Errorf("it has version %d, this program knows %d", v, Version)
}
