package bulk

import (
	"bytes"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// shape is an item of an answer that was read, in the parts that the next one
// shares with it: nearly all items of an answer differ in their id and sequence
// number alone. Comparing parts is ten times as fast as reading them, and as
// strict: what is equal to sound JSON but for another string that was sent and
// another number is sound JSON.
type shape struct {
	head   []byte // up to the id, {"create":{"_index":"ecs-task-2018-12-10","_id":"
	middle []byte // up to the sequence number, ","_version":1, … ,"_seq_no":
	tail   []byte // the rest
	status int
}

// take makes s the shape of the item body[at:end], of a document that was created
// and has the id. Where the item has another form s fits nothing.
func (s *shape) take(body []byte, at, end int, id []byte, status int) {
	*s = shape{}
	item := body[at:end]
	const number = `"_seq_no":`
	from := bytes.Index(item, id)
	to := bytes.LastIndex(item, []byte(number))
	if from < 0 || !bytes.HasSuffix(item[:from], []byte(`"_id":"`)) || to < from+len(id) ||
		bytes.Contains(item[from+len(id):], id) { // then it may not be the id that stands there
		return
	}
	to += len(number)
	after := jsonscan.Digits(item, to)
	if after == to || after == len(item) || item[after] != ',' {
		return
	}
	*s = shape{item[:from], item[from+len(id) : to], item[after:], status}
}

// fit gives the place behind the item at at if it has the shape and the id, or
// -1.
func (s *shape) fit(body []byte, at int, id []byte) int {
	if s.status == 0 {
		return -1
	}
	rest := body[at:]
	for _, part := range [...][]byte{s.head, id, s.middle} {
		if !bytes.HasPrefix(rest, part) {
			return -1
		}
		rest = rest[len(part):]
	}
	digits := jsonscan.Digits(rest, 0)
	if digits == 0 || rest[0] == '0' && digits > 1 || !bytes.HasPrefix(rest[digits:], s.tail) {
		return -1
	}
	return len(body) - len(rest) + digits + len(s.tail)
}
