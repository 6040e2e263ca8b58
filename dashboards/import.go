package dashboards

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
)

// Server is a Kibana or an OpenSearch Dashboards.
type Server struct {
	// URL as a browser has it, with its path where there is one
	// (https://domain/_dashboards, https://host/s/space).
	URL string
	// Authorization is the value of that header; empty for none.
	Authorization string
	Client        *http.Client
}

// answerLimit bounds what is read of an answer.
const answerLimit = 1 << 20

// Import sends the file, which takes the place of the same objects there, and
// tells how many were taken. Its error names each object that was not.
// https://www.elastic.co/guide/en/kibana/7.10/saved-objects-api-import.html
func (s Server) Import(ctx context.Context, file []byte) (int, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "rehydrate.ndjson")
	if err != nil {
		return 0, err
	}
	if _, err := part.Write(file); err != nil {
		return 0, err
	}
	if err := form.Close(); err != nil {
		return 0, err
	}
	url := strings.TrimSuffix(s.URL, "/") + "/api/saved_objects/_import?overwrite=true"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, &body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	// Each application wants its own header, to tell that no web page asks.
	req.Header.Set("kbn-xsrf", "true")
	req.Header.Set("osd-xsrf", "true")
	// With OpenSearch's security each user has a space of their own, and all have one
	// together. Others ignore it.
	req.Header.Set("securitytenant", "global")
	if s.Authorization != "" {
		req.Header.Set("Authorization", s.Authorization)
	}
	res, err := s.Client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerLimit))
	if err != nil {
		return 0, fmt.Errorf("read the answer of %s: %w", s.URL, err)
	}
	return readAnswer(url, res, answer)
}

// imported is an answer to an import: what became of the objects, or why the
// request was refused.
type imported struct {
	Success      bool
	SuccessCount int
	Errors       []struct {
		ID, Type string
		Error    struct{ Type, Message, Reason string }
	}
	// Error and Message of a refused request.
	Error, Message string
}

func readAnswer(url string, res *http.Response, answer []byte) (int, error) {
	var a imported
	unread := json.Unmarshal(answer, &a)
	switch {
	case res.StatusCode != http.StatusOK && unread == nil && a.Message != "":
		return 0, fmt.Errorf("%s: %s: %s", url, res.Status, a.Message)
	case res.StatusCode != http.StatusOK:
		return 0, fmt.Errorf("%s: %s", url, res.Status)
	case unread != nil:
		return 0, fmt.Errorf("%s answers, but not as Kibana or OpenSearch Dashboards do (%w); give the URL that a browser has", url, unread)
	case a.Success && len(a.Errors) == 0:
		return a.SuccessCount, nil
	}
	errs := []error{fmt.Errorf("%s took %d objects and not the others", url, a.SuccessCount)}
	for _, e := range a.Errors {
		why := strings.Join(strings.Fields(strings.Join([]string{e.Error.Type, e.Error.Message, e.Error.Reason}, " ")), " ")
		errs = append(errs, fmt.Errorf("%s %s: %s", e.Type, e.ID, why))
	}
	return a.SuccessCount, errors.Join(errs...)
}
