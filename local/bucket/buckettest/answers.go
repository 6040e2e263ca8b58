package buckettest

import (
	"fmt"
	"html"
	"net/http"
)

// Refusal is an error answer of S3.
type Refusal struct {
	Status  int
	Code    string
	Message string
	Header  http.Header
	// Class and Tier are what S3 adds where an object lies in an archive.
	Class, Tier string
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
	more := ""
	if a.Class != "" {
		more = "<StorageClass>" + a.Class + "</StorageClass>"
	}
	if a.Tier != "" {
		more += "<AccessTier>" + a.Tier + "</AccessTier>"
	}
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message>%s</Error>", a.Code, html.EscapeString(a.Message), more)
}
