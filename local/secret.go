package local

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
)

// secretFile serves one file as a secret, in the form that the SDK's client of
// Secrets Manager understands: the Lambdas then read it as they do in AWS.
// Other users of this computer may reach the port, but do not know the path.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
type secretFile struct{ file, path string }

func newSecretFile(file string) secretFile {
	return secretFile{file: file, path: "/" + rand.Text() + "/"}
}

func (s secretFile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != s.path {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"InvalidRequestException","message":"only GetSecretValue is served"}`)
		return
	}
	value, err := os.ReadFile(s.file)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"ResourceNotFoundException","message":"the file of --search-secret cannot be read"}`)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{ // the client has gone if this fails
		"ARN": "file:" + s.file, "Name": s.file, "SecretString": strings.TrimSpace(string(value)),
	})
}
