package deployed

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bare is a computer on which nobody has signed in to AWS.
func bare(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_DEFAULT_REGION",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_REGION", "ap-northeast-1")
}

// TestSignInIsNamed: who is not signed in reads how to, with the profile's name.
func TestSignInIsNamed(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*testing.T)
		want []string
	}{
		{"nothing", func(*testing.T) {}, []string{"aws sso login --profile default"}},
		{"an unknown profile", func(t *testing.T) { t.Setenv("AWS_PROFILE", "ops") }, []string{"aws sso login --profile ops"}},
		{"a session that has ended", func(t *testing.T) {
			t.Setenv("AWS_PROFILE", "ops")
			t.Setenv("HOME", t.TempDir())
			text := "[profile ops]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://example.com/start\n"
			if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"aws sso login --profile ops"}},
		{"no region", func(t *testing.T) { t.Setenv("AWS_REGION", "") }, []string{"set AWS_REGION"}},
		{"credentials that have ended", func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.0")
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"The security token included in the request is expired"}`)
			}))
			t.Cleanup(server.Close)
			t.Setenv("AWS_ENDPOINT_URL", server.URL)
			t.Setenv("AWS_ACCESS_KEY_ID", "test")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
		}, []string{"no longer good (ExpiredTokenException)", "aws sso login --profile default"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bare(t)
			c.set(t)
			_, err := Open(t.Context(), "rehydrate")
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want one that says %s", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), "IMDS") {
				t.Errorf("the SDK's own words stay: %v", err)
			}
		})
	}
}
