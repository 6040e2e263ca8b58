package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// lacking simulates an index of each kind that was found and says what the
// templates behind it lack. Ours lacks nothing.
func (c *Cluster) lacking(ctx context.Context, s run.Settings, found findings, legacy map[string]legacyTemplate) ([]string, error) {
	var warnings []string
	for _, name := range sortedKeys(found.applies) {
		if index, ok := found.streams[name]; ok {
			return nil, &run.Fault{
				Name:   run.UnusableCluster,
				Reason: fmt.Sprintf("the index template %s is in conflict: it makes a data stream of %s, in whose changing indices an event could be stored twice", name, index),
				Remedy: "choose an index prefix that it does not match, or give another template without data_stream a higher priority",
			}
		}
		if name == found.known {
			continue
		}
		simulated, err := c.simulate(ctx, found.applies[name])
		var f *run.Fault
		if errors.As(err, &f) && f.Name == run.Denied {
			warnings = append(warnings, fmt.Sprintf("what the index template %s lacks is not known: %s", name, f.Reason))
			continue
		}
		if err != nil {
			return nil, err
		}
		w, err := judge("the index template "+name, simulated, s)
		if err != nil {
			return nil, err
		}
		warnings = append(warnings, w...)
	}
	if found.legacy != "" {
		names, merged := merge(legacy, found.legacy)
		w, err := judge("the legacy index template "+names, merged, s)
		if err != nil {
			return nil, err
		}
		warnings = append(warnings, w...)
	}
	if found.bare != "" && !found.wanted {
		warnings = append(warnings, fmt.Sprintf("no index template applies to %s: ours would take the place of legacy ones elsewhere in the range", found.bare))
	}
	return warnings, nil
}

func (c *Cluster) simulate(ctx context.Context, index string) (made, error) {
	var s struct{ Template made }
	err := c.ask(ctx, esapi.IndicesSimulateIndexTemplateRequest{Name: escape(index)}, "simulate the index "+index, &s)
	return s.Template, err
}

// judge turns what an index would lack into sentences about what makes it so.
func judge(what string, index made, s run.Settings) ([]string, error) {
	lacking, err := index.lacks(s)
	if err != nil {
		return nil, conflict(what, err)
	}
	for i := range lacking {
		lacking[i] = what + " " + lacking[i]
	}
	return lacking, nil
}

// conflict is the fault of a mapping that documents cannot be sent to.
func conflict(what string, why error) *run.Fault {
	return &run.Fault{
		Name: run.UnusableCluster, Reason: fmt.Sprintf("%s is in conflict: it %v", what, why),
		Remedy: "change that, or choose another index prefix",
	}
}
