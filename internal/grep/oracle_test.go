package grep_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/grep"
	"github.com/rehydrate/rehydrate/internal/run"
)

var start = time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)

// objects is an archive in memory.
type objects struct {
	list   []run.Object
	bodies map[string][]byte
	fail   map[string]error
}

func (o *objects) List(_ context.Context, w archive.Window, each func(run.Object) error) (archive.Found, error) {
	for _, object := range o.list {
		if object.Time.Before(w.From) || !object.Time.Before(w.To) {
			continue
		}
		if err := each(object); err != nil {
			return archive.Found{}, err
		}
	}
	return archive.Found{}, nil
}

func (o *objects) Open(_ context.Context, object run.Object) (grep.Body, error) {
	if err := o.fail[object.Key]; err != nil {
		return grep.Body{}, err
	}
	r := bytes.NewReader(o.bodies[object.Key])
	return grep.Body{ReadCloser: io.NopCloser(r), Random: r}, nil
}

func (o *objects) put(at time.Time, body []byte) {
	key := fmt.Sprintf("%s-%03d", at.Format("2006/01/02/15/04-05"), len(o.list))
	o.list = append(o.list, run.Object{Key: key, Size: int64(len(body)), Time: &at})
	o.bodies[key] = body
}

// taken is a sink that keeps everything.
type taken struct {
	events []grep.Event
	unread []string
}

func (t *taken) Found(e *grep.Event) error    { t.events = append(t.events, *e); return nil }
func (t *taken) Unread(o run.Object, _ error) { t.unread = append(t.unread, o.Key) }
func (t *taken) Looked(grep.Counts) error     { return nil }

// words are what messages and patterns are made of.
func words() []string {
	return []string{
		"timeout", "Timeout", "TIMEOUT", "error", "task", "TASK", "tas\u212a", "\u017ftream", "日本", "é", "É", " ", "\n", "\t", "\b", `"`, `\`,
		"/", "\x01", "\u2028", "😀", "a", "k", "S", "1", "42", "_", "-", `{"level":"error"}`, "i/o timeout",
	}
}

func sentence(rng *rand.Rand, most int) string {
	var b strings.Builder
	for range rng.IntN(most + 1) {
		b.WriteString(words()[rng.IntN(len(words()))])
	}
	return b.String()
}

// quoted is s as a JSON string, with escapes at random.
func quoted(rng *rand.Rand, s string) string {
	var b strings.Builder
	coded := rng.IntN(3) // how likely escapes are that need not be
	for _, r := range s {
		short := strings.IndexRune("\"\\/\b\f\n\r\t", r)
		switch {
		case short >= 0 && (r != '/' || coded > 0 && rng.IntN(2) == 0) && (coded == 0 || rng.IntN(4) > 0):
			b.WriteString(`\` + `"\/bfnrt`[short:short+1])
		case r < ' ' || r == '"' || r == '\\' || coded > 0 && rng.IntN(8/coded) == 0:
			for _, u := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, []string{`\u%04x`, `\u%04X`}[rng.IntN(2)], u)
			}
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

func record(rng *rand.Rand, at time.Time) []byte {
	var events []string
	for range rng.IntN(6) {
		ms := at.UnixMilli() + rng.Int64N(7_200_000) - 3_600_000
		id := fmt.Sprintf("%056d", rng.IntN(3000))
		message := quoted(rng, sentence(rng, 6))
		switch rng.IntN(20) {
		case 0:
			events = append(events, fmt.Sprintf(`{"timestamp":%d,"message":%s}`, ms, message))
		case 1:
			events = append(events, fmt.Sprintf(`{"message": %s, "extra":[1,{}], "timestamp":%d, "id":"%s"}`, message, ms, id))
		case 2:
			events = append(events, fmt.Sprintf(`{"id":"%s","timestamp":%d,"message":"a%stimeout"}`, id, ms, "\xff"))
		case 3:
			events = append(events, fmt.Sprintf(`{"id":"%s","timestamp":%d,"message":"\ud800error"}`, id, ms))
		case 4:
			events = append(events, fmt.Sprintf(`{"id":"%s","timestamp":%d,"message":%s,"extractedFields":{"a":"b"}}`, id, ms, message))
		default:
			events = append(events, fmt.Sprintf(`{"id":"%s","timestamp":%d,"message":%s}`, id, ms, message))
		}
	}
	return fmt.Appendf(nil, `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"/ecs/%d","logStream":"s/%d","subscriptionFilters":["f"],"logEvents":[%s]}`,
		rng.IntN(2), rng.IntN(3), strings.Join(events, ","))
}

func zipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// randomArchive has duplicates, damage and objects that cannot be opened.
func randomArchive(rng *rand.Rand) *objects {
	o := &objects{bodies: map[string][]byte{}, fail: map[string]error{}}
	var earlier [][]byte
	at := start.Add(-4 * time.Hour)
	for range rng.IntN(12) {
		at = at.Add(time.Duration(rng.IntN(5400)) * time.Second)
		var body []byte
		packed := rng.IntN(3) > 0
		for range rng.IntN(4) {
			r := record(rng, at)
			if len(earlier) > 0 && rng.IntN(5) == 0 {
				r = earlier[rng.IntN(len(earlier))]
			}
			earlier = append(earlier, r)
			if packed {
				r = zipped(r)
			}
			body = append(body, r...)
		}
		if len(body) > 0 {
			switch rng.IntN(8) {
			case 0:
				body = body[:rng.IntN(len(body))]
			case 1:
				body[rng.IntN(len(body))] ^= 1 << rng.IntN(8)
			}
		}
		o.put(at, body)
		if rng.IntN(20) == 0 {
			o.fail[o.list[len(o.list)-1].Key] = errors.New("it is gone")
		}
	}
	return o
}

// randomPatterns are made of words, and of what RE2 knows.
func randomPatterns(rng *rand.Rand, fixed bool) []string {
	var patterns []string
	for range 1 + rng.IntN(2) {
		p := sentence(rng, 2)
		if !fixed {
			p = regexp.QuoteMeta(p)
			w := regexp.QuoteMeta(words()[rng.IntN(len(words()))])
			p = []string{p, p + ".*" + w, p + "|" + w, "(" + p + ")+" + w, "[a-z]+" + w, w + "{2,3}", "(?:" + p + "){0,2}" + w, `\b` + w, "(?i:" + w + ")" + p, "(" + w + "|x)" + p, `[\x{212a}Kk]` + p, "(?s)" + p + "." + w}[rng.IntN(12)]
		}
		patterns = append(patterns, p)
	}
	return patterns
}

// matches is the slow way to tell whether a text matches: every part of it is
// tried.
func matches(text string, patterns []string, f grep.Flags) bool {
	for _, p := range patterns {
		if f.Fixed {
			p = regexp.QuoteMeta(p)
		}
		flags := "(?m)"
		if f.IgnoreCase {
			flags = "(?mi)"
		}
		if !f.Word {
			if regexp.MustCompile(flags + p).MatchString(text) {
				return true
			}
			continue
		}
		whole := regexp.MustCompile(flags + `\A(?:` + p + `)\z`)
		for i := range len(text) + 1 {
			for j := i; j <= len(text); j++ {
				before, _ := utf8.DecodeLastRuneInString(text[:i])
				after, _ := utf8.DecodeRuneInString(text[j:])
				bounded := (i == 0 || !inWord(before)) && (j == len(text) || !inWord(after))
				if bounded && start1(text, i) && start1(text, j) && whole.MatchString(text[i:j]) {
					return true
				}
			}
		}
	}
	return false
}

func start1(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

func inWord(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.N) || r == '_' }

// truth is what a search must come to.
type truth struct {
	events []grep.Event // selected ones, in order
	around map[string]int
	counts grep.Counts
	unread []string
}

