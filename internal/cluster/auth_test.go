package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

const secretARN = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:search-AbCdEf"

// secretsManager is the SDK's client with a server that gives value, or the named
// exception where that is what value returns.
func secretsManager(t *testing.T, value func() (secret, exception string)) *secretsmanager.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			SecretID string `json:"SecretId"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.SecretID != secretARN {
			t.Errorf("asked for %q, %v", in.SecretID, err)
		}
		if target := r.Header.Get("X-Amz-Target"); target != "secretsmanager.GetSecretValue" {
			t.Errorf("called %s", target)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		secret, exception := value()
		if exception != "" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"__type":%q,"Message":"no"}`, exception)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"ARN": secretARN, "SecretString": secret})
	}))
	t.Cleanup(s.Close)
	return secretsClient(s.URL)
}

func secretsClient(url string) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region: "ap-northeast-1", BaseEndpoint: aws.String(url),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

func always(value string) func() (string, string) {
	return func() (string, string) { return value, "" }
}

// bouncer lets in who has the header it wants now, and keeps their bodies.
type bouncer struct {
	wanted atomic.Value
	seen   []string
	bodies []string
}

func (b *bouncer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.seen = append(b.seen, r.Header.Get("Authorization"))
	body, _ := io.ReadAll(r.Body)
	if r.Header.Get("Authorization") != b.wanted.Load() {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":{"reason":"who are you?"}}`))
		return
	}
	b.bodies = append(b.bodies, string(body))
	_, _ = w.Write([]byte(`{}`))
}

func TestAuthorization(t *testing.T) {
	for _, c := range []struct{ auth, value, header string }{
		{"basic", `{"username":"me","password":"pa:ss\"wörd"}`, "Basic bWU6cGE6c3Mid8O2cmQ="},
		{"basic", `{"engine":"es","username":"me","password":"x","host":"h"}`, "Basic bWU6eA=="},
		{"apikey", "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==\n", "ApiKey VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="},
	} {
		b := &bouncer{}
		b.wanted.Store(c.header)
		s := httptest.NewServer(b)
		cluster, err := Connect(t.Context(), run.Search{URL: s.URL, Auth: c.auth, Secret: secretARN}, secretsManager(t, always(c.value)), nil)
		if err != nil {
			t.Fatalf("%s: %v", c.auth, err)
		}
		_, _ = esapi.InfoRequest{}.Do(t.Context(), cluster)
		s.Close()
		if len(b.seen) != 1 || b.seen[0] != c.header {
			t.Errorf("%s: sent %q, want %q", c.auth, b.seen, c.header)
		}
	}
}

// A secret that has been rotated is read anew, and the request sent once more
// with its whole body. One that is still refused is not read again and again.
func TestRotatedSecret(t *testing.T) {
	var reads atomic.Int32
	var key atomic.Value
	key.Store("b2xk")
	b := &bouncer{}
	b.wanted.Store("ApiKey b2xk")
	s := httptest.NewServer(b)
	defer s.Close()
	manager := secretsManager(t, func() (string, string) { reads.Add(1); return key.Load().(string), "" })
	c, err := Connect(t.Context(), run.Search{URL: s.URL, Auth: "apikey", Secret: secretARN}, manager, nil)
	if err != nil {
		t.Fatal(err)
	}
	send := func(body string) int {
		t.Helper()
		res, err := esapi.BulkRequest{Body: strings.NewReader(body)}.Do(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	if status := send("first"); status != 200 || reads.Load() != 1 {
		t.Errorf("at first: %d after %d reads", status, reads.Load())
	}
	b.wanted.Store("ApiKey bmV3")
	key.Store("bmV3")
	if status := send("second"); status != 200 || reads.Load() != 2 {
		t.Errorf("after the rotation: %d after %d reads, want 200 after 2", status, reads.Load())
	}
	if got := strings.Join(b.bodies, ","); got != "first,second" {
		t.Errorf("bodies %q", got)
	}
	b.wanted.Store("ApiKey b3RoZXI=")
	for range 5 {
		if status := send("third"); status != http.StatusUnauthorized {
			t.Errorf("with the wrong key: %d", status)
		}
	}
	if reads.Load() > 3 {
		t.Errorf("a secret that is refused was read %d times", reads.Load())
	}
	_, err = c.info(t.Context())
	wantFault(t, err, run.Denied, "401", "who are you?")
}

// Whatever is wrong with a secret is told without a word of it.
func TestSecretFaults(t *testing.T) {
	const hidden = "hunter2"
	for _, c := range []struct {
		what, auth string
		value      func() (string, string)
		fault      string
		says       string
	}{
		{"not JSON", "basic", always(hidden), run.UnusableCluster, "username"},
		{"no password", "basic", always(`{"username":"hunter2"}`), run.UnusableCluster, "username"},
		{"wrong types", "basic", always(`{"username":{"hunter2":1},"password":"hunter2"}`), run.UnusableCluster, "username"},
		{"not encoded", "apikey", always("id:" + hidden), run.UnusableCluster, "encoded"},
		{"empty", "apikey", always(" "), run.UnusableCluster, "encoded"},
		{"a header of its own", "apikey", always("aHVudGVyMg==\r\nX: hunter2"), run.UnusableCluster, "encoded"},
		{"denied", "apikey", func() (string, string) { return "", "AccessDeniedException" }, run.Denied, "secretsmanager:GetSecretValue"},
		{"its key denied", "apikey", func() (string, string) { return "", "DecryptionFailure" }, run.Denied, "kms:Decrypt"},
		{"not there", "apikey", func() (string, string) { return "", "ResourceNotFoundException" }, run.UnusableCluster, "ARN"},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := Connect(t.Context(), run.Search{URL: "http://127.0.0.1:1", Auth: c.auth, Secret: secretARN}, secretsManager(t, c.value), nil)
			wantFault(t, err, c.fault, secretARN, c.says)
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), hidden) {
				t.Errorf("the secret is told: %v", err)
			}
		})
	}
}

// In a subnet without a way out Secrets Manager does not answer at all.
func TestSecretsManagerOutOfReach(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := Connect(ctx, run.Search{URL: "http://127.0.0.1:1", Auth: "basic", Secret: secretARN}, secretsClient("http://"+blackHole(t)), nil)
	wantFault(t, err, run.Unavailable, "Secrets Manager cannot be reached", "interface endpoint", "NAT")
}
