package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rehydrate/rehydrate/internal/run"
)

// groups collects unfinished objects by class, error and reason.
type groups struct {
	byReason map[string]*ErrorGroup
	places   int
}

func (g *groups) add(res result) {
	reason := pattern(res.reason, res.object.Key)
	id := strings.Join([]string{string(res.class), res.error, reason}, "\x00")
	if _, ok := g.byReason[id]; !ok && len(g.byReason) >= maxGroups {
		reason = run.Other
		id = strings.Join([]string{string(res.class), "", reason}, "\x00")
		res.error = ""
	}
	if g.byReason == nil {
		g.byReason = map[string]*ErrorGroup{}
	}
	group := g.byReason[id]
	if group == nil {
		group = &ErrorGroup{Class: res.class, Error: res.error, Reason: reason, Example: cut(res.reason, maxReasonBytes), Places: []Place{}}
		g.byReason[id] = group
	}
	group.Objects++
	if len(group.Places) >= maxInGroup || g.places >= maxPlaces {
		group.LeftOut++
		return
	}
	g.places++
	p := Place{Object: res.object, Reason: cut(res.reason, maxReasonBytes), Execution: res.execution}
	if o := res.outcome; o != nil {
		p.Damage, p.Events, p.Offset = o.Damage, o.Decoded, o.Place.Offset
	}
	group.Places = append(group.Places, p)
}

// sorted gives the most frequent first.
func (g *groups) sorted() []ErrorGroup {
	list := make([]ErrorGroup, 0, len(g.byReason))
	for _, group := range g.byReason {
		list = append(list, *group)
	}
	slices.SortFunc(list, func(a, b ErrorGroup) int {
		return cmp.Or(cmp.Compare(b.Objects, a.Objects), cmp.Compare(a.Class, b.Class),
			cmp.Compare(a.Error, b.Error), cmp.Compare(a.Reason, b.Reason))
	})
	return list
}

// pattern makes reasons alike that differ only in numbers, hexadecimal ids and
// the object's own key.
func pattern(reason, key string) string {
	if key != "" {
		reason = strings.ReplaceAll(reason, key, "KEY")
	}
	var b strings.Builder
	for i := 0; i < len(reason); {
		n := 0
		for i+n < len(reason) && isWord(reason[i+n]) {
			n++
		}
		switch word := reason[i : i+n]; {
		case n == 0:
			b.WriteByte(reason[i])
			n = 1
		case isNumber(word):
			b.WriteByte('#')
		default:
			b.WriteString(word)
		}
		i += n
	}
	return cut(b.String(), maxReasonBytes)
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// isNumber tells whether a word is a number, with a unit perhaps ("10ms",
// "0x1f"), or a long hexadecimal id.
func isNumber(word string) bool {
	if word[0] >= '0' && word[0] <= '9' {
		return true
	}
	digits := false
	for i := range len(word) {
		c := word[i] | 0x20
		if c > 'f' {
			return false
		}
		digits = digits || c <= '9'
	}
	return digits && len(word) >= 8
}

// reasons counts events by reason.
type reasons struct {
	byReason map[string]*ReasonGroup
}

func (r *reasons) add(reason string, events int64, res result) {
	if _, ok := r.byReason[reason]; !ok && len(r.byReason) >= maxGroups {
		reason = run.Other
	}
	if r.byReason == nil {
		r.byReason = map[string]*ReasonGroup{}
	}
	group := r.byReason[reason]
	if group == nil {
		group = &ReasonGroup{Reason: reason, Places: []EventPlace{}}
		r.byReason[reason] = group
	}
	group.Events += events
	group.Objects++
	if len(group.Places) >= maxInReason {
		group.LeftOut++
		return
	}
	group.Places = append(group.Places, EventPlace{Object: res.object, Events: events, Execution: res.execution})
}

// sorted gives the most frequent first.
func (r *reasons) sorted() []ReasonGroup {
	list := make([]ReasonGroup, 0, len(r.byReason))
	for _, group := range r.byReason {
		list = append(list, *group)
	}
	slices.SortFunc(list, func(a, b ReasonGroup) int {
		return cmp.Or(cmp.Compare(b.Events, a.Events), cmp.Compare(a.Reason, b.Reason))
	})
	return list
}
