package bulk

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/bulk/bulktest"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

// clock stands still but when somebody sleeps.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	waits []time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.waits = append(c.waits, d)
	return ctx.Err()
}

func transport(t testing.TB, address string) esapi.Transport {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	inner := &http.Transport{}
	t.Cleanup(inner.CloseIdleConnections)
	c, err := elastictransport.NewClient(
		elastictransport.WithURLs(u), elastictransport.WithTransport(inner), elastictransport.WithDisableRetry())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// setup gives a sender to s whose clock is at the start of an hour, and that
// hour's end.
func setup(t testing.TB, address string, c Config) (*Sender, *clock, time.Time) {
	t.Helper()
	k := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	c.Transport, c.Now, c.Sleep = transport(t, address), k.Now, k.Sleep
	if c.Jitter == nil {
		c.Jitter = func(n int64) int64 { return n - 1 }
	}
	return NewSender(c), k, k.now.Add(time.Hour)
}

func maker() *document.Maker {
	return document.NewMaker(run.Settings{IndexPrefix: "logs", Zone: time.UTC})
}

// events of two days: logs-2018-12-09 gets the even ones.
func event(i int) *decode.Event {
	return &decode.Event{
		Header:  &decode.Header{Owner: "123456789012", LogGroup: "/g", LogStream: "s", SubscriptionFilters: []string{"f"}},
		ID:      fmt.Appendf(nil, "%056d", i),
		Time:    time.Date(2018, 12, 9+i%2, 12, 0, i, 0, time.UTC).UnixMilli(),
		Message: fmt.Appendf(nil, `"message \"%d\""`, i),
		Start:   run.Place{Offset: 100, Events: int64(i)},
	}
}

func batch(t testing.TB, n int) *Batch {
	t.Helper()
	b := NewBatch(1 << 16)
	for i := range n {
		if err := b.Add(maker(), event(i), false); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func id(i int) string { return fmt.Sprintf("%056d", i) }

// replies gives them in turn, then the healthy one.
func replies(list ...bulktest.Reply) func(int, []bulktest.Document) bulktest.Reply {
	return func(n int, _ []bulktest.Document) bulktest.Reply {
		if n < len(list) {
			return list[n]
		}
		return bulktest.Reply{}
	}
}

func forItem(number int, p bulktest.Problem) bulktest.Reply {
	return bulktest.Reply{Item: func(_ int, d bulktest.Document) *bulktest.Problem {
		if d.ID == id(number) {
			return &p
		}
		return nil
	}}
}

// What each reply, given once, comes to for a batch of four documents.
func TestSend(t *testing.T) {
	lose := func(items []string) []string { return items[1:] }
	turn := func(items []string) []string { return []string{items[1], items[0], items[2], items[3]} }
	rejecting := func(status int, kind, reason string) bulktest.Reply {
		return forItem(1, bulktest.Problem{Status: status, Type: kind, Reason: reason})
	}
	whole := func(status int, kind, reason string) bulktest.Reply {
		return bulktest.Reply{Whole: &bulktest.Problem{Status: status, Type: kind, Reason: reason}}
	}
	for _, c := range []struct {
		name                                     string
		reply                                    bulktest.Reply
		created, there, doubt, rejected, retries int64
	}{
		{"healthy", bulktest.Reply{}, 4, 0, 0, 0, 0},
		{"whole 429", whole(429, "es_rejected_execution_exception", "full"), 4, 0, 0, 0, 1},
		{"whole 429 of a proxy", bulktest.Reply{Whole: &bulktest.Problem{Status: 429}}, 4, 0, 0, 0, 1},
		{"429 after it was indexed", bulktest.Reply{Status: 429, Body: `{"message":"Too Many Requests"}`}, 0, 4, 4, 0, 1},
		{"whole 503", whole(503, "cluster_block_exception", "state not recovered"), 4, 0, 0, 0, 1},
		{"whole 403, a block", whole(403, "cluster_block_exception", "index [i] blocked by: [FORBIDDEN/8/index write (api)];"), 4, 0, 0, 0, 1},
		{"502 after it was indexed", bulktest.Reply{Status: 502, Body: "<html>Bad Gateway</html>"}, 0, 4, 4, 0, 1},
		{"504 after it was indexed", bulktest.Reply{Status: 504}, 0, 4, 4, 0, 1},
		{"nothing with status 200", bulktest.Reply{Status: 200}, 0, 4, 4, 0, 1},
		{"other JSON with status 200", bulktest.Reply{Status: 200, Body: "{}"}, 0, 4, 4, 0, 1},
		{"HTML with status 200", bulktest.Reply{Status: 200, Body: "<html>Please log in</html>"}, 0, 4, 4, 0, 1},
		{"no answer", bulktest.Reply{Drop: true}, 0, 4, 4, 0, 1},
		{"cut answer", bulktest.Reply{Cut: 0.5}, 0, 4, 4, 0, 1},
		{"short answer", bulktest.Reply{Items: lose}, 0, 4, 4, 0, 1},
		{"wrong order", bulktest.Reply{Items: turn}, 0, 4, 4, 0, 1},
		{"413", whole(413, "", ""), 4, 0, 0, 0, 2},
		{"item 429", rejecting(429, "es_rejected_execution_exception", "full"), 4, 0, 0, 0, 1},
		{"item 429 of OpenSearch", rejecting(429, "rejected_execution_exception", "full"), 4, 0, 0, 0, 1},
		{"item 503", rejecting(503, "unavailable_shards_exception", "not active"), 4, 0, 0, 0, 1},
		{"item 500", rejecting(500, "i_o_exception", "no space left"), 4, 0, 0, 0, 1},
		{"item 503 that was indexed", forItem(1, bulktest.Problem{Status: 503, Type: "unavailable_shards_exception", Kept: true}), 3, 1, 1, 0, 1},
		{"item timeout", rejecting(503, "process_cluster_event_timeout_exception", "put-mapping"), 4, 0, 0, 0, 1},
		{"item 429 breaker", rejecting(429, "circuit_breaking_exception", "too large"), 4, 0, 0, 0, 1},
		{"item 403 block", rejecting(403, "cluster_block_exception", "FORBIDDEN/8/index write"), 4, 0, 0, 0, 1},
		{"item 429 block", rejecting(429, "cluster_block_exception", "TOO_MANY_REQUESTS/12/disk usage exceeded"), 4, 0, 0, 0, 1},
		{"item 404 that passes", rejecting(404, "index_not_found_exception", "no such index [i]"), 4, 0, 0, 0, 1},
		{"item 409 of another kind", rejecting(409, "index_primary_shard_not_allocated_exception", "x"), 4, 0, 0, 0, 1},
		{"mapping", rejecting(400, "mapper_parsing_exception", "failed to parse"), 3, 0, 0, 1, 0},
		{"parsing in 8", rejecting(400, "document_parsing_exception", "[1:35] failed to parse"), 3, 0, 0, 1, 0},
		{"strict mapping", rejecting(400, "strict_dynamic_mapping_exception", "not allowed"), 3, 0, 0, 1, 0},
		{"immense term", rejecting(400, "illegal_argument_exception", "Document contains at least one immense term"), 3, 0, 0, 1, 0},
		{"a bug of the engine", rejecting(500, "null_pointer_exception", "null"), 3, 0, 0, 1, 0},
		{"item 413", rejecting(413, "", "too large"), 3, 0, 0, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := bulktest.New(t, replies(c.reply))
			s, _, until := setup(t, server.URL, Config{})
			b := batch(t, 4)
			r, err := s.Send(t.Context(), b, until)
			if err != nil {
				t.Fatal(err)
			}
			if r.Created != c.created || r.AlreadyThere != c.there || r.InDoubt != c.doubt ||
				int64(len(r.Rejected)) != c.rejected || r.Retries != c.retries || !r.Complete() {
				t.Errorf("got %+v", r)
			}
			var documents run.IndexCounts
			for _, n := range r.Indices {
				documents.Add(n)
			}
			if want := (run.IndexCounts{Documents: 4, Created: c.created, AlreadyThere: c.there, Rejected: c.rejected}); documents != want {
				t.Errorf("indices sum up to %+v, want %+v", documents, want)
			}
			for i := range 4 {
				index := fmt.Sprintf("logs-2018-12-%02d", 9+i%2)
				if has, want := server.Has(index, id(i)), i != 1 || c.rejected == 0; has != want {
					t.Errorf("document %d there: %v", i, has)
				}
			}
		})
	}
}

func TestSendStopsAtOnceWhereWaitingIsNoUse(t *testing.T) {
	item := func(status int, kind, reason string) bulktest.Reply {
		return forItem(1, bulktest.Problem{Status: status, Type: kind, Reason: reason})
	}
	for _, c := range []struct {
		name    string
		reply   bulktest.Reply
		fault   string
		says    []string
		created int64
	}{
		{
			"401",
			bulktest.Reply{Whole: &bulktest.Problem{Status: 401, Type: "security_exception", Reason: "unable to authenticate"}},
			run.Denied,
			[]string{"status 401", "unable to authenticate", "create_doc"},
			0,
		},
		{
			"403 of Amazon",
			bulktest.Reply{Status: 403, Body: `{"Message":"User: x is not authorized to perform: es:ESHttpPost"}`},
			run.Denied,
			[]string{"not authorized to perform: es:ESHttpPost"},
			0,
		},
		{
			"a page elsewhere",
			bulktest.Reply{Status: 302, Header: http.Header{"Location": {"/login"}}},
			run.UnusableCluster,
			[]string{"status 302", "/login", "the URL of the cluster"},
			0,
		},
		{
			"no bulk API",
			bulktest.Reply{Status: 404, Body: "not here"},
			run.UnusableCluster,
			[]string{"status 404 not here"},
			0,
		},
		{
			"limit of shards", item(400, "validation_exception", "Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;"),
			run.UnusableCluster,
			[]string{"logs-2018-12-10", "maximum normal shards open", "max_shards_per_node"},
			3,
		},
		{
			"no auto-creation", item(404, "index_not_found_exception", "no such index [logs-2018-12-10] and [action.auto_create_index] is [false]"),
			run.UnusableCluster,
			[]string{"action.auto_create_index] is [false]", "let action.auto_create_index allow"},
			3,
		},
		{
			"closed", item(400, "index_closed_exception", "closed"),
			run.UnusableCluster,
			[]string{"index_closed_exception", "_open"},
			3,
		},
		{
			"privileges of an index", item(403, "security_exception", "action [indices:admin/auto_create] is unauthorized"),
			run.Denied,
			[]string{"indices:admin/auto_create", "logs-2018-12-10"},
			3,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := bulktest.New(t, func(int, []bulktest.Document) bulktest.Reply { return c.reply })
			s, k, until := setup(t, server.URL, Config{})
			r, err := s.Send(t.Context(), batch(t, 4), until)
			var fault *run.Fault
			if !errors.As(err, &fault) || fault.Name != c.fault {
				t.Fatalf("error %v, want %s", err, c.fault)
			}
			for _, text := range c.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
			if r.Created != c.created || int64(len(r.Unresolved)) != 4-c.created {
				t.Errorf("got %+v", r)
			}
			if len(k.waits) != 0 || server.Requests() != 1 {
				t.Errorf("waited %v, sent %d requests", k.waits, server.Requests())
			}
		})
	}
}

func TestIndexThatStaysMissingMayNotBeCreated(t *testing.T) {
	server := bulktest.New(t, func(int, []bulktest.Document) bulktest.Reply {
		return forItem(1, bulktest.Problem{Status: 404, Type: "index_not_found_exception", Reason: "no such index [logs-2018-12-10]"})
	})
	s, _, until := setup(t, server.URL, Config{})
	r, err := s.Send(t.Context(), batch(t, 4), until)
	var fault *run.Fault
	if !errors.As(err, &fault) || fault.Name != run.UnusableCluster || !strings.Contains(err.Error(), "action.auto_create_index") {
		t.Errorf("error %v", err)
	}
	if r.Created != 3 || server.Requests() != 2 {
		t.Errorf("got %+v after %d requests", r, server.Requests())
	}
}

func TestSendGivesUpNearTheDeadline(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply bulktest.Reply
		fault string
		says  string
	}{
		{"throttled", bulktest.Reply{Whole: &bulktest.Problem{Status: 429, Type: "es_rejected_execution_exception", Reason: "queue full"}}, run.Throttled, "es_rejected_execution_exception: queue full"},
		{"blocked", forItem(2, bulktest.Problem{Status: 403, Type: "cluster_block_exception", Reason: "FORBIDDEN/8/index write"}), run.Unavailable, "lift the block"},
		{"gone", bulktest.Reply{Drop: true}, run.Unavailable, "EOF"},
		{"garbled", bulktest.Reply{Status: 200, Body: "<html>"}, run.Unavailable, "is no whole bulk answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := bulktest.New(t, func(int, []bulktest.Document) bulktest.Reply { return c.reply })
			s, k, until := setup(t, server.URL, Config{})
			r, err := s.Send(t.Context(), batch(t, 4), until)
			var fault *run.Fault
			if !errors.As(err, &fault) || fault.Name != c.fault || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v, want %s that says %q", err, c.fault, c.says)
			}
			if r.Complete() || k.now.After(until) {
				t.Errorf("ended at %v with %+v", k.now, r)
			}
			if left := until.Sub(k.now); left > longestWait {
				t.Errorf("gave up %v early", left)
			}
			if r.Waited < 59*time.Minute || r.Requests != int64(server.Requests()) || r.Retries != r.Requests-1 {
				t.Errorf("effort %+v", r.Effort)
			}
		})
	}
}

