package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// statement is one of a policy, with where it stands.
type statement struct {
	// at is the logical id of the role, policy or resource.
	at, sid, effect    string
	who                any
	actions, resources []string
	conditions         map[string]any
}

// statements are all of a template: of roles, of policies, of resources.
func (tpl *template) statements() []statement {
	var all []statement
	for _, id := range sortedKeys(tpl.Resources) {
		r, name := tpl.Resources[id], hash.ReplaceAllString(id, "")
		documents := []any{r.at("PolicyDocument"), r.at("AccessPolicies"), r.at("AssumeRolePolicyDocument")}
		policies, _ := r.at("Policies").([]any)
		for _, p := range policies {
			documents = append(documents, at(p, "PolicyDocument"))
		}
		for _, document := range documents {
			list, _ := at(document, "Statement").([]any)
			for _, s := range list {
				all = append(all, newStatement(name, plain(s).(map[string]any)))
			}
		}
	}
	return all
}

func newStatement(at string, s map[string]any) statement {
	text := func(key string) string { v, _ := s[key].(string); return v }
	list := func(key string) []string {
		switch v := s[key].(type) {
		case string:
			return []string{v}
		case []any:
			var l []string
			for _, e := range v {
				l = append(l, e.(string))
			}
			return l
		}
		return nil
	}
	when, _ := s["Condition"].(map[string]any)
	return statement{
		at: at, sid: text("Sid"), effect: text("Effect"), who: s["Principal"],
		actions: list("Action"), resources: list("Resource"), conditions: when,
	}
}

// Resources of statements that AWS lets be no narrower, each with its reason.
var unboundResources = map[string]string{
	"Trace":       "X-Ray knows no resources (Service Authorization Reference, AWS X-Ray)",
	"DeliverLogs": "the delivery of logs knows no resources (Step Functions Developer Guide, Logging)",
	"JoinVPC":     "the Lambda service checks these without a resource (Lambda Developer Guide, VPC); the function's code is denied them",
}

// Every statement is checked: what it does not have to allow, it must not.
func TestEveryStatementIsNarrow(t *testing.T) {
	for name, stack := range stacks() {
		for _, s := range synthesize(t, stack...).statements() {
			where := fmt.Sprintf("%s: %s %s", name, s.at, s.sid)
			if s.effect == "Deny" {
				continue // takes away
			}
			if len(s.actions) == 0 {
				t.Errorf("%s allows by NotAction", where)
			}
			for _, action := range s.actions {
				if strings.Contains(action, "*") {
					t.Errorf("%s: wildcard action %s", where, action)
				}
			}
			if len(s.resources) == 0 && !slices.Equal(s.actions, []string{"sts:AssumeRole"}) {
				t.Errorf("%s names no resource", where)
			}
			for _, resource := range s.resources {
				if resource == "*" && unboundResources[s.sid] == "" {
					t.Errorf("%s: resource * has no reason in unboundResources", where)
				}
				if resource != "*" && !bound(resource) {
					t.Errorf("%s: %s stands for more than one part of a name", where, resource)
				}
			}
			if s.who == nil {
				continue
			}
			if (s.who == "*" || at(s.who, "AWS") == "*") && s.sid != "FineGrainedAccessControlDecides" {
				t.Errorf("%s lets everybody", where)
			}
			if service := at(s.who, "Service"); service != nil && service != "lambda.amazonaws.com" && s.sid != "TellOfEnds" && len(s.conditions) == 0 {
				t.Errorf("%s lets %v act for any account", where, service)
			}
		}
	}
}

// bound tells whether a resource's wildcards stand after what they belong to: in
// a key or path, after the bucket or domain; elsewhere for a log's streams, an
// execution's name or the end of a name of this stack.
func bound(resource string) bool {
	before, _, wild := strings.Cut(resource, "*")
	return !wild || strings.Contains(before, "/") || strings.HasSuffix(before, ".Arn}") ||
		strings.Contains(before, ":execution:") && strings.HasSuffix(before, ":") ||
		strings.HasSuffix(before, ":s3:::my-archive/")
}

