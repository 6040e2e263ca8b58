package index

import (
	"time"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
)

// tally counts the events of an object from one place to the next. Only when
// its documents have all ended are its counts taken over, so what
// an outcome tells is always true of everything before its place.
type tally struct {
	outcome run.Outcome
	// What is counted for each event, folded into outcome by finish.
	first, last  int64 // epoch ms, first > last where no event has been seen
	hour, inHour int64
	form         decode.Form // of the last event, and inForm of these
	inForm       int64
	lag          []int64
	bounds       []int64 // run.LagBounds in ms
	arrived      int64   // key time of the object in epoch ms, 0 where unknown
}

const hourMs = int64(time.Hour / time.Millisecond)

func newTally(object run.Object) *tally {
	s := &tally{}
	for _, b := range run.LagBounds() {
		s.bounds = append(s.bounds, b.Milliseconds())
	}
	s.lag = make([]int64, len(s.bounds)+1)
	if object.Time != nil && !object.Loose {
		s.arrived = object.Time.UnixMilli()
	}
	s.reset()
	return s
}

func (s *tally) reset() {
	s.outcome = run.Outcome{}
	s.first, s.last = 1, 0
	s.inHour, s.inForm = 0, 0
	clear(s.lag)
}

// seen widens the object's time range.
func (s *tally) seen(ms int64) {
	if s.first > s.last {
		s.first, s.last = ms, ms
		return
	}
	s.first, s.last = min(s.first, ms), max(s.last, ms)
}

// decoded counts an event by its form.
func (s *tally) decoded(e *decode.Event) {
	s.outcome.Decoded++
	if e.Form != s.form {
		s.foldForm()
		s.form = e.Form
	}
	s.inForm++
}

func (s *tally) foldForm() {
	if s.inForm > 0 {
		s.outcome.CountForm(string(s.form), s.inForm)
		s.inForm = 0
	}
}

// indexed counts an in-range, unfiltered event.
func (s *tally) indexed(e *decode.Event) {
	ms := e.Time
	e.Infer(&s.outcome.Inferred)
	hour := ms / hourMs
	if hour != s.hour {
		s.foldHour()
		s.hour = hour
	}
	s.inHour++
	if s.arrived != 0 && e.TimeKind != decode.TimeOfKey {
		i := 0
		for i < len(s.bounds) && s.arrived-ms > s.bounds[i] {
			i++
		}
		s.lag[i]++
	}
}

func (s *tally) foldHour() {
	if s.inHour > 0 {
		s.outcome.CountHour(time.UnixMilli(s.hour*hourMs), s.inHour)
		s.inHour = 0
	}
}

// finish gives what was counted and begins anew.
func (s *tally) finish() run.Outcome {
	s.foldHour()
	s.foldForm()
	o := s.outcome
	if s.first <= s.last {
		first, last := time.UnixMilli(s.first).UTC(), time.UnixMilli(s.last).UTC()
		o.First, o.Last = &first, &last
	}
	for i, n := range s.lag {
		if n > 0 {
			o.CountLag(i, n)
		}
	}
	s.reset()
	return o
}
