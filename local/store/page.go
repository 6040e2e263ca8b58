package store

import (
	"encoding/json"
	"strconv"
	"time"
)

// page is the answer to a search. It is written by hand: documents stand in it
// byte for byte.
type page struct {
	order        order
	filter       source
	tracked      int
	indices      []*index
	total        int
	took         time.Duration
	aggregations json.RawMessage
	body         []byte
}

func (p *page) write(views []*view, hits []hit) {
	b := strconv.AppendInt([]byte(`{"took":`), p.took.Milliseconds(), 10)
	b = append(b, `,"timed_out":false,"_shards":`...)
	b = append(b, shards(len(p.indices))...)
	b = append(b, `,"hits":{`...)
	if p.tracked != 0 {
		n, relation := p.total, "eq"
		if p.tracked > 0 && n > p.tracked {
			n, relation = p.tracked, "gte"
		}
		b = append(strconv.AppendInt(append(b, `"total":{"value":`...), int64(n), 10), `,"relation":"`+relation+`"},`...)
	}
	score := "1.0"
	if len(p.order) > 0 || len(hits) == 0 {
		score = "null"
	}
	b = append(b, `"max_score":`+score+`,"hits":[`...)
	for i, h := range hits {
		if i > 0 {
			b = append(b, ',')
		}
		id, doc := row(views[h.index].tx, uint64(h.number))
		b = appendText(append(b, `{"_index":`...), p.indices[h.index].name)
		b = appendText(append(b, `,"_id":`...), string(id))
		b = append(b, `,"_score":`+score...)
		if !p.filter.hidden {
			b = p.filter.appendTo(append(b, `,"_source":`...), doc)
		}
		if len(p.order) > 0 {
			b = p.order.appendValues(append(b, `,"sort":`...), h)
		}
		b = append(b, '}')
	}
	b = append(b, "]}"...)
	if p.aggregations != nil {
		b = append(append(b, `,"aggregations":`...), p.aggregations...)
	}
	b = append(b, '}')
	p.body = b
}

// shards says that every index, which is one shard, has answered.
func shards(n int) string {
	s := strconv.Itoa(n)
	return `{"total":` + s + `,"successful":` + s + `,"skipped":0,"failed":0}`
}
