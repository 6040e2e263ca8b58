package cluster

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	// sampleSize is how many ids are looked at at each end of an index.
	sampleSize = 50
	// Event ids of CloudWatch Logs are decimal numbers of about 56 digits.
	leastDigits = 40
	mostDigits  = 80
)

// ForeignIDs looks at a hundred ids of each index, the first and last in its
// segments within the range, and returns a warning for each index that holds
// some that are no event ids: another loader's documents, beside which this
// program would store the same events once more. It is a sample; no warning is
// no proof.
func (c *Cluster) ForeignIDs(ctx context.Context, indices []string, from, to time.Time) ([]string, error) {
	var warnings []string
	for some := range slices.Chunk(indices, searchesAtOnce/2) {
		var searches []search
		for _, index := range some {
			s := search{index: index, from: from, to: to, ids: sampleSize}
			searches = append(searches, s)
			s.last = true
			searches = append(searches, s)
		}
		answers, err := c.search(ctx, searches)
		if err != nil {
			return nil, err
		}
		for i, index := range some {
			ids := slices.Concat(answers[2*i].ids, answers[2*i+1].ids)
			if at := slices.IndexFunc(ids, isForeign); at >= 0 {
				warnings = append(warnings, fmt.Sprintf("%s holds documents of another loader, such as %q, whose ids are no event ids: events that it loaded will be there twice", index, ids[at]))
			}
		}
	}
	return warnings, nil
}

func isForeign(id string) bool {
	if len(id) < leastDigits || len(id) > mostDigits {
		return true
	}
	for _, c := range []byte(id) {
		if c < '0' || c > '9' {
			return true
		}
	}
	return false
}
