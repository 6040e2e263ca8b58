package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/sample"
)

func TestBrokenDamaged(t *testing.T) {
	p := newRig(t, "")
	bad := p.some(t, 1)[0]
	good := p.write(t, bad, []byte{0x1f, 0x8b, 8, 0, 0, 0})
	p.first(t, ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete, because of 1 object damaged.",
		classes: map[run.End]int64{run.Damaged: 1},
	})
	p.holds(t, p.without(t, bad))

	// The same object is read once more: its damage may have arisen on the way.
	p.retry(t, "first", "again", ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete, because of 1 object damaged.",
		classes: map[run.End]int64{run.Damaged: 1},
		chain:   []string{"Over 2 runs, still open: 1 object damaged"}, finding: "1 damaged object is the same as before",
	})

	p.write(t, bad, good)
	p.retry(t, "again", "repaired", completed(map[run.End]int64{run.Damaged: 1}, "Over 3 runs"))
	p.holds(t, p.without(t))
}

func TestBrokenGone(t *testing.T) {
	p := newRig(t, "")
	lost := p.some(t, 2)
	var bodies [][]byte
	p.atCluster(afterListing(func() {
		for _, o := range lost {
			bodies = append(bodies, p.write(t, o, nil))
			p.remove(t, o)
		}
	}))
	p.first(t, ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete, because of 2 objects gone.",
		classes: map[run.End]int64{run.Gone: 2},
	})
	p.holds(t, p.without(t, lost...))

	p.write(t, lost[0], bodies[0])
	p.retry(t, "first", "half", ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "1 object gone",
		classes: map[run.End]int64{run.Gone: 1}, resolved: map[run.End]int64{run.Gone: 1},
		chain: []string{"still open: 1 object gone", "this one resolved 1 object"},
	})
	p.holds(t, p.without(t, lost[1]))

	p.write(t, lost[1], bodies[1])
	p.retry(t, "half", "whole", completed(map[run.End]int64{run.Gone: 1}, "Over 3 runs"))
	p.holds(t, p.without(t))
}

func TestBrokenChanged(t *testing.T) {
	p := newRig(t, "")
	other := p.some(t, 1)[0]
	p.atCluster(afterListing(func() { p.write(t, other, zipped(t, p.write(t, other, nil))) }))
	p.first(t, ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete, because of 1 object changed.",
		classes: map[run.End]int64{run.Changed: 1},
	})
	p.holds(t, p.without(t, other))
	p.retry(t, "first", "second", completed(map[run.End]int64{run.Changed: 1}))
	p.holds(t, p.without(t))
}

func TestBrokenArchived(t *testing.T) {
	p := newRig(t, "")
	cold := p.some(t, 2)
	frozen := func(restored bool) door {
		return func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			for _, o := range cold {
				switch {
				case r.URL.Path != "/archive/"+o.Key:
				case r.Method == http.MethodGet && !restored:
					return refuse(w, http.StatusForbidden, "InvalidObjectState")
				case r.Method == http.MethodHead:
					w.Header().Set("X-Amz-Storage-Class", "GLACIER")
					w.Header().Set("X-Amz-Restore", fmt.Sprintf(`ongoing-request="%v"`, !restored))
				}
			}
			return false
		}
	}
	p.atArchive(frozen(false))
	two := map[run.End]int64{run.Archived: 2}
	r := p.first(t, ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete, because of 2 objects archived.", classes: two,
	})
	if len(r.Errors) != 1 || !strings.Contains(r.Errors[0].Reason, "restore") {
		t.Errorf("what to do about it is not told: %+v", r.Errors)
	}
	p.holds(t, p.without(t, cold...))
	p.retry(t, "first", "early", ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "2 objects archived", classes: two,
		chain: []string{"still open: 2 objects archived"},
	})
	p.atArchive(frozen(true))
	p.retry(t, "early", "restored", completed(two))
	p.holds(t, p.without(t))
}

