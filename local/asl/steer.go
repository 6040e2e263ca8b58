package asl

// MapRun is a run of a Distributed Map that can be looked at, and steered, while it
// goes on, as DescribeMapRun and UpdateMapRun do in AWS.
type MapRun struct{ run *mapRun }

// MapRunState is how far a map run is, in the words of DescribeMapRun.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html
type MapRunState struct {
	Status                           Status // "RUNNING" until it has ended
	MaxConcurrency                   int
	Total, Running, Succeeded, Ended int
}

// Running is the status of what has not ended.
const Running Status = "RUNNING"

// ARN of the map run.
func (m *MapRun) ARN() string { return m.run.arn }

// State is how far it is.
func (m *MapRun) State() MapRunState {
	limit, inside := m.run.gate.state()
	m.run.mu.Lock()
	defer m.run.mu.Unlock()
	return MapRunState{
		Status: m.run.status, MaxConcurrency: limit, Total: m.run.total,
		Running: inside, Succeeded: m.run.succeeded, Ended: m.run.done,
	}
}

// SetMaxConcurrency changes how many children run at once; 0 is as many as there may
// be. Those that run go on.
func (m *MapRun) SetMaxConcurrency(n int) { m.run.gate.set(n) }
