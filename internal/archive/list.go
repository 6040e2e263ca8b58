package archive

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Archive is a bucket that Firehose fills under one prefix expression or more.
type Archive struct {
	client   Pager
	bucket   string
	prefixes []expression
	zone     *time.Location

	// Progress, if set, is called by List after each prefix that it has handed on,
	// with how many that are and of how many.
	Progress func(prefixes, of int)
}

// New is the archive in a bucket. The times in its keys are in zone. Its error
// is a sentence that names the expression that cannot be used.
func New(client Pager, bucket string, expressions []string, zone *time.Location) (*Archive, error) {
	a := &Archive{client: client, bucket: bucket, zone: zone}
	for _, e := range expressions {
		p, err := parsePrefix(e, zone)
		if err != nil {
			return nil, err
		}
		a.prefixes = append(a.prefixes, p)
	}
	return a, nil
}

// Began reads from a key when its object was begun, as List gives it: loose, where
// the object is not chosen by the hour of that.
func (a *Archive) Began(key string) (began *time.Time, loose bool) {
	whole := slices.ContainsFunc(a.prefixes, func(p expression) bool {
		return p.whole && strings.HasPrefix(key, evaluate(p.segments, time.Time{})[0])
	})
	if t := KeyTime(key, a.zone); t != nil {
		return t, whole
	}
	for _, p := range a.prefixes {
		if t := p.clock.read(key); t != nil {
			return t, whole || !p.clock.hourly
		}
	}
	return nil, false
}

// Found is what a listing came to.
type Found struct {
	// Objects handed on, and their Bytes as stored. Unfit of them have a key that
	// does not tell when they began, to the minute, where it should. Whole of them
	// lie below a prefix of which everything is listed.
	Objects int64
	Bytes   int64
	Unfit   int64
	Whole   int64
	// UnfitKeys are the first of the unfit ones.
	UnfitKeys []string
	// Skipped keys are no objects of the archive: markers of folders, and
	// CloudWatch's aws-logs-write-test.
	Skipped int64
	// Outside the window are objects by the time in their key, under prefixes that
	// tell no hour.
	Outside int64
	// Unmatched counts folders and keys that stand where the expression has a folder
	// of another form; they were not looked into. UnmatchedKeys are the first of
	// them.
	Unmatched     int64
	UnmatchedKeys []string
	// Prefixes that were listed: all of them, or the first and the last few with
	// their number between.
	Prefixes []string
}

const (
	// someKeys is how many keys or prefixes are shown to a person.
	someKeys = 10
	// slack is how far the time in a key may differ from that of its prefix.
	slack = time.Hour
)

// List hands on the objects that began within the window, by hour and then by
// key, each once, until each returns an error, which List returns. The hours at
// the edges of the window are listed whole; what lies below an expression with **
// at its end is listed whatever the window.
//
// Its own errors are Faults, or the end of ctx. Prefixes are listed beside each
// other and beside each; this cannot be seen from outside.
func (a *Archive) List(ctx context.Context, w Window, each func(run.Object) error) (Found, error) {
	l := &listing{client: a.client, bucket: a.bucket, zone: a.zone, progress: a.Progress}
	var branches []branch
	for _, p := range a.prefixes {
		branches = append(branches, p.branches(w)...)
	}
	looked := branches
	branches, err := l.resolve(ctx, branches)
	if err != nil {
		return l.found, err
	}
	branches = disjoint(branches)
	if len(branches) > 0 {
		looked = branches
	}
	l.found.Prefixes = some(looked)
	err = l.run(ctx, branches, each)
	return l.found, err
}

// listing is one call of List.
type listing struct {
	client Pager
	bucket string
	zone   *time.Location

	progress func(prefixes, of int)

	mu    sync.Mutex // guards found while folders are walked
	found Found
}

// take counts an object and hands it on.
func (l *listing) take(o run.Object, b *branch, each func(run.Object) error) error {
	if noObject(o.Key) {
		l.found.Skipped++
		return nil
	}
	o.Time = KeyTime(o.Key, l.zone)
	w := b.window
	switch {
	case b.whole:
		o.Loose = o.Time != nil
		l.found.Whole++
	case o.Time == nil:
		o.Time = b.clock.read(o.Key)
		o.Loose = o.Time != nil && !b.clock.hourly
		if o.Time == nil || !b.clock.minutely {
			l.found.Unfit++
			l.found.UnfitKeys = first(l.found.UnfitKeys, o.Key)
		}
	case w != nil && (o.Time.Before(w.From.Add(-slack)) || o.Time.After(w.To.Add(slack))):
		l.found.Outside++
		return nil
	}
	l.found.Objects++
	l.found.Bytes += o.Size
	return each(o)
}

func (l *listing) unmatched(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found.Unmatched++
	l.found.UnmatchedKeys = first(l.found.UnmatchedKeys, key)
}

// first adds a key to those that are shown, while they are few.
func first(keys []string, key string) []string {
	if len(keys) < someKeys {
		keys = append(keys, key)
	}
	return keys
}

// some are the prefixes of branches, shortened for a person.
func some(list []branch) []string {
	texts := make([]string, 0, someKeys+1)
	for i, b := range list {
		switch {
		case len(list) <= someKeys, i < someKeys/2, i >= len(list)-someKeys/2:
			texts = append(texts, b.String())
		case i == someKeys/2:
			texts = append(texts, "…")
		}
	}
	return texts
}
