package list

import (
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// fewObjects are not worth the thought.
	fewObjects = 1000
	// goodObject is a size in bytes, as stored, that leaves nothing to gain: reading it
	// takes longer than everything that an object costs beside.
	goodObject = 16 << 20
	// buffersAnHour are closed by the longest time that Firehose knows, 900 seconds.
	buffersAnHour = 4
)

// advise says what about the archive makes runs dear. Objects cost, not events: each
// takes its state transitions, its call and its request.
func advise(v run.Inventory) []string {
	fewer := max(v.Bytes/goodObject, buffersAnHour*int64(len(v.Hours)), 1)
	if v.Objects < fewObjects || v.Objects < 2*fewer {
		return nil
	}
	c, mean := v.Estimate.Cost, v.Bytes/v.Objects
	saved := (c.StepFunctions + c.S3 + c.KMS) * (1 - float64(fewer)/float64(v.Objects))
	return []string{fmt.Sprintf("the mean object has %d KB: a longer or larger buffer of the Firehose stream (up to 900 seconds and 128 MB; archiveBufferSeconds, archiveBufferMebibytes) "+
		"makes fewer and larger objects of what comes; of this range about %d instead of %d, which would take about $%.2f less", mean/1000, fewer, v.Objects, saved)}
}
