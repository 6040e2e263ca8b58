package cluster

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// sampleSize is how many ids are looked at at each end of an index.
	sampleSize = 50
	// Event ids of CloudWatch Logs are decimal numbers of about 56 digits.
	leastDigits = 40
	mostDigits  = 80
)

// held is what indices hold before a run.
type held struct {
	counts   []run.IndexCount
	missing  []string
	warnings []string
}

// look counts the documents of a range, and takes a sample of their ids: the
// first and last as they lie in the index. It asks about 100 indices in one
// request.
func (c *Cluster) look(ctx context.Context, indices []string, from, to time.Time) (held, error) {
	var h held
	var unknown, foreign []string
	example := ""
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
			return held{}, err
		}
		for i, index := range some {
			first, last := answers[2*i], answers[2*i+1]
			h.counts = append(h.counts, run.IndexCount{Index: index, Documents: first.documents})
			if first.missing {
				h.missing = append(h.missing, index)
			}
			if first.documents == nil {
				unknown = append(unknown, index)
			}
			ids := slices.Concat(first.ids, last.ids)
			if at := slices.IndexFunc(ids, isForeign); at >= 0 {
				foreign = append(foreign, index)
				example = ids[at]
			}
		}
	}
	if len(unknown) > 0 {
		h.warnings = append(h.warnings, "what "+several(unknown)+" held before is not known, because a shard failed: the cluster's own count cannot be checked there")
	}
	if len(foreign) > 0 {
		h.warnings = append(h.warnings, fmt.Sprintf("another loader has put documents into %s (such as %q, which is no event id): events that it loaded will be there twice", several(foreign), example))
	}
	return h, nil
}

func isForeign(id string) bool {
	if len(id) < leastDigits || len(id) > mostDigits {
		return true
	}
	return strings.Trim(id, "0123456789") != ""
}

// several names a few of many.
func several(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(names[:few], ", "), len(names)-few)
}

// made is an index or a template's idea of one.
type made struct {
	Settings indexSettings
	Mappings mappings
}

// inspect looks at those of indices that are there: whether they can be written
// to, and what they lack for the documents of s. Who may not look is told so by a
// warning.
func (c *Cluster) inspect(ctx context.Context, s run.Settings, indices []string) ([]string, error) {
	doing := "look at the settings and mappings of " + several(indices)
	lacking := map[string][]string{}
	for some := range chunkByPath(indices) {
		a, err := c.do(ctx, inspection(some))
		if err != nil {
			return nil, err
		}
		if a.status == http.StatusUnauthorized || a.status == http.StatusForbidden {
			return []string{fmt.Sprintf("we may not %s: %s", doing, a.words())}, nil
		}
		if a.status != http.StatusOK {
			return nil, c.refusal(a, doing)
		}
		var there map[string]made
		if err := c.decode(a, doing, &there); err != nil {
			return nil, err
		}
		for _, index := range sortedKeys(there) {
			if f := there[index].Settings.Index.Blocks.indexFault(index); f != nil {
				return nil, f
			}
			w, err := there[index].lacks(s)
			if err != nil {
				return nil, conflict("the index "+index, err)
			}
			for _, l := range w {
				lacking[l] = append(lacking[l], index)
			}
		}
	}
	var warnings []string
	for _, l := range sortedKeys(lacking) {
		warnings = append(warnings, fmt.Sprintf("each of the indices that are there, %s, %s", several(lacking[l]), l))
	}
	return warnings, nil
}

// inspection asks for no more of a mapping than matters: one that has exploded
// has megabytes.
func inspection(indices []string) esapi.IndicesGetRequest {
	yes := true
	filter := []string{
		"*.settings.index.blocks", "*.settings.index.default_pipeline", "*.settings.index.final_pipeline",
		"*.mappings.dynamic", "*.mappings.date_detection",
	}
	paths := []string{"@timestamp", "message", document.ParsedField}
	for _, name := range run.FieldNames() {
		paths = append(paths, strings.ReplaceAll(fieldPath(name), ".", ".properties."))
	}
	for _, p := range paths {
		filter = append(filter, "*.mappings.properties."+p)
	}
	return esapi.IndicesGetRequest{Index: escapeAll(indices), IgnoreUnavailable: &yes, AllowNoIndices: &yes, FilterPath: filter}
}
