package archive

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/run"
)

// call is one request for a page: of the keys with a prefix, after one, from one
// on, before one (each as far as given). Or, with a delimiter, of the parts that
// the prefix can be divided into behind the one that the key after lies in.
type call struct {
	prefix              string
	after, from, before string
	window              *Window

	full      int     // pages in a row that were full, up to here
	whole     bool    // not to be divided
	delimiter string  // divides
	size      int     // parts that are thought to make a page
	token     *string // where a division goes on

	begun, done bool
	objects     []run.Object
	next        *call
}

const (
	// crowded is how many full pages in a row have a prefix divided.
	crowded = 2
	// sparse is the fewest keys that a part should hold, as far as the last page
	// tells, for a division to save time.
	sparse = 4
	// spread is the most calls that a page of parts becomes.
	spread = 64
)

// make makes a call; what it tells is left to do stands behind it. With idle
// hands, a crowded prefix is divided; without, it is cheaper to go on page by
// page.
func (l *listing) make(ctx context.Context, c *call, idle func() bool) (behind []*call, err error) {
	if c.delimiter != "" {
		return l.divide(ctx, c)
	}
	in := l.input(c.prefix, "")
	if c.after != "" {
		in.StartAfter = aws.String(c.after)
	}
	page, err := l.page(ctx, in)
	if err != nil {
		return nil, err
	}
	c.objects = make([]run.Object, 0, len(page.Contents))
	last := ""
	for _, o := range page.Contents {
		object := listed(o)
		last = object.Key
		if object.Key < c.from || object.Key <= c.after {
			continue
		}
		if c.before != "" && object.Key >= c.before {
			return nil, nil
		}
		c.objects = append(c.objects, object)
	}
	switch {
	case !aws.ToBool(page.IsTruncated) || last == "":
		return nil, nil
	case c.full+1 < crowded, c.whole, len(c.objects) == 0, !idle():
		return []*call{{prefix: c.prefix, after: last, from: c.from, before: c.before, full: c.full + 1, whole: c.whole}}, nil
	}
	return c.rest(last), nil
}

// rest is what is left of a crowded prefix after the key last: the part that the
// last page lies in, and what comes behind it at each level above, up to the
// prefix. A level ends in a slash or a dash: Firehose's names have one each for
// words of the stream's name, day, hour and minute.
func (c *call) rest(last string) []*call {
	keys := make([]string, len(c.objects))
	for i, o := range c.objects {
		keys[i] = o.Key
	}
	level := commonPrefix(keys)
	if len(level) < len(c.prefix) {
		level = c.prefix
	}
	delimiter := "-"
	if slices.ContainsFunc(keys, func(k string) bool { return strings.Contains(k[len(level):], "/") }) {
		delimiter = "/"
	}
	var behind []*call
	size := parts(keys, level, delimiter) // so many parts make a page
	if size > len(keys)/sparse {
		behind = append(behind, &call{prefix: level, after: last, before: c.before, whole: true})
	} else {
		if current := part(last, level, delimiter); current != "" {
			behind = append(behind, &call{prefix: current, after: last, before: c.before})
		}
		behind = append(behind, &call{prefix: level, after: last, before: c.before, delimiter: delimiter, size: size})
	}
	for len(level) > len(c.prefix) {
		delimiter = level[len(level)-1:]
		above := level[:strings.LastIndexAny(level[:len(level)-1], "/-")+1]
		level = above
		if len(level) < len(c.prefix) {
			level = c.prefix
		}
		behind = append(behind, &call{prefix: level, after: last, before: c.before, delimiter: delimiter, size: 1})
	}
	return behind
}

