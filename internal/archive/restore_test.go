package archive

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/bucket/buckettest"
)

// TestRestore asks for an object in each class twice, then waits: nothing is asked
// for twice, and what cannot be asked for is told.
func TestRestore(t *testing.T) {
	for _, c := range []struct {
		class string
		tier  run.Tier
		asked string // empty where S3 is not to have accepted anything
		fault string
	}{
		{"GLACIER", run.Expedited, "Expedited 7 ", ""},
		{"GLACIER", run.Bulk, "Bulk 7 ", ""},
		{"DEEP_ARCHIVE", run.Standard, "Standard 7 ", ""},
		{"DEEP_ARCHIVE", run.Expedited, "", run.InvalidRequest},
		{"INTELLIGENT_TIERING/ARCHIVE_ACCESS", run.Standard, "Standard 0 ", ""},
		{"INTELLIGENT_TIERING", run.Standard, "", ""},
		{"STANDARD", run.Standard, "", ""},
	} {
		t.Run(c.class+" "+string(c.tier), func(t *testing.T) {
			_, _, h := keep(t, 10)
			now := time.Now()
			vault := &buckettest.Vault{
				Classes: map[string]string{key: c.class}, Now: func() time.Time { return now },
				Takes: func(string, string) time.Duration { return time.Hour },
			}
			client, o := connect(t, vault.Handler(h))
			first, err := Restore(t.Context(), client, "logs", o, c.tier, 7)
			if c.fault != "" {
				if f := faultOf(t, err); f.Name != c.fault || !strings.Contains(f.Error(), "give Standard or Bulk") {
					t.Errorf("%v, want %s", err, c.fault)
				}
				return
			}
			again, errAgain := Restore(t.Context(), client, "logs", o, c.tier, 7)
			before, errBefore := Restored(t.Context(), client, "logs", o, c.tier, 7)
			now = now.Add(time.Hour)
			after, errAfter := Restored(t.Context(), client, "logs", o, c.tier, 7)
			if err := errors.Join(err, errAgain, errBefore, errAfter); err != nil {
				t.Fatal(err)
			}
			want := []Restoring{Asked, UnderWay, UnderWay, Readable}
			if c.asked == "" {
				want = []Restoring{Readable, Readable, Readable, Readable}
			}
			if got := []Restoring{first, again, before, after}; !slices.Equal(got, want) {
				t.Errorf("it is %v, want %v", got, want)
			}
			accepted := ""
			if c.asked != "" {
				accepted = c.asked + key
			}
			if got := strings.Join(vault.Asked(), ", "); got != accepted {
				t.Errorf("accepted %q, want %q", got, accepted)
			}
			if body, err := Open(t.Context(), client, "logs", o); err != nil {
				t.Errorf("it cannot be read: %v", err)
			} else {
				_ = body.Close()
			}
		})
	}
}

// TestRestoredAsksAgain: for what was not accepted before.
func TestRestoredAsksAgain(t *testing.T) {
	for _, class := range []string{"GLACIER", "INTELLIGENT_TIERING/DEEP_ARCHIVE_ACCESS"} {
		_, _, h := keep(t, 10)
		vault := &buckettest.Vault{Classes: map[string]string{key: class}}
		client, o := connect(t, vault.Handler(h))
		how, err := Restored(t.Context(), client, "logs", o, run.Standard, 1)
		if err != nil || how != Asked || len(vault.Asked()) != 1 {
			t.Errorf("%s: it is %v, %v", class, how, err)
		}
	}
}

// TestARestoredCopyIsReady: whoever lists it later, and asks again, pays no retrieval.
func TestARestoredCopyIsReady(t *testing.T) {
	_, _, h := keep(t, 10)
	vault := &buckettest.Vault{Classes: map[string]string{key: "GLACIER"}}
	client, o := connect(t, vault.Handler(h))
	vault.Restore(key)
	if how, err := Restore(t.Context(), client, "logs", o, run.Standard, 1); err != nil || how != Readable {
		t.Errorf("it is %v, %v", how, err)
	}
}

func TestRestoreTellsWhatFailed(t *testing.T) {
	for _, c := range []struct {
		refusal buckettest.Refusal
		name    string
		says    string
	}{
		{buckettest.Refusal{Status: 403, Code: "AccessDenied", Message: "Access Denied"}, run.Denied, "s3:RestoreObject"},
		{buckettest.Refusal{Status: 503, Code: "SlowDown", Message: "Please reduce your request rate."}, run.Throttled, "slow down"},
		{buckettest.Refusal{Status: 503, Code: "GlacierExpeditedRetrievalNotAvailable", Message: "expedited retrievals are currently not available. Try again later"}, run.Throttled, "give Standard or Bulk"},
	} {
		_, _, h := keep(t, 10)
		client, o := connect(t, buckettest.Refuse(h, func(r *http.Request) *buckettest.Refusal {
			if r.Method == http.MethodPost {
				return &c.refusal
			}
			return nil
		}))
		_, err := Restore(t.Context(), client, "logs", o, run.Expedited, 1)
		if f := faultOf(t, err); f.Name != c.name || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s: %s", c.refusal.Code, err, c.name, c.says)
		}
	}
	_, _, h := keep(t, 10)
	client, o := connect(t, (&buckettest.Vault{}).Handler(h))
	o.Key = "elsewhere"
	_, err := Restore(t.Context(), client, "logs", o, run.Standard, 1)
	var gone *Unreadable
	if !errors.As(err, &gone) || gone.End != run.Gone {
		t.Errorf("%v, want gone", err)
	}
}
