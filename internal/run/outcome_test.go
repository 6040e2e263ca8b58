package run

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestCountsAddUp(t *testing.T) {
	whole := Counts{Decoded: 28, OutOfRange: 1, Filtered: 2, Malformed: 3, Rejected: 4, Created: 5, AlreadyThere: 6, InDoubt: 6, Written: 7}
	if err := whole.Check(); err != nil {
		t.Errorf("counts that add up: %v", err)
	}
	// Every counter on its own breaks the identity: none is what is left over.
	v := reflect.ValueOf(&whole).Elem()
	for i := range v.NumField() {
		broken := whole
		f := reflect.ValueOf(&broken).Elem().Field(i)
		f.SetInt(f.Int() + 1)
		if broken.Check() == nil {
			t.Errorf("%s one too many goes unnoticed", v.Type().Field(i).Name)
		}
	}
}

func TestOutcomeAddsUpOverCalls(t *testing.T) {
	early, late := time.UnixMilli(1_544_414_264_183), time.UnixMilli(1_544_414_336_184)
	a := Outcome{
		End: More, Place: Place{Offset: 10, Events: 2}, Calls: 1, First: &late, Last: &late,
		Counts: Counts{Decoded: 9, Created: 2, Written: 7}, Records: 1, BytesIn: 5, Files: 2, Ms: 7,
	}
	a.CountIndex("ecs-task-2018-12-10", IndexCounts{Documents: 2, Created: 2})
	a.CountHour(late, 2)
	a.CountLag(1, 2)
	b := Outcome{
		End: Damaged, Reason: "unexpected end", Damage: &Damage{Offset: 30}, Place: Place{Offset: 30}, Calls: 1, First: &early, Last: &early,
		Counts: Counts{Decoded: 4, AlreadyThere: 1, Rejected: 1, Malformed: 1, Written: 1}, Records: 2, BytesIn: 6, Files: 1, Ms: 1,
	}
	b.CountIndex("ecs-task-2018-12-10", IndexCounts{Documents: 2, AlreadyThere: 1, Rejected: 1})
	b.CountHour(early, 2)
	b.CountLag(0, 2)
	b.CountRejection("mapper_parsing_exception", 1)
	b.CountMalformation("no id", 1)

	a.Add(b)
	want := Outcome{
		End: Damaged, Reason: "unexpected end", Damage: &Damage{Offset: 30}, Place: Place{Offset: 30}, Calls: 2, First: &early, Last: &late,
		Counts:  Counts{Decoded: 13, Created: 2, AlreadyThere: 1, Rejected: 1, Malformed: 1, Written: 8},
		Records: 3, BytesIn: 11, Files: 3, Ms: 8,
		Indices:    map[string]IndexCounts{"ecs-task-2018-12-10": {Documents: 4, Created: 2, AlreadyThere: 1, Rejected: 1}},
		Hours:      map[string]int64{"2018-12-10T03": 2, "2018-12-10T04": 0},
		Lag:        []int64{2, 2, 0, 0, 0, 0, 0},
		Rejections: map[string]int64{"mapper_parsing_exception": 1}, Malformations: map[string]int64{"no id": 1},
	}
	want.Hours = map[string]int64{early.UTC().Format("2006-01-02T15"): 4}
	if !reflect.DeepEqual(a, want) {
		t.Errorf("got  %+v\nwant %+v", a, want)
	}
}

// An outcome passes into the Cause of a Fail state, which holds 32,768
// characters.
func TestOutcomeStaysSmall(t *testing.T) {
	var o Outcome
	now := time.Now()
	o.First, o.Last = &now, &now
	for i := range 10_000 {
		o.CountIndex(fmt.Sprintf("%s-%06d", strings.Repeat("i", 230), i), IndexCounts{Documents: 1e6, Rejected: 1e6, Created: 1, AlreadyThere: 1e6})
		o.CountHour(time.Unix(int64(i)*3600, 0), 1)
		o.CountRejection(fmt.Sprintf("%s %d", strings.Repeat("reason ", 2000), i), 1)
		o.CountMalformation(fmt.Sprintf("%d %s", i, strings.Repeat("reason ", 2000)), 1)
	}
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 28_000 {
		t.Errorf("an outcome has %d bytes", len(b))
	}
	if got := o.Indices[Other].Created + int64(len(o.Indices)-1); got != 10_000 {
		t.Errorf("%d of 10000 documents are counted", got)
	}
	if got := o.Hours[Other] + int64(maxHours); got != 10_000 {
		t.Errorf("%d of 10000 events are counted by hour", got)
	}
}

func TestOrderOfPlaces(t *testing.T) {
	inOrder := []Place{{}, {Events: 1}, {Offset: 1}, {Offset: 1, Events: 2}, {Offset: 2}}
	for i, p := range inOrder {
		for k, q := range inOrder {
			if p.Before(q) != (i < k) || p.Later(q) != inOrder[max(i, k)] || q.Later(p) != p.Later(q) {
				t.Errorf("%+v and %+v: before %v, later %+v", p, q, p.Before(q), p.Later(q))
			}
		}
	}
}
