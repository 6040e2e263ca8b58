package bulk

import (
	"bytes"
	"errors"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// answered is what the cluster said of one document: the status and where in the
// answer its error stands (empty where it told of none).
type answered struct {
	status        int
	errAt, errEnd int
}

var (
	errGarbled = errors.New("is no whole bulk answer")
	errShort   = errors.New("tells of fewer documents than were sent")
	errLong    = errors.New("tells of more documents than were sent")
	errOrder   = errors.New("tells of other documents than were sent")
)

// readAnswer reads the answer to a bulk request that sent these ids (as JSON
// strings without their quotes) and appends one answered for each to dst.
//
// An answer counts as a whole or not at all: unless it is sound JSON to its end,
// has one item for each document sent, in this order and of this id, and each
// item a status, it is an error and nothing of it may be believed. The index of
// an item is not compared: where an alias or a data stream has the name that was
// asked for, the answer names the index behind it.
func readAnswer(body []byte, n int, id func(i int) []byte, dst []answered) ([]answered, error) {
	dst = dst[:0]
	var fault error
	seen := false
	var like shape
	item := func(at int) int {
		if fault == nil && len(dst) == n {
			fault = errLong
		}
		if fault != nil {
			return -1
		}
		name := id(len(dst))
		if end := like.fit(body, at, name); end >= 0 {
			dst = append(dst, answered{status: like.status})
			return end
		}
		var a answered
		var end int
		if a, end, fault = readItem(body, at, name); fault == nil && a.errEnd == 0 {
			like.take(body, at, end, name, a.status)
		}
		dst = append(dst, a)
		return end
	}
	end := eachMember(body, jsonscan.Space(body, 0), func(name []byte, at int) int {
		if string(name) != "items" {
			return skipValue(body, at)
		}
		if seen { // a second list would mix with the first
			return -1
		}
		seen = true
		return eachElement(body, at, item)
	})
	switch {
	case fault != nil:
		return dst[:0], fault
	case end < 0 || !seen || jsonscan.Space(body, end) != len(body):
		return dst[:0], errGarbled
	case len(dst) < n:
		return dst[:0], errShort
	}
	return dst, nil
}

// readItem reads one item, {"create":{…}}.
func readItem(body []byte, at int, id []byte) (a answered, end int, err error) {
	members := 0
	end = eachMember(body, at, func(name []byte, at int) int {
		members++
		if string(name) != "create" {
			return -1
		}
		var inner int
		a, inner, err = readOutcome(body, at, id)
		return inner
	})
	switch {
	case err != nil:
		return a, -1, err
	case end < 0 || members != 1:
		return a, -1, errGarbled
	}
	return a, end, nil
}

// readOutcome reads what stands in an item: {"_id":…,"status":…,"error":…}.
func readOutcome(body []byte, at int, id []byte) (a answered, end int, err error) {
	named := false
	end = eachMember(body, at, func(name []byte, at int) int {
		end := skipValue(body, at)
		if end < 0 {
			return -1
		}
		switch string(name) {
		case "_id":
			if named = sameString(body[at:end], id); !named {
				err = errOrder
				return -1
			}
		case "status":
			a.status = smallNumber(body[at:end])
		case "error":
			a.errAt, a.errEnd = at, end
		}
		return end
	})
	switch {
	case err != nil:
		return a, -1, err
	case end < 0 || a.status == 0:
		return a, -1, errGarbled
	case !named:
		return a, -1, errOrder
	}
	return a, end, nil
}

// sameString tells whether the JSON value is the string whose inner text, as it
// was sent, is text. Engines escape in their own way, so both are unescaped
// where the bytes differ.
func sameString(value, text []byte) bool {
	if len(value) < 2 || value[0] != '"' {
		return false
	}
	value = value[1 : len(value)-1]
	if bytes.Equal(value, text) {
		return true
	}
	if bytes.IndexByte(value, '\\') < 0 && bytes.IndexByte(text, '\\') < 0 {
		return false
	}
	return unquote(value) == unquote(text)
}

// unquote gives the text of a JSON string that comes without its quotes.
func unquote(inner []byte) string { return jsonscan.Text(inner) }

// smallNumber reads a status; 0 means that it is none.
func smallNumber(b []byte) int {
	if len(b) != 3 {
		return 0
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}
