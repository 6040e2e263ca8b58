package cluster

import "github.com/rehydrate/rehydrate/internal/run"

// blocked is the fault of a cluster or index that takes no writes; words are its
// own.
func blocked(words string) *run.Fault {
	return &run.Fault{Name: run.Unavailable, Reason: "the cluster takes no writes: " + words}
}
