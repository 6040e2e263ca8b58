package run

// Named errors, as the state machine's Retry, Catch and Fail know them. They
// reach it under these very names.
const (
	// InvalidRequest: the execution input cannot be used. Never retried.
	InvalidRequest = "InvalidRequest"
	// InvalidSettings: the environment of a Lambda cannot be used. Never retried.
	InvalidSettings = "InvalidSettings"
	// OverBudget: the run would come to more than it may. Never retried.
	OverBudget = "OverBudget"
	// NameTaken: the run's name belongs to another execution. Never retried.
	NameTaken = "NameTaken"
	// UnusableArchive and UnusableCluster: what List and Prepare found cannot be
	// worked with until somebody corrects it. Never retried.
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
// surroundings of a run failed, or the request was refused. A call of the index
// Lambda that moved anything forward returns More instead, and meets the fault
// again in the next call: so a fault never takes counts with it.
type Fault struct {
	Name string
	// Reason is a sentence for a person, Remedy another that says what to do.
	Reason string
	Remedy string
	// Err is what caused it, if anything.
	Err error
}

func (f *Fault) Error() string {
	s := f.Reason
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	if f.Remedy != "" {
		s += "; " + f.Remedy
	}
	return s
}

func (f *Fault) Unwrap() error { return f.Err }