// What writes into the run bucket, writes below runs/, and the report a line of
// history; nothing writes into the
// archive but Firehose, and nothing deletes anything.
func TestWhoMayWriteWhere(t *testing.T) {
	for name, stack := range stacks() {
		for _, s := range synthesize(t, stack...).statements() {
			if s.effect != "Allow" {
				continue
			}
			for _, action := range s.actions {
				verb := action[strings.Index(action, ":")+1:]
				if strings.HasPrefix(verb, "Delete") && verb != "DeleteNetworkInterface" && verb != "DeleteLogDelivery" {
					t.Errorf("%s: %s %s may %s", name, s.at, s.sid, action)
				}
				if action != "s3:PutObject" {
					continue
				}
				for _, resource := range s.resources {
					if s.at == "DeliveryRole" && strings.HasPrefix(resource, "${Archive.Arn}/") {
						continue
					}
					history := s.at == "ReportRole" && resource == "${RunBucket.Arn}/history/*"
					if !history && !strings.HasPrefix(resource, "${RunBucket.Arn}/runs/*/") {
						t.Errorf("%s: %s may write %s", name, s.at, resource)
					}
				}
			}
		}
	}
}

// An archive is read below its own prefix only.
func TestArchiveIsReadBelowItsPrefixOnly(t *testing.T) {
	for name, c := range map[string]struct {
		stack []any
		want  []string
		who   string
	}{
		"least":   {least(), []string{"arn:${AWS::Partition}:s3:::my-archive/_/cwl/ecs/ecs-task/*"}, "[IndexRole ListRole]"},
		"private": {private(), []string{"arn:${AWS::Partition}:s3:::my-archive/logs/a/*", "arn:${AWS::Partition}:s3:::my-archive/logs/b/*"}, "[IndexRole ListRole RestoreRole]"},
		"whole":   {whole(), []string{"${Archive.Arn}/_/cwl/ecs/ecs-task/*"}, "[IndexRole ListRole]"},
	} {
		readers := map[string]bool{}
		for _, s := range synthesize(t, c.stack...).statements() {
			if s.sid == "ReadArchive" {
				readers[s.at] = true
				if !slices.Equal(s.resources, c.want) || !slices.Equal(s.actions, []string{"s3:GetObject"}) {
					t.Errorf("%s: %s may %v %v", name, s.at, s.actions, s.resources)
				}
			}
		}
		if got := fmt.Sprint(sortedKeys(readers)); got != c.who {
			t.Errorf("%s: %s read the archive", name, got)
		}
	}
}

// On a new domain fine-grained access control decides, for the roles that Prepare
// is told; nobody but Prepare reads the secret that it does that with.
func TestDomainIsOpenedByPrepareOnly(t *testing.T) {
	tpl := synthesize(t, whole()...)
	var mappers []string
	for _, s := range tpl.statements() {
		if slices.Contains(s.actions, "secretsmanager:GetSecretValue") {
			mappers = append(mappers, s.at+" "+strings.Join(s.resources, " "))
		}
	}
	if !slices.Equal(mappers, []string{"PrepareRole ${MasterSecret}"}) {
		t.Errorf("secrets are read by %q", mappers)
	}
	variables := environment(t, tpl, "PrepareFunction")
	for name, want := range map[string]string{
		"SEARCH_MASTER":  "${MasterSecret}",
		"SEARCH_WRITERS": `["${PrepareRole.Arn}","${IndexRole.Arn}","${ReportRole.Arn}","${ViewsRole.Arn}"]`,
		"SEARCH_READERS": `["arn:aws:iam::123456789012:role/searcher"]`,
	} {
		if variables[name] != want {
			t.Errorf("%s is %q, want %q", name, variables[name], want)
		}
	}
	password := plain(tpl.only(t, "AWS::OpenSearchService::Domain", "Domain").at("AdvancedSecurityOptions", "MasterUserOptions", "MasterUserPassword"))
	if password != "{{resolve:secretsmanager:${MasterSecret}:SecretString:password}}" {
		t.Errorf("the master user's password is %v", password)
	}
	if variables := environment(t, synthesize(t, signed()...), "PrepareFunction"); variables["SEARCH_MASTER"]+variables["SEARCH_WRITERS"] != "" {
		t.Errorf("a domain that exists is opened: %v", variables)
	}
}

