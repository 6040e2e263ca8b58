package cluster

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// answer is a whole answer of the cluster.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func readAnswer(res *esapi.Response) (*answer, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("read the answer: it has over %d MiB", maxAnswer>>20)
	}
	return &answer{status: res.StatusCode, header: res.Header, body: body}, nil
}

func (c *Cluster) decode(a *answer, doing string, v any) error {
	if err := json.Unmarshal(a.body, v); err != nil {
		return &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("%s answered to %s with something else: %s", c.url, doing, a.words()),
			Remedy: "give the URL of the cluster itself, and look for a proxy in between",
		}
	}
	return nil
}

// refusal is the fault that an answer of the wrong status is. doing says what
// was asked for, such as "put the index template x".
func (c *Cluster) refusal(a *answer, doing string) *run.Fault {
	f := &run.Fault{Name: run.UnusableCluster, Reason: fmt.Sprintf("the cluster refused to %s (%d): %s", doing, a.status, a.words())}
	switch {
	case strings.Contains(a.errorType(), "cluster_block_exception"):
		return blocked(a.words())
	case a.status == http.StatusUnauthorized:
		f.Name = run.Denied
		f.Reason = fmt.Sprintf("the cluster does not know us (401): %s", a.words())
		f.Remedy = "give it credentials that it accepts: look at the way of authentication and at what the secret holds"
	case a.status == http.StatusForbidden:
		f.Name = run.Denied
		f.Reason = fmt.Sprintf("we may not %s (403): %s", doing, a.words())
		f.Remedy = "grant that to the user or role that this program uses; with SigV4 both the domain's access policy and its fine-grained roles must"
	case a.status == http.StatusTooManyRequests:
		f.Name = run.Throttled
		f.Remedy = "give the cluster time, or more nodes"
	case a.status >= http.StatusInternalServerError:
		f.Name = run.Unavailable
		f.Reason = fmt.Sprintf("the cluster could not %s (%d): %s", doing, a.status, a.words())
		f.Remedy = "look at its health"
	case a.status >= http.StatusMultipleChoices && a.status < http.StatusBadRequest:
		f.Reason = fmt.Sprintf("%s sends us on to %s (%d)", c.url, a.header.Get("Location"), a.status)
		f.Remedy = "give the URL of the cluster itself"
	}
	return f
}

// errorBody is an error as Elasticsearch, OpenSearch and Amazon's front give it.
type errorBody struct {
	Error   json.RawMessage `json:"error"`
	Message string          `json:"message"` // Amazon: "Message", too
}

type errorCause struct {
	Type     string      `json:"type"`
	Reason   string      `json:"reason"`
	CausedBy *errorCause `json:"caused_by"`
}

func (a *answer) cause() (errorBody, errorCause) {
	var body errorBody
	var cause errorCause
	if json.Unmarshal(a.body, &body) == nil {
		// A plain string leaves cause empty.
		_ = json.Unmarshal(body.Error, &cause)
	}
	return body, cause
}

func (a *answer) errorType() string {
	_, cause := a.cause()
	return cause.Type
}

// words are the cluster's own: its reason down to the deepest cause, or the
// beginning of whatever it sent.
func (a *answer) words() string {
	body, cause := a.cause()
	if cause.Reason != "" {
		return cause.words()
	}
	var plain string
	switch {
	case json.Unmarshal(body.Error, &plain) == nil:
		return plain
	case body.Message != "":
		return body.Message
	case len(a.body) == 0:
		return "nothing"
	}
	return fmt.Sprintf("%q", a.body[:min(len(a.body), 200)])
}

func (e *errorCause) words() string {
	s := e.Reason
	for c := e.CausedBy; c != nil; c = c.CausedBy {
		if c.Reason != "" && !strings.Contains(s, c.Reason) {
			s += ": " + c.Reason
		}
	}
	return s
}
