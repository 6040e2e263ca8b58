package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	wholeSweep   = flag.Bool("sweep", false, "sweep every call of a run in every way, not only a sample")
	update       = flag.Bool("update", false, "write what a sweep came to into docs/faults.md")
	sweepSeed    = flag.Uint64("sweep.seed", 1, "of what is chance in a sweep")
	sweepOnly    = flag.String("sweep.only", "", "only the cases whose names hold this")
	sweepWorkers = flag.Int("sweep.workers", 8*runtime.NumCPU(), "cases at once")
	sweepSample  = flag.Int("sweep.sample", 120, "cases of a sample")
)

// sweepCase is one fault at one call of a run.
type sweepCase struct {
	number int
	site   string
	way    way
	first  int
	times  int
	lasts  time.Duration
}

func (c sweepCase) String() string {
	text := fmt.Sprintf("%s, call %d, %s", c.site, c.first, c.way.name)
	switch {
	case c.lasts > 0:
		text += fmt.Sprintf(", for %s", c.lasts)
	case c.times > 1:
		text += fmt.Sprintf(", %d times", c.times)
	}
	return text
}

// result is what came of a case.
type result struct {
	sweepCase
	class      class
	struck     int
	complaints []string
	took       time.Duration
	left       string // where its files are
}

// Every call of a run to S3 and to the cluster fails, in every way. Each run
// ends exact or says what is missing, and a run after it brings that in.
func TestSweep(t *testing.T) {
	var cases []sweepCase
	t.Run("clean", func(t *testing.T) { cases = sweepCases(newSurroundings(t, 6).clean(t)) })
	random := rand.New(rand.NewPCG(*sweepSeed, 7))
	random.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
	all := len(cases)
	if *wholeSweep || *sweepOnly != "" {
		hangs = 35 * time.Second // longer than S3 is waited for
	} else {
		cases = cases[:min(*sweepSample, len(cases))]
	}
	var results []result
	// A store with the documents of hundreds of cases would take longer for each.
	for part := range slices.Chunk(cases, 400) {
		begun := time.Now()
		// Those that take longest begin first.
		slices.SortStableFunc(part, func(a, b sweepCase) int {
			switch hangs := b.way.name == "hang"; {
			case hangs == (a.way.name == "hang"):
				return 0
			case hangs:
				return 1
			}
			return -1
		})
		t.Run("cases", func(t *testing.T) { results = append(results, newSurroundings(t, 6).sweep(t, part)...) })
		t.Logf("%d of %d cases, the last %d in %s", len(results), len(cases), len(part), time.Since(begun).Round(time.Second))
		publish(t, "Every call of a run", fmt.Sprintf(`A tiny archive goes through the whole machine with the real Lambdas. In each run one call to the archive, to
the run bucket or to the cluster fails: the first, the second, and so on to the last, in each way; then two in a row, and some for
three seconds. This is what %d of these %d cases came to.`, len(results), all), results)
	}
}

