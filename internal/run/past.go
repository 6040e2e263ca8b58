package run

import "time"

// Past is a run that has ended, in a few lines: the history keeps it when the run's
// own files are gone.
type Past struct {
	Run string `json:"run"`
	// Started is when the run began, Ended when its report was made.
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	// From, To, Retry and Destination are those of its plan.
	From        time.Time   `json:"from"`
	To          time.Time   `json:"to"`
	Retry       string      `json:"retry,omitempty"`
	Destination Destination `json:"destination"`
	// View is the name of the view that it filled, if any.
	View string `json:"view,omitempty"`
	// Complete, Kind and Verdict are those of its report.
	Complete bool   `json:"complete"`
	Kind     string `json:"kind"`
	Verdict  string `json:"verdict"`
	// Objects and Bytes, as stored, of its manifest.
	Objects int64 `json:"objects"`
	Bytes   int64 `json:"bytes"`
	Counts
	// Dollars that AWS took, by list prices; nil of a run outside of AWS.
	Dollars *float64 `json:"dollars,omitempty"`
}
