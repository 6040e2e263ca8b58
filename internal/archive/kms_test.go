package archive

import (
	"net/http"
	"testing"
)

// TestAsksKMS: what S3 says of an object's encryption tells whether each read of it is
// a request of KMS, too.
func TestAsksKMS(t *testing.T) {
	_, _, files := keep(t, 100)
	for _, c := range []struct {
		encryption, bucketKey string
		want                  bool
	}{
		{"", "", false},
		{"AES256", "", false},
		{"aws:kms", "", true},
		{"aws:kms:dsse", "", true},
		{"aws:kms", "true", false},
	} {
		client, o := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c.encryption != "" {
				w.Header().Set("X-Amz-Server-Side-Encryption", c.encryption)
			}
			if c.bucketKey != "" {
				w.Header().Set("X-Amz-Server-Side-Encryption-Bucket-Key-Enabled", c.bucketKey)
			}
			files.ServeHTTP(w, r)
		}))
		body, err := Open(t.Context(), client, "logs", o)
		if err != nil {
			t.Fatal(err)
		}
		if body.AsksKMS() != c.want {
			t.Errorf("%+v: asks KMS %v", c, body.AsksKMS())
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	}
}