// On a domain that exists the calls that open it are put out.
func TestRoleMappingIsPutOut(t *testing.T) {
	text := plain(synthesize(t, signed()...).Outputs["SearchRoleMapping"].Value).(string)
	for _, want := range []string{
		"PUT _plugins/_security/api/roles/rehydrate-ecs-task-writer\n{", `"index_patterns":["ecs-task-*"]`,
		"PUT _plugins/_security/api/rolesmapping/rehydrate-ecs-task-writer\n" + `{"backend_roles":["${PrepareRole.Arn}","${IndexRole.Arn}","${ReportRole.Arn}","${ViewsRole.Arn}"]}`,
		`{"index_patterns":["ecs-task-*-20??-??-??"],"allowed_actions":["indices:admin/delete"]}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nis not in\n%s", want, text)
		}
	}
	if text := plain(synthesize(t, whole()...).Outputs["DashboardsTunnel"].Value).(string); !strings.Contains(text, "host=${Domain.DomainEndpoint},portNumber=443") {
		t.Errorf("the tunnel is %s", text)
	}
}

// A person who reviews the stack reads its rights in this file.
func TestRightsAsReviewed(t *testing.T) {
	for name, stack := range stacks() {
		var b strings.Builder
		last := ""
		for _, s := range synthesize(t, stack...).statements() {
			if s.at != last {
				fmt.Fprintf(&b, "\n%s\n", s.at)
				last = s.at
			}
			fmt.Fprintf(&b, "  %s %s", s.effect, s.sid)
			if s.who != nil {
				fmt.Fprintf(&b, " to %v", s.who)
			}
			fmt.Fprintf(&b, "\n    %s\n", strings.Join(s.actions, " "))
			for _, resource := range s.resources {
				fmt.Fprintf(&b, "      on %s\n", resource)
			}
			for _, operator := range sortedKeys(s.conditions) {
				fmt.Fprintf(&b, "      if %s %v\n", operator, s.conditions[operator])
			}
		}
		golden(t, "rights."+name+".txt", strings.TrimPrefix(b.String(), "\n"))
	}
}

// What the owner of an archive is to paste admits exactly who reads it.
func TestOwnersStatements(t *testing.T) {
	tpl := synthesize(t, private()...)
	for name, want := range map[string][]string{"ArchiveBucketPolicy": {"s3:ListBucket", "s3:GetObject", "s3:RestoreObject"}, "ArchiveKeyPolicy": {"kms:Decrypt"}} {
		var statements []map[string]any
		text := plain(tpl.Outputs[name].Value).(string)
		if err := json.Unmarshal([]byte("["+text+"]"), &statements); err != nil {
			t.Fatalf("%s: %v in %s", name, err, text)
		}
		var actions []string
		for _, s := range statements {
			actions = append(actions, s["Action"].(string))
			if who := fmt.Sprint(at(s["Principal"], "AWS")); who != "[${ListRole.Arn} ${RestoreRole.Arn} ${IndexRole.Arn}]" {
				t.Errorf("%s admits %s", name, who)
			}
		}
		if !slices.Equal(actions, want) {
			t.Errorf("%s allows %q, want %q", name, actions, want)
		}
	}
	if out := synthesize(t, whole()...).Outputs; out["ArchiveBucketPolicy"].Value != nil || out["ArchiveKeyPolicy"].Value != nil {
		t.Error("a new archive has no other owner")
	}
	for _, id := range []string{"List", "Restore", "Prepare", "Index", "Report"} {
		if got := plain(tpl.Outputs[id+"RoleArn"].Value); got != "${"+id+"Role.Arn}" {
			t.Errorf("the role of %s is put out as %v", id, got)
		}
	}
}

// Only the restore Lambda asks for archived objects, where the setting allows it, and
// only under the archive's prefixes.
func TestRestoreOnlyWhereAllowed(t *testing.T) {
	for name, want := range map[string]string{"least": "", "private": "[arn:${AWS::Partition}:s3:::my-archive/logs/a/* arn:${AWS::Partition}:s3:::my-archive/logs/b/*]"} {
		got := ""
		for _, s := range synthesize(t, stacks()[name]...).statements() {
			if slices.Contains(s.actions, "s3:RestoreObject") {
				got += fmt.Sprint(s.resources)
				if s.at != "RestoreRole" {
					t.Errorf("%s: %s may restore", name, s.at)
				}
			}
		}
		if got != want {
			t.Errorf("%s: it may restore %s, want %s", name, got, want)
		}
	}
}