func TestBrokenNotIndexed(t *testing.T) {
	for name, door := range map[string]func(p *rig, objects []sample.Object){
		"by the cluster": func(p *rig, objects []sample.Object) { p.atCluster(denied(objects)) },
		"by S3": func(p *rig, objects []sample.Object) {
			p.atArchive(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
				return slices.ContainsFunc(objects, func(o sample.Object) bool { return r.URL.Path == "/archive/"+o.Key }) &&
					refuse(w, http.StatusForbidden, "AccessDenied")
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newRig(t, "")
			shut := p.some(t, 3)
			door(p, shut)
			p.first(t, ended{
				status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete, because of 3 objects not indexed (Denied).",
				classes: map[run.End]int64{run.NotIndexed: 3},
				finding: "counted only up to where a failure struck",
			})
			p.holds(t, p.without(t, shut...))
			door(p, shut[2:])
			// One failed child of three is more than is tolerated otherwise.
			status, stdout := p.run(t, "second", "--input", `{"retry":"first","toleratedFailurePercentage":50}`)
			p.ends(t, "second", status, stdout, ended{
				status: exitIncomplete, kind: report.KindIncomplete, verdict: "1 object not indexed (Denied)",
				classes: map[run.End]int64{run.NotIndexed: 1}, resolved: map[run.End]int64{run.NotIndexed: 2},
				chain: []string{"still open: 1 object not indexed", "this one resolved 2 objects"},
			})
			p.holds(t, p.without(t, shut[2]))
			p.open()
			p.retry(t, "second", "third", completed(map[run.End]int64{run.NotIndexed: 1}, "Over 3 runs"))
			p.holds(t, p.without(t))
		})
	}
}

func TestBrokenNeverStarted(t *testing.T) {
	p := newRig(t, "")
	p.atCluster(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		return strings.HasSuffix(r.URL.Path, "/_bulk") && deny(w)
	})
	status, stdout := p.run(t, "first", "--input", `{"from":"2018-12-10","to":"2018-12-10","maxConcurrency":1}`)
	r := p.report(t, "first")
	pending, failed := r.Objects.Classes[run.NeverStarted], r.Objects.Classes[run.NotIndexed]
	if failed == 0 || pending < 30 {
		t.Errorf("%d objects failed and %d were never started", failed, pending)
	}
	open := map[run.End]int64{run.NeverStarted: pending, run.NotIndexed: failed}
	p.ends(t, "first", status, stdout, ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: fmt.Sprintf("%d objects never started", pending),
		classes: open, finding: "States.ExceedToleratedFailureThreshold",
	})
	if found := documents(t, p.engine, "ecs-task-*"); len(found) != 0 {
		t.Errorf("%d documents came through a closed door", len(found))
	}
	p.open()
	p.retry(t, "first", "second", completed(open))
	p.holds(t, p.without(t))
}

// A template of the user's own maps the message in a way that the cluster cannot
// put any into.
func TestBrokenRejected(t *testing.T) { rejected(t, newRig(t, "")) }

func rejected(t *testing.T, p *rig) {
	p.ask(t, http.MethodPut, "/_index_template/mine",
		`{"index_patterns":["ecs-task-*"],"priority":500,"template":{"mappings":{"properties":{"@timestamp":{"type":"date"},"message":{"type":"integer"}}}}}`)
	want := p.without(t)
	r := p.first(t, ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "events rejected by the cluster",
		finding: "maps message as integer, not text",
	})
	refused := r.Events.Rejected
	if refused < int64(len(want)) || r.Events.Created != 0 || len(r.Rejections) != 1 || !strings.Contains(r.Rejections[0].Reason, "failed to parse") {
		t.Errorf("%d events are rejected of %d, %d created; the reasons are %+v", refused, len(want), r.Events.Created, r.Rejections)
	}

	// As long as the mapping is the same, they are rejected once more.
	again := p.retry(t, "first", "again", ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "events rejected by the cluster",
		chain: []string{"still open: " + count(refused) + " rejected events", "this one resolved 0 objects and 0 rejected events"},
	})
	if again.Events.Rejected != refused || again.Events.Decoded != refused {
		t.Errorf("%d of %d events are rejected again, want all %d", again.Events.Rejected, again.Events.Decoded, refused)
	}

	p.ask(t, http.MethodDelete, "/_index_template/mine", "")
	p.ask(t, http.MethodDelete, "/ecs-task-2018-12-10", "")
	p.retry(t, "again", "repaired", completed(nil, "Over 3 runs", "resolved 0 objects and "+count(refused)+" rejected events"))
	p.holds(t, want)
}

