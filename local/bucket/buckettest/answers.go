package buckettest

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

// Refusal is an error answer of S3.
type Refusal struct {
	Status  int
	Code    string
	Message string
	Header  http.Header
}

// Refuse answers with what refusal returns for a request, unless that is nil.
func Refuse(h http.Handler, refusal func(*http.Request) *Refusal) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a := refusal(r); a != nil {
			a.write(w)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func (a *Refusal) write(w http.ResponseWriter) {
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(a.Status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", a.Code, html.EscapeString(a.Message))
}

// Class is where an object is kept.
type Class struct {
	// Name is a storage class, such as GLACIER.
	Name string
	// Restored says that a copy can be read now.
	Restored bool
	// Hidden classes are not shown when listed: Intelligent-Tiering's archives.
	Hidden bool
}

// Classes keeps the objects with these keys in classes: listings tell them, and
// those that are not restored cannot be read.
func Classes(h http.Handler, classes map[string]Class) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		class, ok := classes[key]
		switch {
		case ok && readsObject(r) && !class.Restored:
			(&Refusal{
				Status: http.StatusForbidden, Code: "InvalidObjectState",
				Message: "The operation is not valid for the object's storage class",
			}).write(w)
		case r.URL.Query().Get("list-type") == "2":
			recorded := httptest.NewRecorder()
			h.ServeHTTP(recorded, r)
			for name, values := range recorded.Header() {
				if name != "Content-Length" {
					w.Header()[name] = values
				}
			}
			w.WriteHeader(recorded.Code)
			_, _ = io.WriteString(w, classified(recorded.Body.String(), classes))
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// classified puts the classes into a listing, whose keys are URL-encoded or not.
func classified(xml string, classes map[string]Class) string {
	entries := strings.SplitAfter(xml, "</Contents>")
	for i, entry := range entries {
		_, key, _ := strings.Cut(entry, "<Key>")
		key, _, _ = strings.Cut(key, "</Key>")
		plain, err := url.QueryUnescape(html.UnescapeString(key))
		class, ok := classes[plain]
		if err != nil || !ok || class.Hidden {
			continue
		}
		entry = strings.Replace(entry, "<StorageClass>STANDARD<", "<StorageClass>"+class.Name+"<", 1)
		if class.Restored {
			entry = strings.Replace(entry, "</Contents>", "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"+
				"<RestoreExpiryDate>2030-01-01T00:00:00Z</RestoreExpiryDate></RestoreStatus></Contents>", 1)
		}
		entries[i] = entry
	}
	return strings.Join(entries, "")
}