func TestWaitsGrowUntilSomethingMoves(t *testing.T) {
	full := &bulktest.Problem{Status: 429}
	list := []bulktest.Reply{{Whole: full}, {Whole: full}, {Whole: full}, forItem(1, bulktest.Problem{Status: 429, Type: "es_rejected_execution_exception"})}
	server := bulktest.New(t, replies(list...))
	s, k, until := setup(t, server.URL, Config{Jitter: func(n int64) int64 { return n }})
	if _, err := s.Send(t.Context(), batch(t, 4), until); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{firstWait, 2 * firstWait, 4 * firstWait, firstWait}
	if fmt.Sprint(k.waits) != fmt.Sprint(want) {
		t.Errorf("waited %v, want %v", k.waits, want)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for _, value := range []string{"17", "Thu, 01 Jan 2026 00:00:17 GMT"} {
		server := bulktest.New(t, replies(bulktest.Reply{
			Whole: &bulktest.Problem{Status: 503}, Header: http.Header{"Retry-After": {value}},
		}))
		s, k, until := setup(t, server.URL, Config{Jitter: func(int64) int64 { return 0 }})
		if _, err := s.Send(t.Context(), batch(t, 4), until); err != nil {
			t.Fatal(err)
		}
		if len(k.waits) != 1 || k.waits[0] != 17*time.Second {
			t.Errorf("Retry-After: %s made it wait %v", value, k.waits)
		}
	}
}

func TestRetryAfterBeyondTheDeadlineIsNotWaitedFor(t *testing.T) {
	server := bulktest.New(t, replies(bulktest.Reply{
		Whole: &bulktest.Problem{Status: 429}, Header: http.Header{"Retry-After": {"7200"}},
	}))
	s, k, until := setup(t, server.URL, Config{})
	_, err := s.Send(t.Context(), batch(t, 4), until)
	var fault *run.Fault
	if !errors.As(err, &fault) || fault.Name != run.Throttled || len(k.waits) != 0 {
		t.Errorf("error %v after %v", err, k.waits)
	}
}

func TestTooLargeIsHalvedDownToTheOneDocument(t *testing.T) {
	const most = 2000
	server := bulktest.New(t, func(_ int, documents []bulktest.Document) bulktest.Reply {
		size := 0
		for _, d := range documents {
			size += len(d.ID) + len(d.Source)
		}
		if size > most {
			return bulktest.Reply{Status: 413, Body: "<html><h1>413 Request Entity Too Large</h1></html>", Whole: &bulktest.Problem{Status: 413}}
		}
		return bulktest.Reply{}
	})
	s, _, until := setup(t, server.URL, Config{})
	b := batch(t, 50)
	large := event(50)
	large.Message = []byte(`"` + strings.Repeat("x", most) + `"`)
	if err := b.Add(maker(), large, false); err != nil {
		t.Fatal(err)
	}
	r, err := s.Send(t.Context(), b, until)
	if err != nil {
		t.Fatal(err)
	}
	if r.Created != 50 || len(r.Rejected) != 1 || r.Rejected[0].Item != 50 || r.InDoubt != 0 {
		t.Errorf("got %+v", r)
	}
	if !strings.Contains(r.Rejected[0].Reason, "status 413") {
		t.Errorf("reason %q", r.Rejected[0].Reason)
	}
	// What was learned is kept.
	before := server.Requests()
	if _, err := s.Send(t.Context(), batch(t, 4), until); err != nil || server.Requests() != before+1 {
		t.Errorf("the next batch took %d requests, %v", server.Requests()-before, err)
	}
}

func TestOnlyWhatHasNoOutcomeIsSentAgain(t *testing.T) {
	var sent []string
	server := bulktest.New(t, func(n int, documents []bulktest.Document) bulktest.Reply {
		line := ""
		for _, d := range documents {
			line += strings.TrimLeft(d.ID[50:], "0") + " "
		}
		sent = append(sent, line)
		if n > 0 {
			return bulktest.Reply{}
		}
		return bulktest.Reply{Item: func(i int, _ bulktest.Document) *bulktest.Problem {
			if i == 1 || i == 3 {
				return &bulktest.Problem{Status: 429, Type: "es_rejected_execution_exception"}
			}
			return nil
		}}
	})
	s, _, until := setup(t, server.URL, Config{Gzip: true})
	b := NewBatch(1 << 10)
	for i := 1; i <= 5; i++ {
		if err := b.Add(maker(), event(i), false); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Send(t.Context(), b, until)
	if err != nil || r.Created != 5 {
		t.Fatalf("got %+v, %v", r, err)
	}
	if want := []string{"1 2 3 4 5 ", "2 4 "}; fmt.Sprint(sent) != fmt.Sprint(want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

func TestConflictsOfAnEarlierCallAreInDoubt(t *testing.T) {
	server := bulktest.New(t, nil)
	for i := range 4 {
		server.Put(bulktest.Document{Index: fmt.Sprintf("logs-2018-12-%02d", 9+i%2), ID: id(i)})
	}
	s, _, until := setup(t, server.URL, Config{})
	b := NewBatch(1 << 10)
	for i := range 6 {
		if err := b.Add(maker(), event(i), i < 3); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Send(t.Context(), b, until)
	if err != nil || r.Created != 2 || r.AlreadyThere != 4 || r.InDoubt != 3 {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestNobodyListens(t *testing.T) {
	s, _, until := setup(t, "http://127.0.0.1:1", Config{})
	b := batch(t, 2)
	r, err := s.Send(t.Context(), b, until)
	var fault *run.Fault
	if !errors.As(err, &fault) || fault.Name != run.Unavailable || !strings.Contains(err.Error(), "refused") {
		t.Errorf("error %v", err)
	}
	if b.items[0].inDoubt || len(r.Unresolved) != 2 {
		t.Errorf("what was never sent is in doubt: %+v", r)
	}
}

// failing is a transport whose every request fails.
type failing struct{ err error }

func (f failing) Perform(*http.Request) (*http.Response, error) { return nil, f.err }

// What the transport says of a failure is told as it is. A name that does not
// resolve may do so again; what is wrong with TLS stays so.
func TestFaultsOfTheTransportAreTold(t *testing.T) {
	for _, c := range []struct {
		what     string
		fault    run.Fault
		want     string
		requests bool // more than one
	}{
		{"a certificate", run.Fault{Name: run.UnusableCluster, Err: errors.New("x509")}, run.UnusableCluster, false},
		{"a name", run.Fault{Name: run.UnusableCluster, Err: &net.DNSError{IsNotFound: true}}, run.Unavailable, true},
		{"credentials", run.Fault{Name: run.Denied, Err: errors.New("no role")}, run.Unavailable, true},
		{"refused", run.Fault{Name: run.Unavailable, Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, run.Unavailable, true},
	} {
		c.fault.Reason, c.fault.Remedy = "what is wrong", "what to do"
		s, _, until := setup(t, "http://127.0.0.1:1", Config{})
		s.transport = failing{&c.fault}
		r, err := s.Send(t.Context(), batch(t, 2), until)
		var f *run.Fault
		if !errors.As(err, &f) || f.Name != c.want || !strings.HasSuffix(f.Reason, ": what is wrong") || f.Remedy != "what to do" || !errors.Is(err, c.fault.Err) {
			t.Errorf("%s: %v, want %s with the transport's own words and cause", c.what, err, c.want)
		}
		if (r.Requests > 1) != c.requests {
			t.Errorf("%s: %d requests", c.what, r.Requests)
		}
	}
}

func TestCancelledSendTellsWhatIsUnresolved(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	ctx, cancel := context.WithCancel(t.Context())
	server := bulktest.New(t, func(int, []bulktest.Document) bulktest.Reply {
		cancel()
		return bulktest.Reply{Hold: hold}
	})
	s, _, until := setup(t, server.URL, Config{})
	b := batch(t, 4)
	r, err := s.Send(ctx, b, until)
	if !errors.Is(err, context.Canceled) || len(r.Unresolved) != 4 || !b.items[3].inDoubt {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestSlowClusterEndsAtTheDeadline(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	server := bulktest.New(t, func(int, []bulktest.Document) bulktest.Reply { return bulktest.Reply{Hold: hold} })
	s := NewSender(Config{Transport: transport(t, server.URL)})
	_, err := s.Send(t.Context(), batch(t, 4), time.Now().Add(50*time.Millisecond))
	var fault *run.Fault
	if !errors.As(err, &fault) || fault.Name != run.Unavailable || !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("error %v", err)
	}
}
