package bulk

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const twoItems = `{"took":1,"errors":true,"items":[
 {"create":{"_index":"i","_id":"a","_version":1,"result":"created","_shards":{"total":2,"successful":1,"failed":0},"status":201}},
 {"create":{"_index":"i","_id":"b","status":400,"error":{"type":"t","reason":"r"}}}]}`

func readFor(answer string, ids ...string) ([]answered, error) {
	return readAnswer([]byte(answer), len(ids), func(i int) []byte { return []byte(ids[i]) }, nil)
}

func TestReadAnswer(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		ids          string
		want         string // statuses
		err          error
	}{
		{"whole", twoItems, "a b", "201 400", nil},
		{"items before errors", `{"items":[{"create":{"status":409,"_id":"a"}}],"errors":false}`, "a", "409", nil},
		{"escaped otherwise", `{"items":[{"create":{"_id":"\u0061\/","status":201}}]}`, `a/`, "201", nil},
		{"nothing sent", `{"items":[]}`, "", "", nil},
		{"fewer", twoItems, "a b c", "", errShort},
		{"more", twoItems, "a", "", errLong},
		{"another order", twoItems, "b a", "", errOrder},
		{"an id missing", `{"items":[{"create":{"status":201}}]}`, "a", "", errOrder},
		{"an id that is no string", `{"items":[{"create":{"_id":1,"status":201}}]}`, "1", "", errOrder},
		{"no status", `{"items":[{"create":{"_id":"a"}}]}`, "a", "", errGarbled},
		{"another operation", `{"items":[{"index":{"_id":"a","status":201}}]}`, "a", "", errGarbled},
		{"two operations", `{"items":[{"create":{"_id":"a","status":201},"create":{"_id":"a","status":201}}]}`, "a", "", errGarbled},
		{"items twice", `{"items":[{"create":{"_id":"a","status":201}}],"items":[]}`, "a", "", errGarbled},
		{"no items", `{"error":{"type":"t"}}`, "a", "", errGarbled},
		{"text behind it", twoItems + "x", "a b", "", errGarbled},
		{"HTML", "<html>", "a", "", errGarbled},
		{"nothing", "", "a", "", errGarbled},
		{"too deep", `{"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `,"items":[]}`, "", "", errGarbled},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readFor(c.answer, strings.Fields(c.ids)...)
			var statuses []string
			for _, a := range got {
				statuses = append(statuses, fmt.Sprint(a.status))
			}
			if !errors.Is(err, c.err) || strings.Join(statuses, " ") != c.want {
				t.Errorf("read %q, %v; want %q, %v", statuses, err, c.want, c.err)
			}
		})
	}
}

// An item that is like the one before is compared with it: whatever differs is seen.
func TestReadAnswerOfLikeItems(t *testing.T) {
	const like = `{"errors":false,"items":[{"create":{"_id":"a1","status":201}},{"create":{"_id":"a2","status":201}},{"create":{"_id":"a3","status":201}}]}`
	if got, err := readFor(like, "a1", "a2", "a3"); err != nil || len(got) != 3 {
		t.Fatalf("%v, %v", got, err)
	}
	for _, c := range []struct {
		from, to string
		err      error
	}{
		{`"a2"`, `"a1"`, errOrder},
		{`"a3"`, `"a33"`, errOrder},
		{`"a3","status":201}}`, `"a3","status":201}`, errGarbled},
		{`{"create":{"_id":"a3"`, `{"index":{"_id":"a3"`, errGarbled},
		{`,{"create":{"_id":"a3","status":201}}`, ``, errShort},
		{`"a3","status":201}}`, `"a3","status":201}},{"create":{"_id":"a3","status":201}}`, errLong},
	} {
		if got, err := readFor(strings.Replace(like, c.from, c.to, 1), "a1", "a2", "a3"); !errors.Is(err, c.err) {
			t.Errorf("%s for %s: %v, %v; want %v", c.to, c.from, got, err, c.err)
		}
	}
	got, err := readFor(strings.Replace(like, `"a3","status":201`, `"a3","status":409`, 1), "a1", "a2", "a3")
	if err != nil || got[1].status != 201 || got[2].status != 409 {
		t.Errorf("another status: %v, %v", got, err)
	}
}

func TestAnswerCutAnywhereIsNoAnswer(t *testing.T) {
	for n := range len(twoItems) {
		if got, err := readFor(twoItems[:n], "a", "b"); err == nil {
			t.Fatalf("cut after %d bytes it is read as %v", n, got)
		}
	}
}

func TestReadingAnAnswerAllocatesNothing(t *testing.T) {
	body, ids := manyCreated(100)
	dst := make([]answered, 0, len(ids))
	id := func(i int) []byte { return ids[i] }
	n := testing.AllocsPerRun(10, func() {
		var err error
		if dst, err = readAnswer(body, len(ids), id, dst); err != nil {
			t.Fatal(err)
		}
	})
	if n > 10 {
		t.Errorf("%v allocations for 100 documents", n)
	}
}

func manyCreated(n int) (body []byte, ids [][]byte) {
	body = []byte(`{"errors":false,"items":[`)
	for i := range n {
		id := fmt.Appendf(nil, "%056d", i)
		ids = append(ids, id)
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"create":{"_id":"%s","status":201}}`, id)
	}
	return append(body, `]}`...), ids
}