// rejectedInPart: the user's mapping takes all but the largest messages, and can
// be corrected in place.
func rejectedInPart(t *testing.T, p *rig) {
	p.ask(t, http.MethodPut, "/_index_template/mine",
		`{"index_patterns":["ecs-task-*"],"priority":500,"template":{"mappings":{"properties":{"@timestamp":{"type":"date"},"message":{"type":"keyword"}}}}}`)
	const most = 32_766 // bytes of a Lucene term
	large := int64(0)
	small := p.without(t)
	maps.DeleteFunc(small, func(_ string, e sample.Event) bool {
		if len(e.Message) > most {
			large++
		}
		return len(e.Message) > most
	})
	r := p.first(t, ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "rejected by the cluster",
		finding: "messages of over 32,766 bytes would be rejected",
	})
	if large == 0 || r.Events.Rejected < large || r.Events.Created != int64(len(small)) {
		t.Errorf("%d events are rejected and %d created, %d are large and %d not", r.Events.Rejected, r.Events.Created, large, len(small))
	}
	p.holds(t, small)
	p.ask(t, http.MethodDelete, "/_index_template/mine", "")
	p.ask(t, http.MethodPut, "/ecs-task-2018-12-10/_mapping", `{"properties":{"message":{"type":"keyword","ignore_above":8191}}}`)
	p.retry(t, "first", "second", completed(nil, "resolved 0 objects and "+plural(r.Events.Rejected, "rejected event")))
	p.holds(t, p.without(t))
}

func TestBrokenDeletedMeanwhile(t *testing.T) { deletedMeanwhile(t, newRig(t, "")) }

// deletedMeanwhile: somebody deletes documents between the last bulk request and
// the count of the report. A retry cannot know which, and says so; the same range
// once more brings them back.
func deletedMeanwhile(t *testing.T, p *rig) {
	victims := p.some(t, 2)
	var bulks, done atomic.Bool
	p.atCluster(func(_ http.ResponseWriter, r *http.Request, _ []byte) bool {
		switch {
		case strings.HasSuffix(r.URL.Path, "/_bulk"):
			bulks.Store(true)
		case bulks.Load() && done.CompareAndSwap(false, true):
			for _, o := range victims {
				p.ask(t, http.MethodDelete, "/ecs-task-2018-12-10/_doc/"+o.Events[0].ID, "")
			}
		}
		return false
	})
	p.first(t, ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete, because of documents missing from the cluster.",
		finding: "The cluster holds fewer documents",
	})
	p.retry(t, "first", "second", ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete: earlier runs left ",
		chain: []string{"documents missing from the cluster", "the same range once more"},
	})
	status, stdout := p.run(t, "anew", "--from", "2018-12-10", "--to", "2018-12-10")
	r := p.ends(t, "anew", status, stdout, ended{status: exitComplete, kind: report.KindComplete, verdict: "Complete:"})
	if r.Events.Created != 2 {
		t.Errorf("%d documents were created, 2 were missing", r.Events.Created)
	}
	p.holds(t, p.without(t))
}

// A margin that ends where the range does cannot tell whether more lies beyond.
func TestBrokenMargin(t *testing.T) {
	p := newRig(t, "")
	r := p.first(t, ended{
		status: exitComplete, kind: report.KindMargin, verdict: "Complete within the margin, more may lie beyond",
	}, "--input", `{"from":"2018-12-10T10:00:00+09:00","to":"2018-12-10T14:00:00+09:00","marginBefore":"0s","marginAfter":"0s"}`)
	if r.Edge == nil || r.Edge.TryBefore == "" || r.Edge.TryAfter == "" {
		t.Fatalf("no margin to try is named: %+v", r.Edge)
	}
	status, stdout := p.run(t, "wider", "--input", fmt.Sprintf(
		`{"from":"2018-12-10T10:00:00+09:00","to":"2018-12-10T14:00:00+09:00","marginBefore":%q,"marginAfter":%q}`, r.Edge.TryBefore, r.Edge.TryAfter))
	p.ends(t, "wider", status, stdout, ended{status: exitComplete, kind: report.KindComplete, verdict: "Complete:"})
	from := day(t, "2018-12-10").Add(10 * time.Hour)
	p.holds(t, p.truth.Expect(from, from.Add(4*time.Hour)))
}

