package bulk

import (
	"bytes"
	"context"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/apierror"
	"github.com/rehydrate/rehydrate/internal/run"
)

// task is the sending of one batch.
type task struct {
	*Sender
	batch   *Batch
	reasons map[int]string // of rejected documents
	effort  Effort
	sent    int    // documents below this number have been sent before
	last    answer // what kept documents from their outcome last
	rounds  int
	missing map[string]int // indices that did not exist, and in which round first
}

func newTask(s *Sender, b *Batch) *task {
	b.unresolved, b.verdicts = b.unresolved[:0], b.verdicts[:0]
	for i := range b.items {
		b.unresolved = append(b.unresolved, i)
		b.verdicts = append(b.verdicts, pending)
	}
	return &task{Sender: s, batch: b, reasons: map[int]string{}, missing: map[string]int{}}
}

// round sends what has no outcome yet once, in as few requests as the limit lets
// it. What has none afterwards remains in unresolved. It ends early where going on
// makes no sense before a pause.
func (t *task) round(ctx context.Context) {
	b := t.batch
	t.last.wait = 0
	t.rounds++
	kept := b.unresolved[:0]
	for from := 0; from < len(b.unresolved); {
		to := t.chunk(from)
		part := b.unresolved[from:to]
		a := t.send(ctx, part)
		switch {
		case a.verdict == created:
			t.last.wait = a.wait
			kept = t.settle(kept, part)
		case a.verdict == tooLarge && len(part) == 1:
			t.reject(part[0], fmt.Sprintf("%s, for this document of %d bytes alone", a.words, b.size(part[0])))
		case a.verdict == tooLarge:
			continue // the limit is lower now
		default:
			if ctx.Err() == nil || t.last.verdict == pending { // else what was said before tells more
				t.last = a
			}
			to = from // all the rest waits
		}
		if to == from || t.last.verdict.hopeless() {
			kept = append(kept, b.unresolved[to:]...)
			break
		}
		from = to
	}
	b.unresolved = kept
}

// chunk gives the end of the part of unresolved that begins at from and may go out in
// one request.
func (t *task) chunk(from int) (to int) {
	limit, size := t.limit.Load(), int64(0)
	for to = from; to < len(t.batch.unresolved); to++ {
		size += int64(t.batch.size(t.batch.unresolved[to]))
		if limit > 0 && size > limit && to > from {
			break
		}
	}
	return to
}

// send sends the documents of part in one request, when it is its turn.
func (t *task) send(ctx context.Context, part []int) answer {
	if err := t.inFlight.enter(ctx); err != nil {
		return answer{verdict: unavailable, words: "no turn came in time"}
	}
	body := t.batch.body(part)
	t.effort.Requests++
	t.effort.BytesOut += int64(len(body))
	if part[0] < t.sent {
		t.effort.Retries++
	}
	t.sent = max(t.sent, part[len(part)-1]+1)
	a := t.request(ctx, &t.batch.workspace, body, len(part), func(i int) []byte { return t.batch.id(part[i]) })
	busy := a.verdict == throttled || a.verdict == created && t.batch.pushedBack()
	if busy {
		t.effort.Throttled++
	}
	t.inFlight.leave(busy || a.verdict == unavailable)
	if a.verdict == tooLarge && len(part) > 1 {
		t.shrink(int64(len(body)) / 2)
	}
	if a.inDoubt {
		for _, i := range part {
			t.batch.items[i].inDoubt = true
		}
	}
	return a
}

// shrink lowers the limit of all sends.
func (t *task) shrink(limit int64) {
	for {
		now := t.limit.Load()
		if now > 0 && now <= limit || t.limit.CompareAndSwap(now, limit) {
			return
		}
	}
}

// settle reads what the cluster said of each document of part and appends those
// without an outcome to kept.
func (t *task) settle(kept, part []int) []int {
	b := t.batch
	for k, a := range b.answers {
		i := part[k]
		switch told := b.answer[a.errAt:a.errEnd]; {
		case a.status == 201:
			b.verdicts[i] = created
			continue
		case a.status == 409 && bytes.Contains(told, []byte(`"version_conflict_engine_exception"`)):
			b.verdicts[i] = alreadyThere // as outcome would say, but a rerun meets nothing else
			continue
		}
		if v := t.outcome(i, a); v.final() {
			b.verdicts[i] = v
			continue
		}
		kept = append(kept, i)
	}
	return kept
}

// outcome tells what came of one document that was not created, and keeps why.
func (t *task) outcome(i int, a answered) verdict {
	e := apierror.Parse(t.batch.answer[a.errAt:a.errEnd])
	v := documentVerdict(a.status, e)
	if v == unavailable && e.Type == "index_not_found_exception" && t.stillMissing(t.batch.items[i].index) {
		v = unusable
	}
	switch {
	case v == rejected && a.status == 200:
		t.reasons[i] = "dropped by an ingest pipeline of the cluster"
	case v == rejected:
		t.reasons[i] = words(e)
	case v.final():
	default:
		if a.status >= 500 { // may have come so far before it failed
			t.batch.items[i].inDoubt = true
		}
		if !t.last.verdict.hopeless() {
			index := t.batch.items[i].index
			t.last = answer{
				verdict: v, wait: t.last.wait, remedy: v.remedy(e),
				words: fmt.Sprintf("status %d for a document in %s, %s", a.status, index, words(e)),
			}
		}
	}
	return v
}

// stillMissing tells whether the index was missing in an earlier round. OpenSearch
// does not say that it may not create indices, but what it may create is there
// when it is asked again.
func (t *task) stillMissing(index string) bool {
	first, ok := t.missing[index]
	if !ok {
		t.missing[index] = t.rounds
	}
	return ok && first < t.rounds
}

func (t *task) reject(i int, reason string) {
	t.batch.verdicts[i] = rejected
	t.reasons[i] = reason
}

// hopeless tells whether waiting cannot change what v says.
func (v verdict) hopeless() bool { return v == denied || v == unusable }

// fault says why documents have no outcome.
func (t *task) fault() error {
	if t.last.verdict == pending {
		return &run.Fault{
			Name: run.Unavailable, Reason: "no time was left to send documents",
			Remedy: "give the function more time",
		}
	}
	lead := map[verdict]string{
		throttled:   "the cluster asked to slow down for too long",
		unavailable: "the cluster did not take documents",
		denied:      "the cluster does not let us index",
		unusable:    "the cluster cannot take documents as it is",
	}[t.last.verdict]
	return &run.Fault{Name: t.last.verdict.fault(), Reason: lead + ": " + t.last.words, Remedy: t.last.remedy, Err: t.last.err}
}

// pushedBack tells whether the cluster had too much to do for any document of
// the last request.
func (b *Batch) pushedBack() bool {
	for _, a := range b.answers {
		if a.status == 429 {
			return true
		}
	}
	return false
}

// body gives the lines of the documents of part: as they stand where these stand
// together, else gathered.
func (b *Batch) body(part []int) []byte {
	first, last := part[0], part[len(part)-1]
	if last-first == len(part)-1 {
		return b.lines[b.items[first].start:b.items[last].end]
	}
	b.letGo()
	b.gathered = b.gathered[:0]
	for _, i := range part {
		b.gathered = append(b.gathered, b.lines[b.items[i].start:b.items[i].end]...)
	}
	return b.gathered
}
