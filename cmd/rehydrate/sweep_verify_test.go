package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/internal/cluster/clustertest"
	"github.com/rehydrate/rehydrate/internal/run"
)

// class says what became of a run in trouble.
type class string

const (
	exact class = "exact" // everything is there, and it says so
	told  class = "told"  // it says that something is missing or unknown
	wrong class = "wrong" // anything else
)

// outcomeOf compares what a run says with what there is. The complaints are why
// it is wrong.
func (g *stage) outcomeOf(ctx context.Context, e ending) (c class, missing int, complaints []string) {
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	missing, faults, err := g.missing(ctx)
	complaints = append(complaints, faults...)
	if err != nil {
		complain("the store cannot be read: %v", err)
	}
	r := e.report
	switch {
	case ctx.Err() != nil:
		complain("it took longer than its time")
	case e.status == exitComplete && r == nil:
		complain("it ended well, without a report")
	case e.status == exitComplete && missing > 0:
		complain("it says that it is complete, but %d events are missing: %s", missing, r.Verdict)
	case e.status == exitIncomplete && r == nil:
		complain("it is incomplete, and nothing says why")
	case e.status == exitUnusable && len(strings.Fields(e.err.Error())) < 4:
		complain("it could not be done, and that is all it says: %q", e.err)
	}
	if e.status != exitUnusable && r != nil {
		complaints = append(complaints, contradictions(e, missing)...)
	}
	switch {
	case len(complaints) > 0:
		return wrong, missing, complaints
	case e.status == exitComplete:
		return exact, missing, nil
	}
	return told, missing, nil
}

// contradictions are what is wrong with a report.
func contradictions(e ending, missing int) (complaints []string) {
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	r := e.report
	if err := r.Events.Check(); err != nil {
		complain("its counts do not add up: %v", err)
	}
	if r.Complete != (e.status == exitComplete) || !strings.Contains(e.stdout, r.Verdict) {
		complain("it ended with %d, its report says complete: %t", e.status, r.Complete)
	}
	problems, objects := int64(0), int64(0)
	for end, n := range r.Objects.Classes {
		objects += n
		if end != run.Indexed {
			problems += n
		}
	}
	if objects != r.Objects.Listed {
		complain("of %d objects it tells of %d", r.Objects.Listed, objects)
	}
	grave := false
	for _, f := range r.Findings {
		grave = grave || f.Grave
	}
	if c := r.Chain; c != nil {
		grave = grave || len(c.Beyond) > 0 || c.Unknown != "" || len(c.Open) > 0 || c.RejectedOpen > 0
	}
	if !r.Complete && problems == 0 && !grave && r.Events.Rejected+r.Events.Malformed == 0 && r.Objects.Listed > 0 {
		complain("it is incomplete for no reason that it names: %s", r.Verdict)
	}
	if missing > 0 && problems == 0 && !grave && r.Events.Rejected == 0 {
		complain("%d events are missing and no object, finding or rejection tells of them: %s", missing, r.Verdict)
	}
	return complaints
}

// missing counts the events that are not there, and says what is there wrongly.
func (g *stage) missing(ctx context.Context) (missing int, faults []string, err error) {
	found, err := clustertest.Documents(ctx, g.storeURL, g.prefix+"-*")
	if err != nil {
		return len(g.want), nil, err
	}
	zone := time.FixedZone("JST", 9*60*60)
	seen := map[string]bool{}
	for _, d := range found {
		e, ok := g.want[d.ID]
		switch {
		case !ok:
			faults = append(faults, "there is a document that nobody asked for: "+d.ID)
		case seen[d.ID]:
			faults = append(faults, "a document is there twice: "+d.ID)
		case d.Message != e.Message || !d.Time.Equal(e.Time) || d.Index != g.prefix+"-"+e.Time.In(zone).Format(time.DateOnly):
			faults = append(faults, fmt.Sprintf("a document is not what was logged: %+v, want %+v", d, e))
		}
		seen[d.ID] = true
	}
	for id := range g.want {
		if !seen[id] {
			missing++
		}
	}
	return missing, faults, nil
}
