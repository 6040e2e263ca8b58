package store

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/local/store/logdb"
)

const (
	timestamp = "@timestamp"
	// maxWindow is index.max_result_window.
	maxWindow = 10_000
)

// search is one that was asked for.
type search struct {
	indices []string
	ids     []string // nil: all
	// Documents with from ≤ time < to, in nanoseconds since 1970.
	from, to   int64
	whole      [2]int64 // the same, of all pages
	size, skip int
	newest     bool  // first
	keys       []key // to sort by; time comes before the id
	after      *place
	noSource   bool
}

// key is what hits are sorted by: the values of each are in the answer.
type key string

const (
	keyTime key = timestamp
	keyID   key = "_id"
	keyDoc  key = "_doc"
)

// place is that of a document in the order by time and id.
type place struct {
	time int64
	id   string
	// past: it stands behind all of its time.
	past bool
}

// parseSearch reads a search, or the query of a count.
func parseSearch(indices []string, body []byte) (*search, error) {
	q := &search{indices: indices, size: 10, from: logdb.Oldest(), to: logdb.Newest()}
	q.whole = [2]int64{q.from, q.to}
	if len(body) == 0 {
		return q, nil
	}
	given := struct {
		Query       json.RawMessage   `json:"query"`
		Size        *int              `json:"size"`
		From        int               `json:"from"`
		Sort        json.RawMessage   `json:"sort"`
		SearchAfter []json.RawMessage `json:"search_after"`
		Source      *bool             `json:"_source"`
		Total       *bool             `json:"track_total_hits"`
	}{}
	if err := decodeStrict("search", body, &given); err != nil {
		return nil, err
	}
	if given.Size != nil {
		q.size = *given.Size
	}
	q.skip, q.noSource = given.From, given.Source != nil && !*given.Source
	if q.size < 0 || q.skip < 0 || q.size+q.skip > maxWindow {
		return nil, badRequest("illegal_argument_exception", "Result window is too large, from + size must be less than or equal to: [%d] but was [%d]", maxWindow, q.size+q.skip)
	}
	if err := q.query(given.Query); err != nil {
		return nil, err
	}
	if err := q.sort(given.Sort); err != nil {
		return nil, err
	}
	q.whole = [2]int64{q.from, q.to}
	return q, q.searchAfter(given.SearchAfter)
}

// query reads match_all, or a range of @timestamp.
func (q *search) query(raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	var given struct {
		All   *struct{} `json:"match_all"`
		Range map[string]struct {
			GTE, GT, LTE, LT json.RawMessage
			Format           string
		} `json:"range"`
	}
	if err := decodeStrict("query", raw, &given); err != nil {
		return err
	}
	for name, r := range given.Range {
		if name != timestamp || r.Format != "" {
			return unsupported("a range of [%s] or with a format; one of [%s] is", name, timestamp)
		}
		for _, bound := range []struct {
			raw   json.RawMessage
			to    *int64
			added time.Duration
		}{{r.GTE, &q.from, 0}, {r.GT, &q.from, time.Millisecond}, {r.LT, &q.to, 0}, {r.LTE, &q.to, time.Millisecond}} {
			if bound.raw == nil {
				continue
			}
			t, err := parseTime(text(bound.raw))
			if err != nil {
				return badRequest("parse_exception", "%s", err.Error())
			}
			*bound.to = min(max(logdb.Oldest(), nanos(t.Add(bound.added))), logdb.Newest())
		}
	}
	return nil
}

// nanos is t in nanoseconds since 1970; a time that has none there is put at the
// nearest end.
func nanos(t time.Time) int64 {
	if t.Year() < 1700 {
		return logdb.Oldest()
	}
	if t.Year() > 2250 {
		return logdb.Newest()
	}
	return t.UnixNano()
}

// sort reads an order by time, or by that and then the id, or _doc, which is the
// order by time, too.
func (q *search) sort(raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	return eachElement(raw, func(value []byte) error {
		k, newest, err := sortKey(value)
		if err != nil {
			return err
		}
		switch {
		case len(q.keys) == 0 && (k == keyTime || k == keyDoc):
			q.newest = newest
		case len(q.keys) == 1 && (k == keyID || k == keyDoc) && newest == q.newest:
		default:
			return unsupported("sorting by [%s] here; by [%s], then [%s] in the same direction, or by [%s] it does", k, keyTime, keyID, keyDoc)
		}
		q.keys = append(q.keys, k)
		return nil
	})
}

// sortKey reads "KEY", {"KEY":"desc"} or {"KEY":{"order":"desc"}}.
func sortKey(value []byte) (k key, newest bool, err error) {
	if !isObject(value) {
		return key(text(value)), false, nil
	}
	err = eachMember(value, func(name string, order []byte) error {
		if k != "" {
			return unsupported("the sort key %s", value)
		}
		k, newest = key(name), text(order) == "desc"
		if !isObject(order) {
			return nil
		}
		return eachMember(order, func(name string, value []byte) error {
			if name != "order" {
				return unsupported("[%s] of a sort key", name)
			}
			newest = text(value) == "desc"
			return nil
		})
	})
	return k, newest, err
}

func (q *search) searchAfter(values []json.RawMessage) error {
	if len(values) == 0 {
		return nil
	}
	if len(values) != len(q.keys) || q.keys[0] != keyTime || len(values) == 2 && q.keys[1] != keyID || q.skip > 0 {
		return badRequest("illegal_argument_exception", "search_after has %d value(s) but sort has %d; the embedded store takes those of [%s] and [%s], without from", len(values), len(q.keys), keyTime, keyID)
	}
	ms, err := strconv.ParseInt(text(values[0]), 10, 64)
	if err != nil {
		return badRequest("illegal_argument_exception", "search_after %s is no number of milliseconds", values[0])
	}
	q.after = &place{time: time.UnixMilli(ms).UnixNano(), past: len(values) == 1}
	if len(values) == 2 {
		q.after.id = text(values[1])
	}
	if q.newest {
		q.to = min(q.to, q.after.time+1)
	} else {
		q.from = max(q.from, q.after.time)
	}
	return nil
}

// filter is the query in LogsQL, without its time.
func (q *search) filter() string {
	f := only(q.indices...)
	if q.ids != nil {
		f += " " + fieldID + ":in(" + quotedList(q.ids) + ")"
	}
	return f
}

// only picks the rows of indices.
func only(indices ...string) string {
	return fieldIndex + ":in(" + quotedList(indices) + ")"
}

func quotedList(values []string) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = quoted(v)
	}
	return strings.Join(all, ",")
}

// quoted is a string in LogsQL.
func quoted(s string) string { return strconv.Quote(s) }

func (s *Store) searched(r *request) (answer, error) {
	names, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	q, err := parseSearch(names, r.body)
	if err != nil {
		return answer{}, err
	}
	found, err := s.search(r.Context(), q, s.extents)
	return answer{status: http.StatusOK, raw: found.json()}, err
}