func slow(t *testing.T, a *objects, patterns []string, f grep.Flags, o grep.Options) truth {
	t.Helper()
	var waiting, all []grep.Event
	var v truth
	passed := func(until int64) { // what is earlier need not wait
		slices.SortStableFunc(waiting, func(a, b grep.Event) int { return cmp.Compare(a.Time, b.Time) })
		for len(waiting) > 0 && waiting[0].Time < until {
			all, waiting = append(all, waiting[0]), waiting[1:]
		}
	}
	met := map[string]bool{}
	window := archive.Window{From: o.From.Add(-o.MarginBefore), To: o.To.Add(o.MarginAfter)}
	_, err := a.List(t.Context(), window, func(object run.Object) error {
		v.counts.Objects++
		passed(object.Time.Add(-time.Hour).UnixMilli())
		body, err := a.Open(t.Context(), object)
		if err != nil {
			v.counts.Unread++
			v.unread = append(v.unread, object.Key)
			return nil
		}
		d := decode.New(body, decode.Options{ReaderAt: body.Random, Size: object.Size})
		defer d.Close()
		var e decode.Event
		for {
			err := d.Next(&e)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				v.counts.Damaged++
				v.unread = append(v.unread, object.Key)
				return nil
			}
			v.counts.Events++
			if e.Malformed != "" {
				v.counts.Malformed++
				continue
			}
			if at := time.UnixMilli(e.Time); at.Before(o.From) || !at.Before(o.To) {
				v.counts.OutOfRange++
				continue
			}
			if len(o.Groups) > 0 && e.Header.LogGroup != o.Groups[0] {
				v.counts.Elsewhere++
				continue
			}
			var text string
			if err := json.Unmarshal(e.Message, &text); err != nil {
				t.Fatal(err)
			}
			selected := matches(text, patterns, f) != f.Invert
			if selected {
				v.counts.Selected++
			} else {
				v.counts.Unselected++
			}
			if met[string(e.ID)] && (selected || o.Before+o.After > 0) {
				if selected {
					v.counts.Duplicates++
				}
				continue
			}
			if selected || o.Before+o.After > 0 {
				met[string(e.ID)] = true
				waiting = append(waiting, grep.Event{Header: e.Header, ID: string(e.ID), Time: e.Time, Message: bytes.Clone(e.Message), Selected: selected})
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	passed(math.MaxInt64)
	streams := map[string][]grep.Event{}
	v.around = map[string]int{}
	for _, e := range all {
		if e.Selected {
			v.events = append(v.events, e)
		}
		name := e.Header.LogGroup + e.Header.LogStream
		streams[name] = append(streams[name], e)
	}
	for _, events := range streams {
		for i, e := range events {
			if !e.Selected {
				continue
			}
			for j := max(0, i-o.Before); j <= min(len(events)-1, i+o.After); j++ {
				if !events[j].Selected {
					v.around[events[j].ID] = 1
				}
			}
		}
	}
	return v
}

// A search finds what decoding everything and trying every message finds.
func TestSearchAgainstSlowOracle(t *testing.T) {
	rounds := 1500
	if testing.Short() {
		rounds = 200
	}
	for seed := range rounds {
		rng := rand.New(rand.NewPCG(uint64(seed), 7))
		a := randomArchive(rng)
		f := grep.Flags{IgnoreCase: rng.IntN(2) == 0, Invert: rng.IntN(4) == 0, Fixed: rng.IntN(3) == 0, Word: rng.IntN(5) == 0}
		patterns := randomPatterns(rng, f.Fixed)
		o := grep.Options{
			From: start.Add(time.Duration(-rng.IntN(60)) * time.Minute), To: start.Add(time.Duration(rng.IntN(300)+1) * time.Minute),
			MarginBefore: 3 * time.Hour, MarginAfter: 3 * time.Hour, Workers: 1 + rng.IntN(3), Ordered: rng.IntN(2) == 0,
		}
		if rng.IntN(3) == 0 {
			o.Groups = []string{"/ecs/1"}
		}
		if rng.IntN(3) == 0 {
			o.Before, o.After = rng.IntN(3), rng.IntN(3)
		}
		var err error
		if o.Pattern, err = grep.Compile(patterns, f); err != nil {
			t.Fatalf("seed %d: %q: %v", seed, patterns, err)
		}
		want := slow(t, a, patterns, f, o)
		var got taken
		counts, err := grep.Search(t.Context(), a, o, &got)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		check(t, fmt.Sprintf("seed %d, %q %+v", seed, patterns, f), want, got, counts)
		if t.Failed() {
			return
		}
	}
}

func check(t *testing.T, name string, want truth, got taken, counts grep.Counts) {
	t.Helper()
	around := map[string]int{}
	var selected []grep.Event
	for _, e := range got.events {
		if e.Selected {
			selected = append(selected, e)
		} else {
			around[e.ID]++
		}
	}
	if g, w := lines(selected), lines(want.events); g != w {
		t.Errorf("%s: found\n%s\nwant\n%s", name, g, w)
	}
	if fmt.Sprint(around) != fmt.Sprint(want.around) {
		t.Errorf("%s: around are %v, want %v", name, around, want.around)
	}
	if !slices.Equal(got.unread, want.unread) {
		t.Errorf("%s: unread %v, want %v", name, got.unread, want.unread)
	}
	if !counts.AddUp() || counts.Given != int64(len(selected)) || counts.Selected != counts.Given+counts.Duplicates {
		t.Errorf("%s: %+v do not add up", name, counts)
	}
	c, w := counts, want.counts
	if c.Objects != w.Objects || c.Events != w.Events || c.Selected != w.Selected || c.Unselected != w.Unselected || c.Elsewhere != w.Elsewhere ||
		c.OutOfRange != w.OutOfRange || c.Malformed != w.Malformed || c.Duplicates != w.Duplicates || c.Damaged != w.Damaged || c.Unread != w.Unread {
		t.Errorf("%s: counts %+v\nwant %+v", name, c, w)
	}
}

func lines(events []grep.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s %d %s %s\n", e.ID, e.Time, e.Header.LogStream, e.Message)
	}
	return b.String()
}
