package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool is a program of the repository's .venv or node_modules. Where it is not
// installed the test is skipped, or fails where nobody would see that.
func tool(t *testing.T, file, install string) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("..", file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err == nil {
		return file
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed; run %s", filepath.Base(file), install)
	}
	t.Skipf("%s is not installed; run %s", filepath.Base(file), install)
	return ""
}

func asExit(err error, exit **exec.ExitError) bool { return errors.As(err, exit) }

func TestTemplatesPassCfnLint(t *testing.T) {
	lint := tool(t, ".venv/bin/cfn-lint", "make .venv/done")
	args := []string{"--regions", "ap-northeast-1", "--format", "json", "--"}
	for _, stack := range stacks() {
		args = append(args, synthesize(t, stack...).file)
	}
	out, err := exec.CommandContext(t.Context(), lint, args...).Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!asExit(err, &exit) || len(out) == 0) {
		t.Fatalf("cfn-lint: %v", err)
	}
	var findings []struct {
		Filename, Message string
		Rule              struct{ ID string }
		Location          struct{ Path []any }
	}
	if err := json.Unmarshal(out, &findings); err != nil {
		t.Fatalf("cfn-lint wrote %q: %v", out, err)
	}
	for _, f := range findings {
		// A Succeed state may have an OutputPath, which cfn-lint does not know:
		// https://states-language.net/spec.html#succeed-state
		if f.Rule.ID == "E3601" && strings.HasPrefix(f.Message, "Additional properties are not allowed ('OutputPath' was unexpected)") {
			continue
		}
		t.Errorf("%s: %s at %v: %s", filepath.Base(f.Filename), f.Rule.ID, f.Location.Path, f.Message)
	}
}

// Checks of checkov that the stack does not pass, each with its reason.
var unchecked = map[string]string{
	"CKV_AWS_18":  "the run bucket holds keys, counts and rejected events and is written by four roles only; CloudTrail's data events tell more than S3's access logs, and are the account's to choose",
	"CKV_AWS_26":  "no message of the topic holds anything of a log; a KMS key of its own costs more than it protects",
	"CKV_AWS_27":  "the queue is encrypted by SQS itself (SSE-SQS), which the check does not know",
	"CKV_AWS_84":  "the domain's own logs would hold what is searched for; its metrics are in CloudWatch",
	"CKV_AWS_111": "the Lambda service needs the network rights of a VPC without a resource; the functions' code is denied them",
	"CKV_AWS_115": "reserving concurrency takes it from the account, and fails in a small one: it is the setting indexReserved; the others run once at a time",
	"CKV_AWS_116": "the functions are called by Step Functions only, which keeps what failed and why",
	"CKV_AWS_117": "only what speaks to the cluster is in a VPC, and where the cluster is",
	"CKV_AWS_149": "the master user's secret is encrypted with Secrets Manager's own key; one of its own would only say once more who reads it, Prepare's role",
	"CKV_AWS_158": "logs are encrypted by CloudWatch Logs; they hold keys, counts and reasons",
	"CKV_AWS_173": "no variable is a secret; they are encrypted with Lambda's own key",
	"CKV_AWS_317": "audit logs tell who searched for what: whether that is to be kept is for its owner to say, not for a default",
}

func TestTemplatesPassCheckov(t *testing.T) {
	checkov := tool(t, ".venv/bin/checkov", "make .venv/done")
	args := []string{"--framework", "cloudformation", "--output", "json", "--compact", "--quiet", "--skip-download"}
	for _, stack := range stacks() {
		args = append(args, "--file", synthesize(t, stack...).file)
	}
	out, err := exec.CommandContext(t.Context(), checkov, args...).Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!asExit(err, &exit) || len(out) == 0) {
		t.Fatalf("checkov: %v", err)
	}
	var result struct {
		Summary struct {
			Passed        int
			ParsingErrors int `json:"parsing_errors"`
		}
		Results struct {
			FailedChecks []struct {
				ID       string `json:"check_id"`
				Name     string `json:"check_name"`
				Resource string
				File     string `json:"file_path"`
			} `json:"failed_checks"`
		}
	}
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatalf("checkov wrote %.300q: %v", out, err)
	}
	if result.Summary.Passed < 100 || result.Summary.ParsingErrors > 0 {
		t.Errorf("checkov looked at too little: %+v", result.Summary)
	}
	met := map[string]bool{}
	for _, f := range result.Results.FailedChecks {
		met[f.ID] = true
		if unchecked[f.ID] == "" {
			t.Errorf("%s: %s: %s %s", f.File, f.Resource, f.ID, f.Name)
		}
	}
	for id := range unchecked {
		if !met[id] {
			t.Errorf("%s is passed everywhere; take its reason away", id)
		}
	}
}
