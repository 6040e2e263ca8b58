package deployed

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// account answers as CloudWatch, Lambda and Step Functions of an account do, as far as
// a stack is asked about.
type account struct {
	states
	environment string // of the functions
	prepared    string // what prepare answers
	failed      bool   // instead of answering
	values      []float64
	asked       []string

	state         string // of the functions
	listed        string // what list answers
	listFailed    bool
	notifications string // of the bucket
	alarm         string // that rings
}

func (a *account) serve(t *testing.T) {
	t.Helper()
	machines := a.handler(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/configuration"):
			fmt.Fprintf(w, `{"FunctionName":"x","State":%q,"Environment":{"Variables":%s}}`, a.state, a.environment)
		case strings.Contains(path, "-list/invocations"):
			if a.listFailed {
				w.Header().Set("X-Amz-Function-Error", "Unhandled")
			}
			_, _ = io.WriteString(w, a.listed)
		case r.URL.Query().Has("notification"):
			w.Header().Set("Content-Type", "application/xml")
			fmt.Fprintf(w, `<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</NotificationConfiguration>`, a.notifications)
		case strings.Contains(path, "DescribeAlarms"):
			alarms := cbor.List{}
			if a.alarm != "" {
				alarms = append(alarms, cbor.Map{"AlarmName": cbor.String(a.alarm), "AlarmDescription": cbor.String("it does")})
			}
			w.Header().Set("Content-Type", "application/cbor")
			w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
			_, _ = w.Write(cbor.Encode(cbor.Map{"MetricAlarms": alarms}))
		case strings.HasSuffix(path, "/invocations"):
			body, _ := io.ReadAll(r.Body)
			a.asked = append(a.asked, path+string(body))
			if a.failed {
				w.Header().Set("X-Amz-Function-Error", "Unhandled")
			}
			_, _ = io.WriteString(w, a.prepared)
		case strings.Contains(path, "GetMetricData"):
			body, _ := io.ReadAll(r.Body)
			a.asked = append(a.asked, string(body))
			var values cbor.List
			for _, v := range a.values {
				values = append(values, cbor.Float64(v))
			}
			var results cbor.List
			for _, name := range []string{"CallEvents", "CallThrottled", "CallWaited"} {
				if strings.Contains(string(body), name) {
					results = append(results, cbor.Map{"Id": cbor.String("m"), "Label": cbor.String(name), "Values": values})
				}
			}
			w.Header().Set("Content-Type", "application/cbor")
			w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
			_, _ = w.Write(cbor.Encode(cbor.Map{"MetricDataResults": results}))
		case path == "/":
			machines.ServeHTTP(w, r)
		default:
			t.Errorf("asked for %s %s", r.Method, path)
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(server.Close)
	signedIn(t, server.URL)
}

// TestVitals: what calls told CloudWatch is summed up, and the cluster looked at, with
// the dimensions of the stack.
func TestVitals(t *testing.T) {
	a := &account{
		states:      states{"ListStateMachines": machines()},
		environment: `{"INDEX_PREFIX":"logs","SEARCH_URL":"https://search.example"}`, values: []float64{1000, 500},
		prepared: `{"product":"opensearch","version":"2.19.1","room":{"heapPercent":61,"writeQueue":3,"freeBytes":80000000000},"warnings":["odd"]}`,
	}
	a.serve(t)
	stack, err := Open(t.Context(), "rehydrate")
	if err != nil {
		t.Fatal(err)
	}
	vitals := stack.vitals()
	got := strings.Join(vitals(t.Context(), time.Now().Add(-time.Hour)), "; ")
	if want := "1500 events by calls that ended, lately 5/s, waited 2s for 1500 pushbacks (429); " +
		"cluster: opensearch 2.19.1, heap 61%, 3 bulk requests queued, 80.0 GB to the flood stage, odd"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	asked := strings.Join(a.asked, "\n")
	for _, want := range []string{"IndexPrefix", "logs", "Stack", "rehydrate", "/functions/rehydrate-prepare/invocations{\"run\":\"\"}"} {
		if !strings.Contains(asked, want) {
			t.Errorf("%s was never asked for", want)
		}
	}
	n := len(a.asked)
	if vitals(t.Context(), time.Now()); len(a.asked) != n {
		t.Error("it was asked again within a minute")
	}
}

// TestVitalsThatCannotBeHad: the cluster's fault is told in the Lambda's words, and a
// stack without a cluster has none to tell of.
func TestVitalsThatCannotBeHad(t *testing.T) {
	a := &account{
		states: states{"ListStateMachines": machines()}, environment: `{"SEARCH_URL":"https://search.example"}`,
		prepared: `{"errorMessage":"the cluster does not answer","errorType":"Unavailable"}`, failed: true,
	}
	a.serve(t)
	stack, err := Open(t.Context(), "rehydrate")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(stack.vitals()(t.Context(), time.Now()), "; "); !strings.HasSuffix(got, "0 events by calls that ended, lately 0/s; cluster: the cluster does not answer") {
		t.Error(got)
	}
	a.environment = `{}`
	if got := strings.Join(stack.vitals()(t.Context(), time.Now()), "; "); strings.Contains(got, "cluster") {
		t.Error(got)
	}
}
