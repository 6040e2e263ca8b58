package clustertest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Document is a document as a cluster holds it.
type Document struct {
	Index   string
	ID      string
	Time    time.Time
	Message string
	// Source is the document byte for byte.
	Source json.RawMessage
}

// pageSize is the most that one search may return, by default.
const pageSize = 10_000

// Documents reads everything that the indices matching pattern (such as
// "ecs-task-*") hold, in order of time, after a refresh. The same id in two
// indices is two documents. It reads pages by time, and fails where more than
// 10,000 documents have the same millisecond.
func Documents(ctx context.Context, url, pattern string) ([]Document, error) {
	c, err := cluster.Connect(ctx, run.Search{URL: url}, nil, nil)
	if err != nil {
		return nil, err
	}
	if _, err := read(ctx, c, esapi.IndicesRefreshRequest{Index: []string{pattern}}); err != nil {
		return nil, fmt.Errorf("refresh %s: %w", pattern, err)
	}
	var all []Document
	seen := map[[2]string]bool{}
	from := ""
	for {
		page, err := readPage(ctx, c, pattern, from)
		if err != nil {
			return nil, err
		}
		for _, d := range page {
			if key := [2]string{d.Index, d.ID}; !seen[key] {
				seen[key] = true
				all = append(all, d)
			}
		}
		if len(page) < pageSize {
			return all, nil
		}
		// The last millisecond may go on in the next page, and is read again.
		last := page[len(page)-1].Time
		if last.Equal(page[0].Time) {
			return nil, fmt.Errorf("%s holds %d documents or more at %s", pattern, pageSize, last)
		}
		from = last.Format(time.RFC3339Nano)
	}
}

func readPage(ctx context.Context, c *cluster.Cluster, pattern, from string) ([]Document, error) {
	query := `{"match_all":{}}`
	if from != "" {
		query = fmt.Sprintf(`{"range":{"@timestamp":{"gte":%q}}}`, from)
	}
	body := fmt.Sprintf(`{"size":%d,"sort":[{"@timestamp":{"order":"asc"}}],"query":%s}`, pageSize, query)
	raw, err := read(ctx, c, esapi.SearchRequest{Index: []string{pattern}, Body: strings.NewReader(body)})
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", pattern, err)
	}
	var found searchReply
	if err := json.Unmarshal(raw, &found); err != nil {
		return nil, fmt.Errorf("search %s: %w", pattern, err)
	}
	if found.Shards.Failed > 0 {
		return nil, fmt.Errorf("search %s: %d shards failed", pattern, found.Shards.Failed)
	}
	return found.documents()
}

// read sends a request and returns the body of its 200.
func read(ctx context.Context, c *cluster.Cluster, req esapi.Request) ([]byte, error) {
	res, err := req.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered with %d %s", res.StatusCode, body)
	}
	return body, err
}

type searchReply struct {
	Shards struct{ Total, Failed int } `json:"_shards"`
	Hits   struct {
		Total struct {
			Value    int64
			Relation string
		}
		Hits []struct {
			Index  string          `json:"_index"`
			ID     string          `json:"_id"`
			Source json.RawMessage `json:"_source"`
		}
	}
}

func (r searchReply) documents() ([]Document, error) {
	documents := make([]Document, 0, len(r.Hits.Hits))
	for _, hit := range r.Hits.Hits {
		var source struct {
			Time    time.Time `json:"@timestamp"`
			Message string    `json:"message"`
		}
		if err := json.Unmarshal(hit.Source, &source); err != nil {
			return nil, fmt.Errorf("document %s of %s: %w", hit.ID, hit.Index, err)
		}
		documents = append(documents, Document{hit.Index, hit.ID, source.Time, source.Message, hit.Source})
	}
	return documents, nil
}
