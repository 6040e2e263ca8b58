package report

import (
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// scenario is a run that went wrong in one way, or did not.
type scenario struct {
	name string
	make func(*fixture)
	kind string
	// verdict and findings must hold these words.
	verdict  string
	findings []string
	classes  map[run.End]int64 // besides Indexed
}

func at(day, hour, minute int) time.Time { return time.Date(2018, 12, day, hour, minute, 0, 0, tokyo) }

func damagedOutcome(o run.Object) run.Outcome {
	out := read(o, 4)
	out.End, out.Reason = run.Damaged, "gzip: invalid checksum in member 3"
	out.Damage = &run.Damage{Reason: out.Reason, Offset: 4711, ObjectOffset: 812, Record: 2, Event: 1}
	return out
}

func scenarios() []scenario {
	return []scenario{
		{
			name: "complete", kind: KindComplete,
			make:    func(w *fixture) { w.whole(2) },
			verdict: "Complete: 144 objects were read to their ends and 1,440 events of the range are in the cluster.",
		},
		{
			name: "again", kind: KindComplete,
			make: func(w *fixture) {
				for i := range w.prepared.Indices {
					n := int64(240)
					w.prepared.Indices[i].Documents = &n
				}
				for t := w.plan.From; t.Before(w.plan.To); t = t.Add(time.Hour) {
					o := w.list(t)
					out := read(o, 0)
					count(&out, t, 10, run.Counts{AlreadyThere: 10})
					w.succeeded(o, out)
					w.cluster[indexOf(t)] += 10
				}
			},
			verdict: "720 events of the range are in the cluster",
		},
		{
			name: "nothing", kind: KindNothing,
			make:    func(*fixture) {},
			verdict: "Nothing found under _/cwl/ecs/ecs-task/2018/12/09/12/, _/cwl/ecs/ecs-task/2018/12/12/18/.",
		},
		{
			name: "margin", kind: KindMargin,
			make: func(w *fixture) {
				w.whole(1)
				o := w.list(at(13, 2, 30))
				out := read(o, 0)
				count(&out, at(12, 23, 0), 7, run.Counts{Created: 7})
				w.succeeded(o, out)
			},
			verdict: "more may lie beyond: there were 7 events of the range in the last hour that was looked at; try marginAfter 6h.",
		},
		{
			name: "still written", kind: KindMargin,
			make: func(w *fixture) {
				w.plan.Started = at(13, 0, 0)
				w.whole(1)
			},
			verdict: "the archive was still being written when the run started, so start it again later",
		},
		{
			name: "damaged", kind: KindIncomplete,
			make: func(w *fixture) {
				w.whole(1)
				for i := range 3 {
					o := w.list(at(11, 5+i, 30))
					w.succeeded(o, damagedOutcome(o))
				}
			},
			verdict: "Incomplete, because of 3 objects damaged.", classes: map[run.End]int64{run.Damaged: 3},
		},
		{
			name: "unreadable", kind: KindIncomplete,
			make: func(w *fixture) {
				w.whole(1)
				for i, end := range []run.End{run.Archived, run.Gone, run.Changed} {
					o := w.list(at(12, i, 30))
					w.succeeded(o, run.Outcome{End: end, Reason: "it is " + string(end) + "; restore it", Calls: 1})
				}
			},
			verdict: "1 object archived, 1 object gone and 1 object changed",
			classes: map[run.End]int64{run.Archived: 1, run.Gone: 1, run.Changed: 1},
		},
		{
			name: "not indexed", kind: KindIncomplete,
			make: func(w *fixture) {
				w.whole(1)
				for i := range 2 {
					o := w.list(at(10, 7+i, 30))
					out := read(o, 6)
					out.End, out.Place = run.More, run.Place{Offset: 900, Events: 6}
					out.Retries, out.WaitedMs = 12, 91_000
					w.failed(o, run.Throttled, "the cluster asked to slow down for 91s", out)
				}
				// The call that was lost had created two more.
				w.cluster[indexOf(at(10, 7, 0))] += 2
			},
			verdict: "2 objects not indexed (Throttled)", classes: map[run.End]int64{run.NotIndexed: 2},
			findings: []string{"2 objects are counted only up to where a failure struck; what came after is unknown."},
		},
		{
			name: "stopped", kind: KindIncomplete,
			make: func(w *fixture) {
				w.whole(1)
				w.caught = run.Caught{Error: "States.ExceedToleratedFailureThreshold", Cause: "The specified tolerated failure threshold was exceeded"}
				o := w.list(at(10, 7, 30))
				r := w.child(o, "FAILED")
				r["Error"], r["Cause"] = "Lambda.Unknown", "The cause could not be determined {"
				w.results["FAILED"] = append(w.results["FAILED"], r)
				w.results["FAILED"] = append(w.results["FAILED"], w.child(w.list(at(10, 7, 40)), "ABORTED"), w.child(w.list(at(10, 7, 41)), "TIMED_OUT"))
				w.pending(w.list(at(10, 8, 30)))
				w.pending(w.list(at(10, 8, 31)))
				w.list(at(10, 8, 32))
			},
			verdict: "3 objects not indexed (Aborted, Lambda.Unknown, States.Timeout), 2 objects never started and 1 object without a result",
			classes: map[run.End]int64{run.NotIndexed: 3, run.NeverStarted: 2, run.NoResult: 1},
			findings: []string{
				"The map over the objects ended with States.ExceedToleratedFailureThreshold: The specified",
				"4 objects are counted only up to",
			},
		},
		{
			name: "refused", kind: KindIncomplete,
			make: func(w *fixture) {
				w.whole(1)
				for i := range 3 {
					o := w.list(at(11, 9, i))
					out := read(o, 0)
					count(&out, at(11, 9, i), 5, run.Counts{Created: 3, Rejected: 2})
					out.CountRejection("mapper_parsing_exception: failed to parse field [app.level]", 2)
					out.Decoded++
					out.Malformed++
					out.CountMalformation("no id", 1)
					w.succeeded(o, out)
				}
			},
			verdict: "Incomplete, because of 6 events rejected by the cluster and 3 malformed events.",
		},
		{
			name: "no results at last", kind: KindIncomplete,
			make: func(w *fixture) {
				w.whole(1)
				w.manifest, w.last = false, true
				w.list(at(11, 9, 0))
			},
			verdict:  "results that are missing or cannot be read and 1 object without a result",
			classes:  map[run.End]int64{run.NoResult: 1},
			findings: []string{"manifest of its results is not under runs/no-results-at-last/results/"},
		},
		{
			name: "fewer in the cluster", kind: KindIncomplete,
			make: func(w *fixture) {
				w.whole(1)
				w.cluster["ecs-task-2018-12-11"] -= 3
			},
			verdict:  "Incomplete, because of documents missing from the cluster.",
			findings: []string{"ecs-task-2018-12-11 holds 237, expected were 240", "deleted meanwhile, or were lost"},
		},
		{
			name: "more in the cluster", kind: KindComplete,
			make: func(w *fixture) {
				w.whole(1)
				w.cluster["ecs-task-2018-12-11"] += 3
			},
			verdict:  "Complete: 72 objects",
			findings: []string{"ecs-task-2018-12-11 holds 243, expected were 240", "another writer was at work"},
		},
		{
			name: "cluster unknown", kind: KindComplete,
			make: func(w *fixture) {
				w.whole(1)
				w.cluster["ecs-task-2018-12-11"] = -1000 // a shard failed
			},
			verdict:  "Complete: 72 objects",
			findings: []string{"could not be compared for 1 index: a count before or after is unknown"},
		},
		{
			name: "files", kind: KindComplete,
			make:    func(w *fixture) { w.wholeInFiles("i/o timeout") },
			verdict: "Complete: 72 objects were read to their ends and 144 events of the range are in 72 files.",
		},
		{
			name: "files missing", kind: KindIncomplete,
			make: func(w *fixture) {
				w.wholeInFiles("i/o timeout")
				for key := range w.files {
					if strings.Contains(key, "/2018-12-11/05/") {
						delete(w.files, key)
					}
				}
			},
			verdict:  "Incomplete, because of files missing from the run bucket.",
			findings: []string{"s3://runs/runs/files-missing/events/ holds 71 files", "but 72 files of"},
		},
		{
			name: "files changed", kind: KindIncomplete,
			make: func(w *fixture) {
				w.wholeInFiles("i/o timeout")
				for key, body := range w.files {
					if strings.Contains(key, "/2018-12-11/05/") {
						w.files[key] = append(body, body...)
					}
				}
			},
			verdict:  "Incomplete, because of files missing from the run bucket.",
			findings: []string{"holds 72 files"},
		},
		{
			name: "files unread", kind: KindIncomplete,
			make: func(w *fixture) {
				w.wholeInFiles("i/o timeout")
				o := w.list(at(10, 7, 30))
				out := w.write(o, 3, "half")
				out.Decoded, out.Written, out.Files, out.BytesOut, out.Hours, out.Lag = 0, 0, 0, 0, nil, nil
				out.End = run.More
				w.failed(o, run.Unavailable, "S3 did not answer", out)
			},
			verdict: "1 object not written (Unavailable)", classes: map[run.End]int64{run.NotIndexed: 1},
			findings: []string{"1 object is counted only up to where a failure struck"},
		},
		{
			name: "files written twice", kind: KindComplete,
			make: func(w *fixture) {
				w.wholeInFiles("i/o timeout")
				w.files[run.EventsFolder("files-written-twice")+"2018-12-11/05/more"] = []byte("x")
			},
			verdict:  "Complete: 72 objects",
			findings: []string{"holds 73 files, but the objects tell of 72"},
		},
		{
			name: "gaps", kind: KindComplete,
			make: func(w *fixture) {
				for t := w.plan.From.Add(2 * time.Hour); t.Before(w.plan.To); t = t.Add(time.Hour) {
					if t.Day() == 11 && t.Hour() >= 4 && t.Hour() < 9 {
						continue
					}
					o := w.list(t)
					w.succeeded(o, read(o, 10))
				}
			},
			verdict:  "Complete: 65 objects",
			findings: []string{"In 7 hours of the range no object arrived, the longest time from 2018-12-11 04:00"},
		},
		{
			name: "twice strange nameless", kind: KindIncomplete,
			make: func(w *fixture) {
				w.whole(1)
				w.succeeded(w.objects[3], read(w.objects[3], 10))
				w.cluster[indexOf(*w.objects[3].Time)] -= 10
				o := w.list(at(11, 1, 1))
				w.objects = w.objects[:len(w.objects)-1]
				w.succeeded(o, read(o, 0))
				w.results["FAILED"] = append(w.results["FAILED"], map[string]any{"Status": "FAILED", "Input": "?", "ExecutionArn": "arn:x"})
				w.objects = append(w.objects, w.objects[5])
			},
			classes: map[run.End]int64{run.Twice: 1},
			verdict: "numbers that contradict one another and 1 object reported twice",
			findings: []string{
				"More than one result names 1 object", "Results name 1 object that the manifest does not",
				"The manifest names 1 object more than once", "1 result of Step Functions cannot be told to any object: FAILED arn:x",
				"73 objects were planned, but 72 are in the manifest",
			},
		},
	}
}
