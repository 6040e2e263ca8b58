package buckettest

import (
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Vault keeps objects in storage classes, as S3 does: listings and HEAD tell them,
// archived ones cannot be read, and are restored when that is asked for.
// testdata/restore.jsonl holds it to what S3 answers.
type Vault struct {
	// Classes are those of the objects with these keys, such as GLACIER; with
	// INTELLIGENT_TIERING a slash and the archive tier may follow, such as
	// ARCHIVE_ACCESS.
	Classes map[string]string
	// Takes is how long a restore takes; nil for no time.
	Takes func(key, tier string) time.Duration
	// Now is the clock; nil for the real one.
	Now func() time.Time

	mu     sync.Mutex
	copies map[string]restored
	asked  []string
}

// restored is a copy that can be read from ready until expiry.
type restored struct{ ready, expiry time.Time }

// Asked are the restores that were accepted: tier, days and key of each, in order.
func (v *Vault) Asked() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Sorted(slices.Values(v.asked))
}

// Restore makes a copy that can be read for a day.
func (v *Vault) Restore(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keep(key, v.now(), 1)
}

func (v *Vault) keep(key string, ready time.Time, days int) {
	if v.copies == nil {
		v.copies = map[string]restored{}
	}
	// A copy goes at the first midnight after its days.
	v.copies[key] = restored{ready, ready.UTC().Truncate(24*time.Hour).AddDate(0, 0, days+1)}
}

func (v *Vault) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}

// Handler is h with the vault's objects.
func (v *Vault) Handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		query := r.URL.Query()
		switch s := v.state(key); {
		case r.Method == http.MethodPost && query.Has("restore"):
			v.restore(w, r, h, key)
		case key != "" && s.class != "" && (r.Method == http.MethodHead || r.Method == http.MethodGet):
			if r.Method == http.MethodGet && !s.readable {
				s.invalid("The operation is not valid for the object's storage class").write(w)
				return
			}
			s.header(w.Header())
			h.ServeHTTP(w, r)
		case query.Get("list-type") == "2":
			recorded := httptest.NewRecorder()
			h.ServeHTTP(recorded, r)
			for name, values := range recorded.Header() {
				if name != "Content-Length" {
					w.Header()[name] = values
				}
			}
			w.WriteHeader(recorded.Code)
			told := strings.Contains(r.Header.Get("X-Amz-Optional-Object-Attributes"), "RestoreStatus")
			_, _ = io.WriteString(w, v.classified(recorded.Body.String(), told))
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// state is how an object is kept now.
type state struct {
	class, archive string // archive is a tier of Intelligent-Tiering
	readable       bool
	ongoing        bool
	expiry         time.Time // of a copy
}

func (v *Vault) state(key string) state {
	v.mu.Lock()
	defer v.mu.Unlock()
	var s state
	s.class, s.archive, _ = strings.Cut(v.Classes[key], "/")
	s.readable = s.class != "GLACIER" && s.class != "DEEP_ARCHIVE" && s.archive == ""
	now := v.now()
	switch copied, ok := v.copies[key]; {
	case !ok || s.readable:
	case now.Before(copied.ready):
		s.ongoing = true
	case s.archive != "": // it is in the frequent access tier for good
		s.archive, s.readable = "", true
	case now.Before(copied.expiry):
		s.readable, s.expiry = true, copied.expiry
	}
	return s
}

// header is what GET and HEAD tell of it.
func (s state) header(h http.Header) {
	if s.class != "STANDARD" {
		h.Set("X-Amz-Storage-Class", s.class)
	}
	if s.archive != "" {
		h.Set("X-Amz-Archive-Status", s.archive)
	}
	switch {
	case s.ongoing:
		h.Set("X-Amz-Restore", `ongoing-request="true"`)
	case !s.expiry.IsZero():
		h.Set("X-Amz-Restore", fmt.Sprintf(`ongoing-request="false", expiry-date="%s"`, s.expiry.Format(http.TimeFormat)))
	}
}

func (s state) invalid(message string) *Refusal {
	return &Refusal{Status: http.StatusForbidden, Code: "InvalidObjectState", Message: message, Class: s.class, Tier: s.archive}
}

// restore answers POST ?restore.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
func (v *Vault) restore(w http.ResponseWriter, r *http.Request, h http.Handler, key string) {
	var asked struct {
		Days *int
		Tier string `xml:"GlacierJobParameters>Tier"`
	}
	err := xml.NewDecoder(r.Body).Decode(&asked)
	head := r.Clone(r.Context())
	head.Method, head.URL.RawQuery, head.Body = http.MethodHead, "", http.NoBody
	there := httptest.NewRecorder()
	h.ServeHTTP(there, head)
	s := v.state(key)
	tiering := s.class == "INTELLIGENT_TIERING"
	switch {
	case err != nil, tiering == (asked.Days != nil):
		(&Refusal{
			Status: http.StatusBadRequest, Code: "MalformedXML",
			Message: "The XML you provided was not well-formed or did not validate against our published schema",
		}).write(w)
	case there.Code == http.StatusNotFound:
		(&Refusal{Status: http.StatusNotFound, Code: "NoSuchKey", Message: "The specified key does not exist."}).write(w)
	case s.readable && s.expiry.IsZero():
		s.invalid("Restore is not allowed for the object's current storage class").write(w)
	case asked.Tier == "Expedited" && (s.class == "DEEP_ARCHIVE" || s.archive == "DEEP_ARCHIVE_ACCESS"):
		(&Refusal{Status: http.StatusBadRequest, Code: "InvalidArgument", Message: "Retrieval option is not supported by this storage class"}).write(w)
	case s.ongoing:
		(&Refusal{Status: http.StatusConflict, Code: "RestoreAlreadyInProgress", Message: "Object restore is already in progress"}).write(w)
	default:
		days := 0
		if asked.Days != nil {
			days = *asked.Days
		}
		w.WriteHeader(v.accept(key, asked.Tier, days, s.readable))
	}
}

// accept begins a restore, or prolongs the copy that there is, and is S3's status.
func (v *Vault) accept(key, tier string, days int, prolong bool) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, fmt.Sprintf("%s %d %s", tier, days, key))
	ready := v.now()
	if prolong {
		v.keep(key, ready, days)
		return http.StatusOK
	}
	if v.Takes != nil {
		ready = ready.Add(v.Takes(key, tier))
	}
	v.keep(key, ready, days)
	return http.StatusAccepted
}

// classified puts the classes into a listing, whose keys are URL-encoded or not, and
// how far their restores are, where that is asked for.
func (v *Vault) classified(xml string, told bool) string {
	entries := strings.SplitAfter(xml, "</Contents>")
	for i, entry := range entries {
		_, key, _ := strings.Cut(entry, "<Key>")
		key, _, _ = strings.Cut(key, "</Key>")
		plain, err := url.QueryUnescape(html.UnescapeString(key))
		s := v.state(plain)
		if err != nil || s.class == "" {
			continue
		}
		entry = strings.Replace(entry, "<StorageClass>STANDARD<", "<StorageClass>"+s.class+"<", 1)
		status := ""
		switch {
		case s.ongoing:
			status = "<IsRestoreInProgress>true</IsRestoreInProgress>"
		case !s.expiry.IsZero():
			status = "<IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>" + s.expiry.Format("2006-01-02T15:04:05.000Z") + "</RestoreExpiryDate>"
		}
		if told && status != "" {
			entry = strings.Replace(entry, "</Contents>", "<RestoreStatus>"+status+"</RestoreStatus></Contents>", 1)
		}
		entries[i] = entry
	}
	return strings.Join(entries, "")
}
