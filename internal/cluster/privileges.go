package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// privileges asks Elasticsearch's security whether we may do with index what a
// run does. Clusters that cannot be asked are passed over: there, what is missing
// shows when it is needed.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/security-privileges.html
func (c *Cluster) privileges(ctx context.Context, index string) error {
	asked := []string{"create_doc", "read", "maintenance", "auto_configure", "create_index"}
	body, err := json.Marshal(map[string]any{"index": []any{map[string]any{"names": []string{index}, "privileges": asked}}})
	if err != nil {
		return fmt.Errorf("write a question about privileges: %w", err)
	}
	a, err := c.do(ctx, esapi.SecurityHasPrivilegesRequest{Body: bytes.NewReader(body)})
	if err != nil {
		return err
	}
	var said struct {
		Username string
		Index    map[string]map[string]bool
	}
	if a.status == http.StatusOK {
		// What is no answer to the question leaves said empty.
		_ = json.Unmarshal(a.body, &said)
	}
	may := said.Index[index]
	if may == nil {
		return nil
	}
	var lacking []string
	for _, p := range asked[:3] {
		if !may[p] {
			lacking = append(lacking, p)
		}
	}
	if !may["auto_configure"] && !may["create_index"] {
		lacking = append(lacking, "auto_configure")
	}
	if len(lacking) == 0 {
		return nil
	}
	return &run.Fault{
		Name:   run.Denied,
		Reason: fmt.Sprintf("the user %s lacks on the index %s the privileges %s", said.Username, index, strings.Join(lacking, ", ")),
		Remedy: "grant them to a role of that user or API key",
	}
}
