package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"sort"
	"strconv"
	"time"
)

// order is how hits are sorted: by @timestamp, _id or _doc.
type order []sortKey

type sortKey struct {
	field string
	desc  bool
}

func parseSort(raw []byte) (order, error) {
	if len(raw) == 0 || isNull(raw) {
		return nil, nil
	}
	var o order
	return o, eachElement(raw, func(value []byte) error {
		if !isObject(value) {
			return o.add(text(value), "")
		}
		return eachMember(value, func(name string, value []byte) error {
			if !isObject(value) {
				return o.add(name, text(value))
			}
			var q struct {
				Order        string `json:"order"`
				UnmappedType string `json:"unmapped_type"`
			}
			if err := decodeStrict("sort", value, &q); err != nil {
				return err
			}
			return o.add(name, q.Order)
		})
	})
}

func (o *order) add(name, direction string) error {
	if name != timestamp && name != "_id" && name != "_doc" && name != "_shard_doc" {
		return unsupported("a sort by [%s]; [@timestamp], [_id] and [_doc] are", name)
	}
	if direction != "" && direction != "asc" && direction != "desc" {
		return badRequest("illegal_argument_exception", "Unknown SortOrder [%s]", direction)
	}
	*o = append(*o, sortKey{name, direction == "desc"})
	return nil
}

// compare tells which hit comes first; those that the keys leave equal stay in
// the order of their index and arrival.
func (o order) compare(a, b hit) int {
	if c := o.byKeys(a, b); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.number, b.number))
}

func (o order) byKeys(a, b hit) int {
	for _, k := range o {
		var c int
		switch k.field {
		case timestamp:
			c = cmp.Compare(k.place(a.time), k.place(b.time))
		case "_id":
			c = cmp.Compare(a.id, b.id)
		default:
			c = cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.number, b.number))
		}
		if k.desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// place is a time as it is sorted and told: a document without one comes last.
func (k sortKey) place(t int64) int64 {
	switch {
	case t != noTime:
		return t
	case k.desc:
		return math.MinInt64
	}
	return math.MaxInt64
}

func (o order) sort(hits []hit) {
	if len(o) > 0 {
		slices.SortFunc(hits, o.compare)
	}
}

// after reads the sort values of the last hit of the page before.
func (o order) after(values []json.RawMessage) (*hit, error) {
	if len(values) == 0 {
		return nil, nil
	}
	if len(values) != len(o) {
		return nil, badRequest("illegal_argument_exception", "search_after has %d value(s) but sort has %d.", len(values), len(o))
	}
	h := &hit{}
	for i, k := range o {
		value := text(values[i])
		var err error
		switch k.field {
		case timestamp:
			h.time, err = strconv.ParseInt(value, 10, 64)
			if err != nil {
				h.time, _, err = parseDate(value, time.UTC)
			}
			if h.time == math.MaxInt64 {
				h.time = noTime
			}
		case "_id":
			h.id = value
		default:
			h.index, h.number, err = splitPlace(value)
		}
		if err != nil {
			return nil, badRequest("illegal_argument_exception", "Failed to parse search_after value [%s] for field [%s].", value, k.field)
		}
	}
	return h, nil
}

// position is that of the first of the sorted hits that comes after h.
func (o order) position(hits []hit, h *hit) int {
	return sort.Search(len(hits), func(i int) bool { return o.byKeys(hits[i], *h) > 0 })
}

// appendValues writes the sort values of a hit, from which a search can go on.
func (o order) appendValues(b []byte, h hit) []byte {
	b = append(b, '[')
	for i, k := range o {
		if i > 0 {
			b = append(b, ',')
		}
		switch k.field {
		case timestamp:
			b = strconv.AppendInt(b, k.place(h.time), 10)
		case "_id":
			b = appendText(b, h.id)
		default:
			b = strconv.AppendInt(b, joinPlace(h), 10)
		}
	}
	return append(b, ']')
}

// The place of a hit among all, as one number.

func joinPlace(h hit) int64 { return int64(h.index)<<32 | int64(h.number) }

func splitPlace(s string) (index int, number uint32, err error) {
	n, err := strconv.ParseInt(s, 10, 64)
	return int(n >> 32), uint32(n), err
}

// source says which members of a document a hit shows.
type source struct {
	hidden bool
	// only these members of the document itself; nil for the document as it is.
	only []string
}

func parseSource(raw []byte) (source, error) {
	var f source
	if len(raw) == 0 || isNull(raw) {
		return f, nil
	}
	if isObject(raw) {
		var q struct {
			Includes json.RawMessage `json:"includes"`
		}
		if err := decodeStrict("_source", raw, &q); err != nil {
			return f, err
		}
		if raw = q.Includes; len(raw) == 0 {
			return f, nil
		}
	}
	if s := string(raw); s == "true" || s == "false" {
		f.hidden = s == "false"
		return f, nil
	}
	return f, eachElement(raw, func(value []byte) error {
		name := text(value)
		if bytes.ContainsAny([]byte(name), "*.") {
			return unsupported("the pattern or path [%s] in _source; name members of the document", name)
		}
		f.only = append(f.only, name)
		return nil
	})
}

// appendTo writes what is shown of a document.
func (f source) appendTo(b, doc []byte) []byte {
	if f.only == nil {
		return append(b, doc...)
	}
	b = append(b, '{')
	first := true
	// A stored document is an object, and no callback fails.
	_ = eachMember(doc, func(name string, value []byte) error {
		if !slices.Contains(f.only, name) {
			return nil
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(appendText(b, name), ':'), value...)
		return nil
	})
	return append(b, '}')
}
