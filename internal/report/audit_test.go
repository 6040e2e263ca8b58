package report

import (
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// mixed is an outcome in which every counter counts something.
func mixed(o run.Object) run.Outcome {
	out := read(o, 0)
	count(&out, *o.Time, 20, run.Counts{Created: 9, AlreadyThere: 6, Rejected: 5, InDoubt: 2})
	out.Decoded += 12
	out.OutOfRange, out.Filtered, out.Malformed = 3, 4, 5
	out.CountRejection("mapper_parsing_exception", 5)
	out.CountMalformation("no id", 5)
	return out
}

// Whatever counter of an object is wrong by one, the report says so.
func TestBrokenCounterOfAnObject(t *testing.T) {
	index := func(o *run.Outcome, change func(*run.IndexCounts)) {
		for name, c := range o.Indices {
			change(&c)
			o.Indices[name] = c
		}
	}
	for name, breakIt := range map[string]func(*run.Outcome){
		"nothing":           nil,
		"decoded":           func(o *run.Outcome) { o.Decoded++ },
		"outOfRange":        func(o *run.Outcome) { o.OutOfRange-- },
		"filtered":          func(o *run.Outcome) { o.Filtered++ },
		"malformed":         func(o *run.Outcome) { o.Malformed++ },
		"rejected":          func(o *run.Outcome) { o.Rejected-- },
		"created":           func(o *run.Outcome) { o.Created++ },
		"alreadyThere":      func(o *run.Outcome) { o.AlreadyThere-- },
		"inDoubt":           func(o *run.Outcome) { o.InDoubt = o.AlreadyThere + 1 },
		"malformed for out": func(o *run.Outcome) { o.Malformed++; o.OutOfRange-- },
		"created for there": func(o *run.Outcome) { o.Created++; o.AlreadyThere-- },
		"rejected for made": func(o *run.Outcome) { o.Rejected++; o.Created-- },
		"index documents":   func(o *run.Outcome) { index(o, func(c *run.IndexCounts) { c.Documents++ }) },
		"index rejected":    func(o *run.Outcome) { index(o, func(c *run.IndexCounts) { c.Rejected++; c.Documents++ }) },
		"index created":     func(o *run.Outcome) { index(o, func(c *run.IndexCounts) { c.Created--; c.Documents-- }) },
		"index there":       func(o *run.Outcome) { index(o, func(c *run.IndexCounts) { c.AlreadyThere++; c.Created-- }) },
		"hours": func(o *run.Outcome) {
			for h := range o.Hours {
				o.Hours[h]++
			}
		},
		"lag":           func(o *run.Outcome) { o.Lag[3]++ },
		"lag's buckets": func(o *run.Outcome) { o.Lag = append(o.Lag, 0) },
		"rejections":    func(o *run.Outcome) { o.Rejections["mapper_parsing_exception"]-- },
		"malformations": func(o *run.Outcome) { o.Malformations["no id"]++ },
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, "broken")
			w.whole(1)
			o := w.list(at(11, 5, 30))
			out := mixed(o)
			if breakIt != nil {
				breakIt(&out)
			}
			w.succeeded(o, out)
			r := w.build()
			found := strings.Contains(allFindings(r), "counters of 1 object contradict one another, so a loss cannot be ruled out: "+o.Key)
			if found != (breakIt != nil) {
				t.Errorf("found is %v:\n%s", found, allFindings(r))
			}
			if told := strings.Contains(r.Verdict, "numbers that contradict one another"); told != found {
				t.Errorf("verdict %q", r.Verdict)
			}
		})
	}
}

// Whatever sum of the report is wrong by one, the report contradicts itself.
func TestBrokenSum(t *testing.T) {
	w := newFixture(t, "sums")
	w.whole(1)
	o := w.list(at(11, 5, 30))
	w.succeeded(o, mixed(o))
	o = w.list(at(11, 6, 30))
	w.succeeded(o, damagedOutcome(o))
	whole := func() *Report { return w.build() }
	if faults := whole().audit(); len(faults) > 0 {
		t.Fatalf("a whole report contradicts itself: %v", faults)
	}
	for name, breakIt := range map[string]func(*Report){
		"planned objects":  func(r *Report) { r.Plan.Objects++ },
		"planned bytes":    func(r *Report) { r.Plan.Bytes-- },
		"listed":           func(r *Report) { r.Objects.Listed++ },
		"listed bytes":     func(r *Report) { r.Objects.Bytes++ },
		"indexed":          func(r *Report) { r.Objects.Classes[run.Indexed]-- },
		"a class":          func(r *Report) { r.Objects.Classes[run.Gone]++ },
		"class for class":  func(r *Report) { r.Objects.Classes[run.Gone]++; r.Objects.Classes[run.Indexed]-- },
		"timeless":         func(r *Report) { r.Objects.Timeless++ },
		"decoded":          func(r *Report) { r.Events.Decoded++ },
		"out of range":     func(r *Report) { r.Events.OutOfRange++ },
		"filtered":         func(r *Report) { r.Events.Filtered-- },
		"malformed":        func(r *Report) { r.Events.Malformed++; r.Events.Filtered-- },
		"rejected":         func(r *Report) { r.Events.Rejected++; r.Events.Filtered-- },
		"created":          func(r *Report) { r.Events.Created++; r.Events.AlreadyThere-- },
		"already there":    func(r *Report) { r.Events.AlreadyThere++; r.Events.Filtered-- },
		"in doubt":         func(r *Report) { r.Events.InDoubt = 1000 },
		"day's documents":  func(r *Report) { r.Days[1].Documents++ },
		"day's created":    func(r *Report) { r.Days[1].Created++ },
		"day's there":      func(r *Report) { r.Days[1].AlreadyThere-- },
		"day's rejected":   func(r *Report) { r.Days[1].Rejected++; r.Days[1].Created-- },
		"an hour's events": func(r *Report) { r.Hours[30].Events++ },
		"hour's objects":   func(r *Report) { r.Hours[30].Objects-- },
		"hours left out":   func(r *Report) { r.HoursLeftOut.Events++ },
		"hour's problems":  func(r *Report) { r.Hours[30].Problems++ },
		"lag":              func(r *Report) { r.Lag[2].Events-- },
		"lag unknown":      func(r *Report) { r.LagUnknown++ },
		"an error's":       func(r *Report) { r.Errors[0].Objects++ },
		"an error left":    func(r *Report) { r.Errors[0].LeftOut++ },
		"rejections":       func(r *Report) { r.Rejections[0].Events++ },
		"malformations":    func(r *Report) { r.Malformations[0].Events-- },
		"problems":         func(r *Report) { r.Problems.Objects++ },
	} {
		t.Run(name, func(t *testing.T) {
			r := whole()
			breakIt(r)
			if len(r.audit()) == 0 {
				t.Error("nobody noticed")
			}
		})
	}
}
