package bulk

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/bulk/bulktest"
)

// weather makes a server do anything with anything, until calm requests came.
func weather(random *rand.Rand, calm int) func(int, []bulktest.Document) bulktest.Reply {
	problems := []bulktest.Problem{
		{Status: 429, Type: "es_rejected_execution_exception", Reason: "full"},
		{Status: 503, Type: "unavailable_shards_exception", Reason: "not active"},
		{Status: 403, Type: "cluster_block_exception", Reason: "FORBIDDEN/8/index write"},
		{Status: 500, Type: "i_o_exception", Reason: "disk"},
		{Status: 503, Type: "unavailable_shards_exception", Reason: "primary failed", Kept: true},
		{Status: 400, Type: "mapper_parsing_exception", Reason: "failed to parse"},
		{Status: 400, Type: "document_parsing_exception", Reason: "[1:2] failed"},
	}
	return func(n int, _ []bulktest.Document) bulktest.Reply {
		if n >= calm {
			return bulktest.Reply{}
		}
		switch random.IntN(12) {
		case 0:
			return bulktest.Reply{Whole: &problems[random.IntN(4)]}
		case 1:
			return bulktest.Reply{Whole: &bulktest.Problem{Status: 429}, Header: http.Header{"Retry-After": {"3"}}}
		case 2:
			return bulktest.Reply{Whole: &bulktest.Problem{Status: 413}}
		case 3:
			return bulktest.Reply{Status: []int{200, 502, 504}[random.IntN(3)], Body: "<html>"}
		case 4:
			return bulktest.Reply{Drop: true}
		case 5:
			return bulktest.Reply{Cut: 0.01 + 0.98*random.Float64()}
		case 6:
			return bulktest.Reply{Items: func(items []string) []string { return items[:random.IntN(len(items))] }}
		case 7:
			return bulktest.Reply{Items: func(items []string) []string {
				return append(slices.Clone(items[1:]), items[0])
			}}
		case 8:
			return bulktest.Reply{Items: func(items []string) []string { return append(items, items[0]) }}
		case 9, 10:
			return bulktest.Reply{Item: func(int, bulktest.Document) *bulktest.Problem {
				if k := random.IntN(3 * len(problems)); k < len(problems) {
					return &problems[k]
				}
				return nil
			}}
		}
		return bulktest.Reply{}
	}
}

// Whatever the server does, each document has exactly one outcome, and it is the
// true one.
func TestAnyWeather(t *testing.T) {
	rounds := 400
	if testing.Short() {
		rounds = 100
	}
	for seed := range uint64(rounds) {
		random := rand.New(rand.NewPCG(seed, 7))
		calm := random.IntN(25)
		server := bulktest.New(t, weather(random, calm))
		n := 2 + random.IntN(20)
		there := map[int]bool{} // before
		for i := range n {
			if random.IntN(5) == 0 {
				there[i] = true
				server.Put(bulktest.Document{Index: fmt.Sprintf("logs-2018-12-%02d", 9+i%2), ID: id(i)})
			}
		}
		s, k, until := setup(t, server.URL, Config{Gzip: seed%2 == 0, Jitter: rand.New(rand.NewPCG(seed, 8)).Int64N})
		if random.IntN(3) == 0 { // an early end
			until = k.now.Add(time.Duration(random.IntN(3000)) * time.Millisecond)
		}
		b := batch(t, n)
		r, err := s.Send(t.Context(), b, until)

		if (err == nil) != r.Complete() {
			t.Fatalf("seed %d: error %v with %+v", seed, err, r)
		}
		if sum := r.Created + r.AlreadyThere + int64(len(r.Rejected)+len(r.Unresolved)); sum != int64(n) {
			t.Fatalf("seed %d: %d outcomes for %d documents: %+v", seed, sum, n, r)
		}
		doubt := int64(0)
		for i, v := range b.verdicts {
			has := server.Has(b.items[i].index, id(i))
			switch {
			case v == created && (!has || there[i]):
				t.Errorf("seed %d: document %d is told created; there %v, before %v", seed, i, has, there[i])
			case v == alreadyThere && !has:
				t.Errorf("seed %d: document %d is told to be there and is not", seed, i)
			case v == rejected && has && !there[i] && !b.items[i].inDoubt:
				t.Errorf("seed %d: document %d is told rejected and is there", seed, i)
			case has && !there[i] && v != created && !b.items[i].inDoubt:
				t.Errorf("seed %d: document %d was created here, but is neither counted so nor in doubt (%d)", seed, i, v)
			case !has && v.final() && v != rejected:
				t.Errorf("seed %d: document %d is missing and was not reported", seed, i)
			}
			if v == alreadyThere && b.items[i].inDoubt {
				doubt++
			}
		}
		if r.InDoubt != doubt {
			t.Errorf("seed %d: %d in doubt, want %d", seed, r.InDoubt, doubt)
		}
		if int(r.Requests) != server.Requests() && err == nil {
			t.Errorf("seed %d: %d requests counted, %d made", seed, r.Requests, server.Requests())
		}
		for i := range b.items {
			if got := server.Documents()[b.items[i].index][id(i)]; got != "" && got+"\n" != string(b.lines[b.items[i].source:b.items[i].end]) {
				t.Fatalf("seed %d: document %d is %s", seed, i, got)
			}
		}
	}
}