// divide asks for the parts of a prefix. The one that the key after lies in is
// known, and not taken from the answer: servers differ in whether they name it.
func (l *listing) divide(ctx context.Context, c *call) ([]*call, error) {
	in := l.input(c.prefix, c.delimiter)
	if c.token != nil {
		in.ContinuationToken = c.token
	} else {
		in.StartAfter = aws.String(c.after)
	}
	page, err := l.page(ctx, in)
	if err != nil {
		return nil, err
	}
	g := group{of: c, size: max(c.size, len(page.CommonPrefixes)/spread)}
	g.merge(page, part(c.after, c.prefix, c.delimiter))
	if aws.ToBool(page.IsTruncated) {
		more := *c
		more.token, more.begun, more.next = page.NextContinuationToken, false, nil
		g.calls = append(g.calls, &more)
	}
	return g.calls, nil
}

// group makes calls of the parts and keys of a divided prefix, in order.
type group struct {
	of    *call
	size  int
	calls []*call
	parts []string // not yet in a call
}

// merge adds a page of parts and of keys that have none.
func (g *group) merge(page *s3.ListObjectsV2Output, current string) {
	var keys []run.Object
	for _, o := range page.Contents {
		if object := listed(o); g.wanted(object.Key) {
			keys = append(keys, object)
		}
	}
	for _, p := range page.CommonPrefixes {
		prefix := decoded(p.Prefix)
		for len(keys) > 0 && keys[0].Key < prefix {
			g.key(keys[0])
			keys = keys[1:]
		}
		if prefix != current && g.wanted(prefix) {
			g.parts = append(g.parts, prefix)
		}
		if len(g.parts) == g.size {
			g.flush()
		}
	}
	for _, k := range keys {
		g.key(k)
	}
	g.flush()
}

func (g *group) wanted(key string) bool {
	return key > g.of.after && (g.of.before == "" || key < g.of.before)
}

// key adds a key as if a call had been made for it.
func (g *group) key(o run.Object) {
	g.flush()
	if n := len(g.calls); n > 0 && g.calls[n-1].done {
		g.calls[n-1].objects = append(g.calls[n-1].objects, o)
		return
	}
	g.calls = append(g.calls, &call{begun: true, done: true, objects: []run.Object{o}})
}

// flush makes a call of the parts that lie side by side.
func (g *group) flush() {
	if len(g.parts) == 0 {
		return
	}
	first, end := g.parts[0], beyond(g.parts[len(g.parts)-1])
	if g.of.before != "" && g.of.before < end {
		end = g.of.before
	}
	c := &call{prefix: g.of.prefix, after: before(first), from: first, before: end}
	if len(g.parts) == 1 {
		c = &call{prefix: first, before: g.of.before}
	}
	g.calls = append(g.calls, c)
	g.parts = nil
}

// highest is the last character there is.
const highest = "\U0010FFFF"

// beyond is the first text after all that begin with p, which ends in a slash or
// a dash.
func beyond(p string) string { return p[:len(p)-1] + string(rune(p[len(p)-1]+1)) }

// before is a text before all that begin with p, which ends in a slash or a
// dash, and after nearly all that come before those.
func before(p string) string { return p[:len(p)-1] + string(rune(p[len(p)-1]-1)) + highest }

// part is what key begins with up to the delimiter after prefix; empty where
// there is none.
func part(key, prefix, delimiter string) string {
	i := strings.Index(key[len(prefix):], delimiter)
	if i < 0 {
		return ""
	}
	return key[:len(prefix)+i+len(delimiter)]
}

// parts counts the parts that sorted keys lie in, a key without one as a part.
func parts(keys []string, prefix, delimiter string) int {
	n, last := 0, ""
	for _, k := range keys {
		if p := part(k, prefix, delimiter); p == "" || p != last {
			n++
			last = p
		}
	}
	return n
}

// commonPrefix is what sorted keys all begin with, up to a slash or a dash.
func commonPrefix(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	first, last := keys[0], keys[len(keys)-1]
	n := 0
	for n < len(first) && n < len(last) && first[n] == last[n] {
		n++
	}
	return first[:strings.LastIndexAny(first[:n], "/-")+1]
}
