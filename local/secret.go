package local

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
)

// secretFile serves one file as a secret, in the form that the SDK's client of
// Secrets Manager understands: the Lambdas then read it as they do in AWS.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
type secretFile struct{ path string }

func (s secretFile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"InvalidRequestException","message":"only GetSecretValue is served"}`)
		return
	}
	value, err := os.ReadFile(s.path)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"ResourceNotFoundException","message":"the file of --search-secret cannot be read"}`)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{ // the client has gone if this fails
		"ARN": "file:" + s.path, "Name": s.path, "SecretString": strings.TrimSpace(string(value)),
	})
}
