package main

import (
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"testing"
)

// Rules of cdk-nag that the stack does not follow, each with its reason.
var unfollowed = map[string]string{
	"AwsSolutions-IAM5": "each * stands after what it belongs to, or AWS knows no narrower resource: TestEveryStatementIsNarrow, with a reason for each of these",
	"AwsSolutions-S1":   unchecked["CKV_AWS_18"],
	"AwsSolutions-SF1":  "a run has an execution for each object: what goes wrong is logged, and Step Functions itself keeps every history for 90 days",
	"AwsSolutions-SQS3": "the queue is itself where events go that reached no target",
	"AwsSolutions-SMG4": "the domain takes its master user's password from the secret at a deployment only: rotating one alone would lock Prepare out",
	"AwsSolutions-OS3":  "only the VPC reaches the domain, by security groups; within it fine-grained access control decides",
	"AwsSolutions-OS5":  "people sign in to Dashboards with a password, which is no signed request; fine-grained access control knows no anonymous user",
	"AwsSolutions-OS4":  "three dedicated nodes would cost more than the two data nodes of a new domain, which can be filled again from the archive",
	"AwsSolutions-OS9":  unchecked["CKV_AWS_84"],
}

// The templates are checked, not the app: the CDK's libraries that cdk-nag wants are
// newer than those that the app can be built with.
func TestTemplatesPassCdkNag(t *testing.T) {
	tool(t, "cdk/nag/node_modules/cdk-nag/package.json", "make cdk/nag/node_modules")
	args := []string{"nag/nag.mjs"}
	for _, stack := range stacks() {
		args = append(args, synthesize(t, stack...).file)
	}
	out, err := exec.CommandContext(t.Context(), "node", args...).Output()
	if exit := (*exec.ExitError)(nil); asExit(err, &exit) {
		t.Fatalf("cdk-nag: %v\n%s", err, exit.Stderr)
	}
	if err != nil {
		t.Fatalf("cdk-nag: %v", err)
	}
	var findings []struct{ Template, Resource, Rule, What string }
	if err := json.Unmarshal(out, &findings); err != nil {
		t.Fatalf("cdk-nag wrote %.300q: %v", out, err)
	}
	met := map[string]bool{}
	for _, f := range findings {
		met[f.Rule] = true
		if unfollowed[f.Rule] == "" {
			t.Errorf("%s: %s: %s", f.Resource, f.Rule, f.What)
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(unfollowed)) {
		if !met[rule] {
			t.Errorf("%s is followed everywhere; take its reason away", rule)
		}
	}
}