func TestBrokenNothingFound(t *testing.T) {
	p := newRig(t, "")
	p.first(t, ended{
		status: exitIncomplete, kind: report.KindNothing, verdict: "Nothing found under _/cwl/ecs/ecs-task/2017/",
	}, "--from", "2017-06-10", "--to", "2017-06-10")
	p.retry(t, "first", "second", ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete: earlier runs left ", chain: []string{"nothing found"},
	})
}

// A run that was stopped in the middle is finished by a retry as well.
func TestBrokenStopped(t *testing.T) {
	p := newRig(t, "")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var bulks atomic.Int32
	p.atCluster(func(_ http.ResponseWriter, r *http.Request, _ []byte) bool {
		if strings.HasSuffix(r.URL.Path, "/_bulk") && bulks.Add(1) == 10 {
			stop()
		}
		return false
	})
	status, stdout, stderr := rehydrate(ctx, "run", "--archive", "s3://archive", "--search", p.search, "--out", p.out,
		"--name", "first", "--from", "2018-12-10", "--to", "2018-12-10")
	r := p.report(t, "first")
	unfinished := maps.Clone(r.Objects.Classes)
	maps.DeleteFunc(unfinished, func(c run.End, n int64) bool { return c == run.Indexed || n == 0 })
	if status != exitIncomplete || r.Complete || len(unfinished) == 0 {
		t.Errorf("exit status %d, %v unfinished\n%s%s", status, unfinished, stdout, stderr)
	}
	p.retry(t, "first", "second", completed(unfinished))
	p.holds(t, p.without(t))
}

// Malformed events stay so: a retry does not try, and says so.
func TestBrokenMalformed(t *testing.T) {
	p := newRig(t, "")
	o := p.some(t, 1)[0]
	body := p.write(t, o, nil)
	p.write(t, o, append(body, zipped(t, []byte(
		`{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{"timestamp":1544414264183,"message":"no id"}]}`))...))
	p.first(t, ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete, because of 1 malformed event.",
	})
	p.holds(t, p.without(t))
	p.retry(t, "first", "second", ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete: earlier runs left ",
		chain: []string{"1 malformed event, which can never be indexed"}, finding: "can never be indexed",
	})
}

// The same on a real engine, where its own words and counts decide.
func brokenOn(t *testing.T, e *enginetest.Running) {
	for name, broken := range map[string]func(*testing.T, *rig){
		"rejected":          rejected,
		"deleted meanwhile": deletedMeanwhile,
		"rejected in part":  rejectedInPart,
		"not indexed, damaged and gone": func(t *testing.T, p *rig) {
			bad := p.some(t, 3)
			good := p.write(t, bad[0], []byte("<html>no log at all</html>"))
			var gone []byte
			leave := afterListing(func() { gone = p.write(t, bad[1], nil); p.remove(t, bad[1]) })
			shut := denied(bad[2:])
			p.atCluster(func(w http.ResponseWriter, r *http.Request, body []byte) bool {
				return leave(w, r, body) || shut(w, r, body)
			})
			classes := map[run.End]int64{run.Damaged: 1, run.Gone: 1, run.NotIndexed: 1}
			p.first(t, ended{
				status: exitIncomplete, kind: report.KindIncomplete, classes: classes,
				verdict: "Incomplete, because of 1 object damaged, 1 object gone and 1 object not indexed (Denied).",
			})
			p.holds(t, p.without(t, bad...))
			p.open()
			p.write(t, bad[0], good)
			p.write(t, bad[1], gone)
			p.retry(t, "first", "second", completed(classes))
			p.holds(t, p.without(t))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newRig(t, e.URL)
			broken(t, p)
			p.ask(t, http.MethodDelete, "/ecs-task-2018-12-10", "")
		})
	}
}

// count is a number as reports write it.
func count(n int64) string {
	s := fmt.Sprint(n)
	if len(s) > 3 {
		s = s[:len(s)-3] + "," + s[len(s)-3:]
	}
	return s
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(n) + " " + what + "s"
}
