package archive

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Window is the time From ≤ time < To, in which objects began.
type Window struct{ From, To time.Time }

// branch is a part of the bucket: all keys that begin with prefix or, where
// there are segments below, that lie in folders which fit these and one of the
// hours.
type branch struct {
	prefix string
	below  []segment
	lead   string // that the names in the last folder begin with
	hours  []time.Time
	// window leaves out keys that tell a time well outside of it; nil where the
	// prefix has told the hour already.
	window *Window
	// clock reads the time that the prefix gives to keys; nil where it cannot.
	clock *clock
	// whole branches hold objects of any time.
	whole bool
}

// String is the branch for people, with a * for what is not known.
func (b branch) String() string {
	text := b.prefix
	for _, s := range b.below {
		text += s.String()
	}
	return text + b.lead
}

// hoursOf are instants, one for each hour on the clocks of zone that holds any
// of the window. All zones of today change hours at a multiple of 15 minutes.
func hoursOf(w Window, zone *time.Location) []time.Time {
	var hours []time.Time
	const step = 15 * time.Minute
	for t := w.From.Truncate(step); t.Before(w.To); t = t.Add(step) {
		local := t.In(zone)
		if n := len(hours); n > 0 {
			last := hours[n-1]
			if last.Hour() == local.Hour() && local.Sub(last) < 12*time.Hour {
				continue
			}
		}
		hours = append(hours, local)
	}
	return hours
}

// branches are where the objects of a window lie, in order of time.
func (p expression) branches(w Window) []branch {
	if p.whole {
		return []branch{{prefix: evaluate(p.segments, w.From)[0], whole: true}}
	}
	known := 0 // segments that follow from the time
	for known < len(p.segments) && p.segments[known].known() {
		known++
	}
	timed := 0 // segments up to the last that depends on it
	for i, s := range p.segments {
		if s.timed() {
			timed = i + 1
		}
	}
	head, below := p.segments[:known], []segment(nil)
	lead, fine := "", hourly(p.segments)
	if timeAfterUnknown(p.segments) {
		below = p.segments[known:timed]
		if last := below[len(below)-1]; !last.folder {
			// These are the beginnings of names, which no folder tells.
			below, lead, fine = below[:len(below)-1], last.lead(), false
		} else if timed < len(p.segments) {
			lead = p.segments[timed].lead()
		}
	} else {
		head = p.segments // evaluated as far as it is known
	}
	var list []branch
	at := map[string]int{}
	for _, t := range hoursOf(w, p.zone) {
		for _, prefix := range evaluate(head, t) {
			i, ok := at[prefix]
			if !ok {
				i = len(list)
				at[prefix] = i
				b := branch{prefix: prefix, below: below, lead: lead, clock: p.clock}
				if len(below) == 0 {
					b.prefix, b.lead = prefix+lead, ""
				}
				if !fine {
					b.window = &w
				}
				list = append(list, b)
			}
			list[i].hours = append(list[i].hours, t)
		}
	}
	return list
}

// disjoint leaves out branches that lie inside of others, so that no key is met
// twice. None of them has segments below any more.
func disjoint(list []branch) []branch {
	prefixes := make([]string, len(list))
	for i, b := range list {
		prefixes[i] = b.prefix
	}
	slices.Sort(prefixes)
	kept := map[string]bool{}
	last := ""
	for i, p := range prefixes {
		if i == 0 || !strings.HasPrefix(p, last) {
			kept[p] = true
			last = p
		}
	}
	return slices.DeleteFunc(list, func(b branch) bool {
		keep := kept[b.prefix]
		delete(kept, b.prefix) // the second of two equal ones goes
		return !keep
	})
}

// resolve walks the folders that are not known beforehand, level by level.
func (l *listing) resolve(ctx context.Context, list []branch) ([]branch, error) {
	for slices.ContainsFunc(list, func(b branch) bool { return len(b.below) > 0 }) {
		level := make([][]branch, len(list))
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(concurrency)
		for i, b := range list {
			if len(b.below) == 0 {
				level[i] = []branch{b}
				continue
			}
			group.Go(func() error {
				var err error
				level[i], err = l.walk(ctx, b)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
		list = slices.Concat(level...)
	}
	return list, nil
}

// walk finds the folders of a branch's first segment that fit it.
func (l *listing) walk(ctx context.Context, b branch) ([]branch, error) {
	fits := matcher(b.below[0], b.hours)
	form := regexp.MustCompile(b.below[0].expression(nil))
	var found []branch
	for page, err := range pages(ctx, l.client, l.bucket, b.prefix+b.below[0].lead(), "/") {
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			if key := decoded(o.Key); !noObject(key) {
				l.unmatched(key)
			}
		}
		for _, p := range page.CommonPrefixes {
			prefix := decoded(p.Prefix)
			name := strings.TrimSuffix(prefix[len(b.prefix):], "/")
			if !form.MatchString(name) {
				l.unmatched(prefix)
				continue
			}
			hours := fits(name)
			if len(hours) == 0 {
				continue
			}
			next := branch{prefix: prefix, below: b.below[1:], lead: b.lead, hours: hours, window: b.window, clock: b.clock}
			if len(next.below) == 0 {
				next.prefix, next.lead = prefix+b.lead, ""
			}
			found = append(found, next)
		}
	}
	return found, nil
}

// expression matches the segment's whole name, at t if that is given.
func (s segment) expression(t *time.Time) string {
	text := ""
	for _, k := range s.tokens {
		text += k.expression(t)
	}
	return `(?s)\A` + text + `\z`
}

// matcher tells at which of the hours a segment can have a name.
func matcher(s segment, hours []time.Time) func(name string) []time.Time {
	if !s.timed() {
		return func(string) []time.Time { return hours }
	}
	var order []string
	byText := map[string][]time.Time{}
	for _, t := range hours {
		text := s.expression(&t)
		if byText[text] == nil {
			order = append(order, text)
		}
		byText[text] = append(byText[text], t)
	}
	expressions := make([]*regexp.Regexp, len(order))
	for i, text := range order {
		expressions[i] = regexp.MustCompile(text)
	}
	return func(name string) []time.Time {
		var fit []time.Time
		for i, e := range expressions {
			if e.MatchString(name) {
				fit = append(fit, byText[order[i]]...)
			}
		}
		return fit
	}
}