// Calls that are struck at the same time have nothing in common.
func TestStruckAtOnce(t *testing.T) {
	const calls, answer = 8, "an answer of some length"
	s := newSite(t, "archive", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
	t.Cleanup(func() { s.stop(true) })
	i := slices.IndexFunc(ways(), func(w way) bool { return w.name == "flipped bit" })
	s.strike(&fault{way: ways()[i], times: calls, random: rand.New(rand.NewPCG(1, 7))})
	var clients sync.WaitGroup
	for range calls {
		clients.Go(func() {
			resp, err := http.Get(s.url())
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if b, err := io.ReadAll(resp.Body); err != nil || len(b) != len(answer) || string(b) == answer {
				t.Errorf("%q, %v: no bit is flipped", b, err)
			}
		})
	}
	clients.Wait()
	if n := s.strikes(); n != calls {
		t.Errorf("%d of %d calls are struck", n, calls)
	}
}

// clean runs without a fault, and gives the calls to each site.
func (s *surroundings) clean(t *testing.T) map[string][]string {
	t.Helper()
	g := s.newStage(t, "clean")
	e := g.run(t.Context(), "first", sweepInput)
	if c, _, complaints := g.outcomeOf(t.Context(), e); c != exact {
		t.Fatalf("a run without a fault is %s: %v\n%v\n%s%s", c, complaints, e.err, e.stdout, e.stderr)
	}
	calls := map[string][]string{}
	for name, site := range g.sites {
		calls[name] = site.seen
	}
	if err := g.close(false); err != nil {
		t.Fatal(err)
	}
	t.Logf("a clean run takes %s and makes %d calls to the archive, %d to the run bucket, %d to the cluster",
		e.took.Round(time.Millisecond), len(calls["archive"]), len(calls["run bucket"]), len(calls["cluster"]))
	return calls
}

// sweepCases are all: each way at each call that it fits, once, twice in a row,
// and lasting.
func sweepCases(calls map[string][]string) (all []sweepCase) {
	add := func(c sweepCase) {
		c.number = len(all)
		if *sweepOnly == "" || strings.Contains(fmt.Sprintf("%d: %s", c.number, c), *sweepOnly) {
			all = append(all, c)
		} else {
			all = append(all, sweepCase{number: -1})
		}
	}
	for _, site := range siteNames() {
		for _, w := range ways() {
			for n, kind := range calls[site] {
				if !w.fits(site, kind) {
					continue
				}
				add(sweepCase{site: site, way: w, first: n, times: 1})
				add(sweepCase{site: site, way: w, first: n, times: 2})
				if w.lasts && n%4 == 0 {
					add(sweepCase{site: site, way: w, first: n, lasts: 3 * time.Second})
				}
			}
		}
	}
	var kept []sweepCase
	for _, c := range all {
		if c.number >= 0 {
			kept = append(kept, c)
		}
	}
	return kept
}

// sweep executes cases, some at once.
func (s *surroundings) sweep(t *testing.T, cases []sweepCase) []result {
	results := make([]result, len(cases))
	next := make(chan int)
	var workers sync.WaitGroup
	for range *sweepWorkers {
		workers.Go(func() {
			for i := range next {
				results[i] = s.execute(t, cases[i])
				if r := results[i]; r.class == wrong {
					t.Errorf("case %d (%s): see %s\n\t%s", r.number, r.sweepCase, r.left, strings.Join(r.complaints, "\n\t"))
				}
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}

// execute runs with the fault, then retries if something is missing, and runs
// once more.
func (s *surroundings) execute(t *testing.T, c sweepCase) result {
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	g := s.newStage(t, fmt.Sprintf("sweep-%d", c.number))
	r := result{sweepCase: c, left: g.out}
	random := rand.New(rand.NewPCG(*sweepSeed, uint64(c.number)))
	g.sites[c.site].strike(&fault{way: c.way, first: c.first, times: c.times, lasts: c.lasts, random: random})
	first := g.run(ctx, "first", sweepInput)
	r.took, r.struck = first.took, g.sites[c.site].strikes()
	g.sites[c.site].heal()

	r.class, r.complaints = g.conclude(ctx, first)
	if err := g.close(r.class == wrong); err != nil {
		r.complaints = append(r.complaints, err.Error())
	}
	return r
}

// conclude tells what became of a run. It retries if something is missing, and
// runs once more, after which everything has to be there.
func (g *stage) conclude(ctx context.Context, first ending) (class, []string) {
	c, missing, complaints := g.outcomeOf(ctx, first)
	complain := func(name string, more ...string) {
		for _, text := range more {
			complaints = append(complaints, name+": "+text)
		}
	}
	if c == told && first.report != nil {
		var more []string
		_, missing, more = g.outcomeOf(ctx, g.run(ctx, "retry", `{"retry":"first"}`))
		complain("the retry", more...)
	}
	second := g.run(ctx, "second", sweepInput)
	got, left, more := g.outcomeOf(ctx, second)
	complain("the second run", more...)
	if got != exact || left > 0 {
		complain("the second run", fmt.Sprintf("it is %s, %d events are missing: %v\n%s", got, left, second.err, second.stdout))
	}
	if second.report != nil && second.report.Events.Created != int64(missing) {
		complain("the second run", fmt.Sprintf("it created %d events, %d were missing", second.report.Events.Created, missing))
	}
	if len(complaints) == 0 {
		return c, nil
	}
	return wrong, append(complaints, fmt.Sprintf("the first run ended with %d: %v\n%s%s", first.status, first.err, first.stdout, first.stderr))
}