// slowAnswer is readAnswer as one would write it at first.
func slowAnswer(body []byte, ids []string) ([]int, bool) {
	var top []struct {
		name  string
		value json.RawMessage
	}
	if !json.Valid(body) {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, false
		}
		top = append(top, struct {
			name  string
			value json.RawMessage
		}{name.(string), value})
	}
	var statuses []int
	lists := 0
	for _, m := range top {
		if m.name != "items" {
			continue
		}
		lists++
		var items []map[string]json.RawMessage
		if json.Unmarshal(m.value, &items) != nil || items == nil || len(items) != len(ids) {
			return nil, false
		}
		for i, item := range items {
			var outcome map[string]json.RawMessage
			var id string
			var status int
			if item == nil || len(item) != 1 || json.Unmarshal(item["create"], &outcome) != nil ||
				json.Unmarshal(outcome["_id"], &id) != nil || id != ids[i] || string(outcome["_id"]) == "null" ||
				json.Unmarshal(outcome["status"], &status) != nil || status < 100 || status > 999 {
				return nil, false
			}
			statuses = append(statuses, status)
		}
	}
	return statuses, lists == 1
}

// What the fast reader takes, the slow one takes alike. The other way round it
// may be stricter: names that are escaped or given twice, deep nesting.
func FuzzReadAnswer(f *testing.F) {
	f.Add([]byte(twoItems))
	f.Add([]byte(`{"items":[{"create":{"_id":"a","status":201}},{"create":{"_id":"b","status":429,"error":"x"}}]}`))
	f.Add([]byte(`{"a":-0.5e+3,"b":[true,false,null,{}],"items":[ ]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := readFor(string(body), "a", "b")
		if err != nil {
			return
		}
		want, ok := slowAnswer(body, []string{"a", "b"})
		var statuses []int
		for _, a := range got {
			statuses = append(statuses, a.status)
			if a.errEnd > 0 && !json.Valid(body[a.errAt:a.errEnd]) {
				t.Fatalf("%q: the error %q is no JSON", body, body[a.errAt:a.errEnd])
			}
		}
		if !ok || !slices.Equal(statuses, want) {
			t.Fatalf("%q is read as %v, slowly as %v, %v", body, statuses, want, ok)
		}
	})
}

func TestFlippedBytesNeverChangeWhoIsMeant(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		body := []byte(twoItems)
		body[random.IntN(len(body))] = byte(random.IntN(256))
		got, err := readFor(string(body), "a", "b")
		if err == nil && len(got) != 2 {
			t.Fatalf("%s is read as %v", body, got)
		}
	}
}
