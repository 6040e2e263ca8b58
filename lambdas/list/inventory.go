package list

import (
	"maps"
	"slices"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
)

// inventory takes stock of the objects as they are listed.
type inventory struct {
	bucket     string
	zone       *time.Location
	total      run.Amount
	days       map[string]*run.Amount
	hours      map[string]*run.Amount
	unrestored map[string]*run.Unrestored
	stored     map[string]*run.Stored
	found      archive.Found
}

func newInventory(bucket string, zone *time.Location) *inventory {
	return &inventory{
		bucket: bucket, zone: zone, days: map[string]*run.Amount{}, hours: map[string]*run.Amount{},
		unrestored: map[string]*run.Unrestored{}, stored: map[string]*run.Stored{},
	}
}

// add takes stock of one object.
func (v *inventory) add(o run.Object) {
	add(&v.total, o)
	if o.Time != nil {
		put(v.days, o.Time.In(v.zone).Format(time.DateOnly), o)
	}
	if o.Time != nil && !o.Loose {
		put(v.hours, run.HourOf(*o.Time), o)
	}
	stored := v.stored[o.StorageClass]
	if stored == nil {
		stored = &run.Stored{StorageClass: o.StorageClass}
		v.stored[o.StorageClass] = stored
	}
	stored.Objects++
	stored.Bytes += o.Size
	if archive.NeedsRestore(o) {
		stored.Unrestored++
		stored.UnrestoredBytes += o.Size
		u := v.unrestored[o.StorageClass]
		if u == nil {
			u = &run.Unrestored{StorageClass: o.StorageClass, Restore: archive.RestoreCommand(v.bucket, o.Key, o.StorageClass)}
			v.unrestored[o.StorageClass] = u
		}
		u.Objects++
		u.Bytes += o.Size
	}
}

// result is the inventory of the events with from ≤ time < to.
func (v *inventory) result(from, to time.Time) run.Inventory {
	r := run.Inventory{
		Objects: v.total.Objects, Bytes: v.total.Bytes,
		Days: inOrder(v.days), Hours: inOrder(v.hours), Gaps: v.gaps(from, to),
		Stored: []run.Stored{}, Advice: []string{},
		Unrestored: []run.Unrestored{}, Unfit: v.found.Unfit, UnfitKeys: append([]string{}, v.found.UnfitKeys...), Whole: v.found.Whole,
		Outside: v.found.Outside, Unmatched: v.found.Unmatched, UnmatchedKeys: append([]string{}, v.found.UnmatchedKeys...),
	}
	for _, class := range slices.Sorted(maps.Keys(v.stored)) {
		r.Stored = append(r.Stored, *v.stored[class])
	}
	for _, class := range slices.Sorted(maps.Keys(v.unrestored)) {
		r.Unrestored = append(r.Unrestored, *v.unrestored[class])
	}
	return r
}

// gaps are the hours of the range without an object, after the first hour that
// has one and before the last.
func (v *inventory) gaps(from, to time.Time) []string {
	gaps := []string{}
	if len(v.hours) == 0 {
		return gaps
	}
	names := slices.Sorted(maps.Keys(v.hours))
	first, last := names[0], names[len(names)-1]
	for t := from.UTC().Truncate(time.Hour); t.Before(to); t = t.Add(time.Hour) {
		name := run.HourOf(t)
		if _, ok := v.hours[name]; !ok && name > first && name < last {
			gaps = append(gaps, name)
		}
	}
	return gaps
}

func put(m map[string]*run.Amount, name string, o run.Object) {
	if m[name] == nil {
		m[name] = &run.Amount{Name: name}
	}
	add(m[name], o)
}

func add(a *run.Amount, o run.Object) {
	a.Objects++
	a.Bytes += o.Size
}

func inOrder(m map[string]*run.Amount) []run.Amount {
	l := make([]run.Amount, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		l = append(l, *m[name])
	}
	return l
}
