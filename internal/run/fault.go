package run

import "encoding/json"

// Named errors, as the state machine's Retry, Catch and Fail know them. They
// reach it under these very names.
const (
	// InvalidRequest: the execution input cannot be used. Never retried.
	InvalidRequest = "InvalidRequest"
	// NameTaken: the run's name belongs to another execution. Never retried.
	NameTaken = "NameTaken"
	// UnusableArchive and UnusableCluster: what List and Prepare found cannot be
	// worked with until somebody mends it. Never retried.
	UnusableArchive = "UnusableArchive"
	UnusableCluster = "UnusableCluster"
	// Denied: credentials or permissions are missing. Never retried.
	Denied = "Denied"
	// Throttled: somebody asked us to slow down, longer than a call can wait.
	Throttled = "Throttled"
	// Unavailable: somebody did not answer, or with a fault of their own.
	Unavailable = "Unavailable"
	// NoProgress: a call moved nothing forward and no reason is known; looping on
	// would never end.
	NoProgress = "NoProgress"
	// NotYet: the map's results are not all there yet; retried by Report.
	NotYet = "NotYet"
)

// Fault is an error that has a name in the state machine: something in the
// surroundings of a run failed, or the request was refused.
type Fault struct {
	Name string
	// Reason is a sentence for a person, Todo another that says what to do.
	Reason string
	Todo   string
	// Counted is what the failed call had counted, where it had.
	Counted *Outcome
	// Err is what caused it, if anything.
	Err error
}

func (f *Fault) Error() string {
	s := f.Reason
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	if f.Todo != "" {
		s += "; " + f.Todo
	}
	return s
}

func (f *Fault) Unwrap() error { return f.Err }

// Cause is the message that the state machine is given: a sentence, or, where
// something had been counted, a short JSON object of reason, todo and counted.
func (f *Fault) Cause() string {
	if f.Counted == nil {
		return f.Error()
	}
	reason := f.Reason
	if f.Err != nil {
		reason += ": " + f.Err.Error()
	}
	b, err := json.Marshal(Cause{Reason: reason, Todo: f.Todo, Counted: f.Counted})
	if err != nil {
		return f.Error()
	}
	return string(b)
}

// Cause is the JSON form of a failed child's cause.
type Cause struct {
	Reason  string   `json:"reason"`
	Todo    string   `json:"todo,omitempty"`
	Counted *Outcome `json:"counted,omitempty"`
}
