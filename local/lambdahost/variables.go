package lambdahost

import (
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// variables are the environment of a function's process, as AWS sets it for an
// OS-only runtime.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func variables(c Config, runtimeAPI string, number int) []string {
	root := filepath.Dir(c.Binary)
	all := map[string]string{
		"AWS_LAMBDA_RUNTIME_API":          runtimeAPI,
		"AWS_LAMBDA_FUNCTION_NAME":        c.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(c.Memory),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + c.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME": fmt.Sprintf("%s/[$LATEST]%s%04d",
			time.Now().UTC().Format("2006/01/02"), hex.EncodeToString(random(14)), number),
		"LAMBDA_TASK_ROOT":   root,
		"LAMBDA_RUNTIME_DIR": "/var/runtime",
		"_HANDLER":           c.Handler,
		"LANG":               "en_US.UTF-8",
		"PATH":               "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TZ":                 ":UTC",
	}
	optional := map[string]string{
		"AWS_REGION":            c.Region,
		"AWS_DEFAULT_REGION":    c.Region,
		"AWS_ACCESS_KEY_ID":     c.Credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY": c.Credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN":     c.Credentials.SessionToken,
	}
	for name, value := range optional {
		if value != "" {
			all[name] = value
		}
	}
	maps.Copy(all, c.Env)
	list := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, name+"="+all[name])
	}
	return list
}
