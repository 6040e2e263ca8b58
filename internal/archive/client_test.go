package archive_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
)

// bare is an environment without any AWS configuration.
func bare(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func TestNewClientChoosesCredentials(t *testing.T) {
	for _, c := range []struct{ endpoint, configured, want string }{
		{"http://127.0.0.1:9000", "", "local"},
		{"http://localhost:9000", "", "local"},
		{"http://[::1]:9000", "", "local"},
		{"http://127.0.0.1:9000", "mine", "mine"},
		{"https://s3.example.com", "mine", "mine"},
		{"https://s3.example.com", "", ""},
	} {
		bare(t)
		if c.configured != "" {
			t.Setenv("AWS_ACCESS_KEY_ID", c.configured)
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
		}
		client, err := archive.NewClient(t.Context(), c.endpoint)
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Options().Credentials.Retrieve(t.Context())
		if got.AccessKeyID != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%+v: %q, %v", c, got.AccessKeyID, err)
		}
		if !client.Options().UsePathStyle {
			t.Errorf("%s: the bucket's name is not in the path", c.endpoint)
		}
	}
}

func TestNewClientNeedsARegion(t *testing.T) {
	bare(t)
	_, err := archive.NewClient(t.Context(), "")
	var f *run.Fault
	if !errors.As(err, &f) || !strings.Contains(f.Remedy, "AWS_REGION") {
		t.Errorf("%v, want a Fault that names AWS_REGION", err)
	}
	t.Setenv("AWS_REGION", "eu-west-1")
	client, err := archive.NewClient(t.Context(), "")
	if err != nil || client.Options().Region != "eu-west-1" || client.Options().UsePathStyle {
		t.Errorf("%v", err)
	}
}

// The options of an archive that is not the stack's own change what is sent.
func TestArchiveOfAnotherRegionAndAccount(t *testing.T) {
	bare(t)
	t.Setenv("AWS_REGION", "eu-west-1")
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.Header.Get("X-Amz-Request-Payer")+" "+r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	for _, c := range []struct {
		region, want string
		pays         bool
	}{{"", "/eu-west-1/s3/", false}, {"us-east-1", "/us-east-1/s3/", true}} {
		sent = nil
		client, err := archive.NewClient(t.Context(), server.URL, archive.InRegion(c.region), archive.RequesterPays(c.pays))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := archive.NewBucket(client, "logs").Get(t.Context(), "a"); err == nil {
			t.Error("nothing was denied")
		}
		signed := strings.Contains(sent[0], "x-amz-request-payer")
		if !strings.Contains(sent[0], c.want) || strings.HasPrefix(sent[0], "requester ") != c.pays || signed != c.pays {
			t.Errorf("%+v sends %q", c, sent[0])
		}
	}
}

func TestNoCredentialsAreAFault(t *testing.T) {
	bare(t)
	client, err := archive.NewClient(t.Context(), "https://s3.example.com")
	if err != nil {
		t.Fatal(err)
	}
	_, err = archive.NewBucket(client, "logs").Get(t.Context(), "a")
	var f *run.Fault
	if !errors.As(err, &f) || f.Name != run.Denied || !strings.Contains(f.Error(), "no AWS credentials were found") {
		t.Errorf("%v, want a Fault that says so", err)
	}
}

// A client waits long enough between its attempts for a short outage to end.
func TestWaitsBetweenAttempts(t *testing.T) {
	bare(t)
	client, err := archive.NewClient(t.Context(), "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	retryer := client.Options().Retryer
	for attempt, most := 1, 500*time.Millisecond; attempt < retryer.MaxAttempts(); attempt, most = attempt+1, 2*most {
		var longest time.Duration
		for range 200 { // each is by chance
			wait, err := retryer.RetryDelay(attempt, errors.New("reset"))
			if err != nil {
				t.Fatal(err)
			}
			longest = max(longest, wait)
		}
		if longest > most || longest < most/2 {
			t.Errorf("after attempt %d it waits for up to %s, want %s", attempt, longest, most)
		}
	}
}
