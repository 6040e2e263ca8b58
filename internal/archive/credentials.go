package archive

import (
	"os"
	"strings"
)

// SignIn says what to do about an error of the AWS SDK which means that there are no
// credentials, or that they are no longer good; empty for any other error.
func SignIn(err error) string {
	var found string
	switch c := code(err); {
	case staleCredentials(c):
		found = "its credentials are no longer good (" + c + ")"
	case c == "" && noCredentials(err):
		found = "it has no credentials"
	default:
		return ""
	}
	profile := os.Getenv("AWS_PROFILE")
	if profile == "" {
		profile = "default"
	}
	return "the AWS profile is " + profile + " and " + found + ": sign in with aws sso login --profile " + profile +
		" (or aws configure --profile " + profile + "), or set AWS_PROFILE to another"
}

func staleCredentials(code string) bool {
	switch code {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired",
		"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken":
		return true
	}
	return false
}

// noCredentials goes by the operation that failed: the SDK has no error of its
// own for it.
func noCredentials(err error) bool {
	for _, words := range []string{
		"failed to refresh cached credentials", "failed to retrieve credentials", "get identity:",
		"failed to get shared config profile",
	} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}
