package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// What the stack is made of at the least, for a person to read.
func TestEssentials(t *testing.T) {
	tpl := synthesize(t, least()...)
	var b strings.Builder
	for _, id := range sortedKeys(tpl.Resources) {
		r := tpl.Resources[id]
		fmt.Fprintf(&b, "%s %s", hash.ReplaceAllString(id, ""), r.Type)
		if r.DeletionPolicy != "" {
			fmt.Fprintf(&b, " (%s)", r.DeletionPolicy)
		}
		b.WriteString("\n")
		for _, name := range []string{
			"FunctionName", "MemorySize", "Timeout", "StateMachineName", "StateMachineType", "RetentionInDays",
			"AlarmName", "AlarmDescription", "EventPattern", "MessageRetentionPeriod",
		} {
			if v := plain(r.at(name)); v != nil {
				fmt.Fprintf(&b, "  %s: %v\n", name, v)
			}
		}
	}
	for _, id := range sortedKeys(tpl.Outputs) {
		fmt.Fprintf(&b, "output %s: %v\n", id, plain(tpl.Outputs[id].Value))
	}
	golden(t, "essentials.txt", b.String())
}

func TestRunBucket(t *testing.T) {
	for _, c := range []struct {
		stack  []any
		policy string
		days   float64
		sse    string
	}{{least(), "Retain", 90, "AES256"}, {private(), "Delete", 30, "aws:kms"}} {
		r := synthesize(t, c.stack...).only(t, "AWS::S3::Bucket", "RunBucket")
		if r.DeletionPolicy != c.policy {
			t.Errorf("when the stack goes, the run bucket meets %q, want %q", r.DeletionPolicy, c.policy)
		}
		for _, want := range []struct {
			path  []any
			value any
		}{
			{[]any{"PublicAccessBlockConfiguration"}, map[string]any{
				"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
			}},
			{[]any{"VersioningConfiguration", "Status"}, "Enabled"},
			{[]any{"BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm"}, c.sse},
			{[]any{"LifecycleConfiguration", "Rules", 0, "ExpirationInDays"}, c.days},
			{[]any{"LifecycleConfiguration", "Rules", 0, "Prefix"}, "runs/"},
			{[]any{"LifecycleConfiguration", "Rules", 1, "AbortIncompleteMultipartUpload", "DaysAfterInitiation"}, 7.0},
		} {
			if got := r.at(want.path...); !reflect.DeepEqual(got, want.value) {
				t.Errorf("%v is %v, want %v", want.path, got, want.value)
			}
		}
	}
}

// A part of the stack is there when it is asked for, and only then.
func TestPartsAreThereWhenAskedFor(t *testing.T) {
	vpcOnly := least("vpc", vpc, "subnets", subnetA)
	for _, c := range []struct {
		name, kind, id string
		with, without  []any
	}{
		{"live machine", "AWS::StepFunctions::StateMachine", "LiveMachine", least("live", "true"), least()},
		{"live rule", "AWS::Events::Rule", "LiveRule", least("live", "true"), least()},
		{"live alarm", "AWS::CloudWatch::Alarm", "LiveFailed", least("live", "true"), least()},
		{"schedule", "AWS::Scheduler::Schedule", "Schedule", least("schedule", "05:30"), least("live", "true")},
		{"email", "AWS::SNS::Subscription", "Email", least("email", "ops@example.com"), least()},
		{"dashboard", "AWS::CloudWatch::Dashboard", "Dashboard", least(), least("dashboard", "false")},
		{"security group", "AWS::EC2::SecurityGroup", "LambdaGroup", vpcOnly, least()},
		{"ingress", "AWS::EC2::SecurityGroupIngress", "SearchIngress", private(), vpcOnly},
		{"ingress to an endpoint", "AWS::EC2::SecurityGroupIngress", "SecretsIngress", whole(), private()},
		{"S3 endpoint", "AWS::EC2::VPCEndpoint", "S3Endpoint", private(), vpcOnly},
		{"secret's endpoint", "AWS::EC2::VPCEndpoint", "SecretsEndpoint", private(), least("vpc", vpc, "subnets", subnetA, "s3Endpoint", "true", "routeTables", "rtb-0123456789abcdef0")},
		{"archive", "AWS::S3::Bucket", "Archive", whole(), private()},
		{"delivery", "AWS::KinesisFirehose::DeliveryStream", "Delivery", whole(), private()},
		{"delivery's alarm", "AWS::CloudWatch::Alarm", "NotArchived", whole(), private()},
		{"domain's alarm", "AWS::CloudWatch::Alarm", "DomainRed", whole(), private()},
		{"domain's master user", "AWS::SecretsManager::Secret", "MasterSecret", whole(), private()},
		{"domain", "AWS::OpenSearchService::Domain", "Domain", whole(), private()},
		{"report of stopped runs", "AWS::StepFunctions::StateMachine", "StoppedMachine", least(), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synthesize(t, c.with...).only(t, c.kind, c.id)
			if c.without == nil {
				return
			}
			for id, r := range synthesize(t, c.without...).Resources {
				if r.Type == c.kind && strings.HasPrefix(id, c.id) && !strings.HasPrefix(id, c.id+"Policy") {
					t.Errorf("%s is there without being asked for", id)
				}
			}
		})
	}
}

// Settings that are a number or a name reach the place that they are for.
func TestSettingsReachTheirPlace(t *testing.T) {
	for _, c := range []struct {
		setting  string
		stack    []any
		kind, id string
		path     []any
		want     any
	}{
		{"listMemory", private(), "AWS::Lambda::Function", "ListFunction", []any{"MemorySize"}, 256.0},
		{"prepareMemory", private(), "AWS::Lambda::Function", "PrepareFunction", []any{"MemorySize"}, 128.0},
		{"indexMemory", private(), "AWS::Lambda::Function", "IndexFunction", []any{"MemorySize"}, 3008.0},
		{"reportMemory", private(), "AWS::Lambda::Function", "ReportFunction", []any{"MemorySize"}, 2048.0},
		{"indexTimeout", private(), "AWS::Lambda::Function", "IndexFunction", []any{"Timeout"}, 600.0},
		{"indexReserved", private(), "AWS::Lambda::Function", "IndexFunction", []any{"ReservedConcurrentExecutions"}, 20.0},
		{"logDays", private(), "AWS::Logs::LogGroup", "IndexLog", []any{"RetentionInDays"}, 7.0},
		{"logDays", private(), "AWS::Logs::LogGroup", "MachineLog", []any{"RetentionInDays"}, 7.0},
		{"stack", private(), "AWS::StepFunctions::StateMachine", "Machine", []any{"StateMachineName"}, "logs"},
		{"subnets", private(), "AWS::Lambda::Function", "IndexFunction", []any{"VpcConfig", "SubnetIds"}, []any{subnetA, subnetB}},
		{"vpc", private(), "AWS::EC2::SecurityGroup", "LambdaGroup", []any{"VpcId"}, vpc},
		{"search", private(), "AWS::EC2::SecurityGroup", "LambdaGroup", []any{"SecurityGroupEgress", 1, "FromPort"}, 9200.0},
		{"searchSecurityGroup", private(), "AWS::EC2::SecurityGroupIngress", "SearchIngress", []any{"GroupId"}, "sg-0123456789abcdef0"},
		{"routeTables", private(), "AWS::EC2::VPCEndpoint", "S3Endpoint", []any{"RouteTableIds", 0}, "rtb-0123456789abcdef0"},
		{"email", private(), "AWS::SNS::Subscription", "Email", []any{"Endpoint"}, "ops@example.com"},
		{"schedule", private(), "AWS::Scheduler::Schedule", "Schedule", []any{"ScheduleExpression"}, "cron(30 5 * * ? *)"},
		{"schedule", whole(), "AWS::Scheduler::Schedule", "Schedule", []any{"ScheduleExpression"}, "cron(5 0 * * ? *)"},
		{"zone", private(), "AWS::Scheduler::Schedule", "Schedule", []any{"ScheduleExpressionTimezone"}, "Europe/Berlin"},
		{"scheduleDays", private(), "AWS::Scheduler::Schedule", "Schedule", []any{"Target", "Input"}, `{"lastDays": 3}`},
		{"live", whole(), "AWS::S3::Bucket", "Archive", []any{"NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled"}, true},
		{"archiveGlacierDays", whole(), "AWS::S3::Bucket", "Archive", []any{"LifecycleConfiguration", "Rules", 1, "Transitions", 0, "TransitionInDays"}, 60.0},
		{"archiveGlacierDays", whole(), "AWS::S3::Bucket", "Archive", []any{"LifecycleConfiguration", "Rules", 1, "Transitions", 0, "StorageClass"}, "GLACIER_IR"},
		{"archiveExpiryDays", whole(), "AWS::S3::Bucket", "Archive", []any{"LifecycleConfiguration", "Rules", 1, "ExpirationInDays"}, 400.0},
		{"archivePrefix", whole(), "AWS::KinesisFirehose::DeliveryStream", "Delivery", []any{"ExtendedS3DestinationConfiguration", "Prefix"}, "_/cwl/ecs/ecs-task/!{timestamp:yyyy/MM/dd/HH}/"},
		{"archiveErrorPrefix", whole(), "AWS::KinesisFirehose::DeliveryStream", "Delivery", []any{"ExtendedS3DestinationConfiguration", "ErrorOutputPrefix"}, "failed/"},
		{"archiveZone", whole(), "AWS::KinesisFirehose::DeliveryStream", "Delivery", []any{"ExtendedS3DestinationConfiguration", "CustomTimeZone"}, "UTC"},
		{"archiveBufferSeconds", whole(), "AWS::KinesisFirehose::DeliveryStream", "Delivery", []any{"ExtendedS3DestinationConfiguration", "BufferingHints", "IntervalInSeconds"}, 300.0},
		{"archiveBufferMebibytes", whole(), "AWS::KinesisFirehose::DeliveryStream", "Delivery", []any{"ExtendedS3DestinationConfiguration", "BufferingHints", "SizeInMBs"}, 32.0},
		{"searchVersion", whole(), "AWS::OpenSearchService::Domain", "Domain", []any{"EngineVersion"}, "OpenSearch_2.17"},
		{"searchInstance", whole(), "AWS::OpenSearchService::Domain", "Domain", []any{"ClusterConfig", "InstanceType"}, "m7g.large.search"},
		{"searchNodes", whole(), "AWS::OpenSearchService::Domain", "Domain", []any{"ClusterConfig", "InstanceCount"}, 4.0},
		{"searchNodes", whole(), "AWS::OpenSearchService::Domain", "Domain", []any{"ClusterConfig", "ZoneAwarenessConfig", "AvailabilityZoneCount"}, 2.0},
		{"searchVolume", whole(), "AWS::OpenSearchService::Domain", "Domain", []any{"EBSOptions", "VolumeSize"}, 200.0},
		{"search new", whole(), "AWS::OpenSearchService::Domain", "Domain", []any{"AdvancedSecurityOptions", "Enabled"}, true},
		{"search new", whole(), "AWS::OpenSearchService::Domain", "Domain", []any{"AdvancedSecurityOptions", "InternalUserDatabaseEnabled"}, true},
		{"search new", whole(), "AWS::CloudWatch::Alarm", "DomainDisk", []any{"Threshold"}, 51200.0},
		{"search new", whole(), "AWS::OpenSearchService::Domain", "Domain", []any{"DomainEndpointOptions", "EnforceHTTPS"}, true},
		{"search new", whole(), "AWS::OpenSearchService::Domain", "Domain", []any{"EncryptionAtRestOptions", "Enabled"}, true},
		{"search new", whole(), "AWS::OpenSearchService::Domain", "Domain", []any{"NodeToNodeEncryptionOptions", "Enabled"}, true},
		{"search new", whole(), "AWS::OpenSearchService::Domain", "Domain", []any{"VPCOptions", "SubnetIds"}, []any{subnetA, subnetB}},
	} {
		t.Run(c.setting+" "+c.id, func(t *testing.T) {
			if got := synthesize(t, c.stack...).only(t, c.kind, c.id).at(c.path...); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v is %v, want %v", c.path, got, c.want)
			}
		})
	}
}

// Every setting is used by some stack that is looked at here.
func TestEverySettingIsTested(t *testing.T) {
	used := map[any]bool{"searchCA": true} // read by package settings, which tests it
	for _, stack := range stacks() {
		for i := 0; i < len(stack); i += 2 {
			used[stack[i]] = true
		}
	}
	for _, row := range settings.Table() {
		if !used[row.Name] {
			t.Errorf("%s is in no stack of combos_test.go", row.Name)
		}
	}
}

// Two subscriptions keep their logical ids whatever becomes of the others.
func TestSubscriptions(t *testing.T) {
	tpl := synthesize(t, whole()...)
	var groups []string
	for _, id := range sortedKeys(tpl.Resources) {
		if r := tpl.Resources[id]; r.Type == "AWS::Logs::SubscriptionFilter" {
			groups = append(groups, r.at("LogGroupName").(string))
			if r.at("FilterPattern") != "" {
				t.Errorf("%s archives only %v", id, r.at("FilterPattern"))
			}
		}
	}
	slices.Sort(groups)
	if !slices.Equal(groups, []string{"/ecs-task", "/ecs-web"}) {
		t.Errorf("subscribed are %q", groups)
	}
}

func TestDashboardIsJSON(t *testing.T) {
	body := plain(synthesize(t, whole()...).only(t, "AWS::CloudWatch::Dashboard", "Dashboard").at("DashboardBody")).(string)
	var d struct {
		Widgets []struct{ Properties struct{ Title string } }
	}
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if len(d.Widgets) != 19 {
		t.Errorf("the dashboard has %d widgets", len(d.Widgets))
	}
}

// What the account demands is of everything.
func TestDemandsOfTheAccount(t *testing.T) {
	tpl := synthesize(t, private()...)
	tagged := 0
	for _, id := range sortedKeys(tpl.Resources) {
		r := tpl.Resources[id]
		if tags := fmt.Sprint(r.at("Tags")); r.at("Tags") != nil {
			tagged++
			if !strings.Contains(tags, "team") || !strings.Contains(tags, "42") {
				t.Errorf("%s has the tags %s", id, tags)
			}
		}
		if r.Type == "AWS::IAM::Role" && r.at("PermissionsBoundary") != "arn:aws:iam::123456789012:policy/boundary" {
			t.Errorf("%s has the boundary %v", id, r.at("PermissionsBoundary"))
		}
		if strings.HasPrefix(id, "RunBucket") && r.Type == "AWS::S3::Bucket" {
			if got := r.at("BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID"); got != keyARN {
				t.Errorf("the run bucket is encrypted with %v", got)
			}
		}
	}
	if tagged < 20 {
		t.Errorf("only %d resources have tags", tagged)
	}
	var users []string
	for _, s := range tpl.statements() {
		if s.sid == "UseRunKey" {
			users = append(users, s.at)
		}
	}
	if want := []string{"IndexRole", "ListRole", "MachineRole", "PrepareRole", "ReportRole", "RestoreRole"}; !slices.Equal(users, want) {
		t.Errorf("the run bucket's key is used by %q, want %q", users, want)
	}
}

// Stacks stand beside each other: no name is given twice.
func TestStacksBesideEachOther(t *testing.T) {
	names := map[string]string{}
	for _, stack := range []string{"rehydrate", "rehydrate-b"} {
		tpl := synthesize(t, whole("stack", stack)...)
		for _, id := range sortedKeys(tpl.Resources) {
			r := tpl.Resources[id]
			for property, v := range r.Properties {
				name, isText := v.(string)
				// Not a name of the account's, but within something else.
				within := r.Type == "AWS::Logs::SubscriptionFilter" || r.Type == "AWS::IAM::Policy" || property == "MetricName" || property == "LogStreamName"
				if !isText || !strings.HasSuffix(property, "Name") || within {
					continue
				}
				key := r.Type + " " + name
				if names[key] != "" {
					t.Errorf("%s is the name of %s of both stacks", name, id)
				}
				names[key] = id
			}
		}
	}
	if len(names) < 20 {
		t.Errorf("only %d names were looked at", len(names))
	}
}

// What a run leaves in the history is kept when its files are deleted.
func TestHistoryIsKept(t *testing.T) {
	for name, stack := range stacks() {
		rules, _ := synthesize(t, stack...).only(t, "AWS::S3::Bucket", "RunBucket").at("LifecycleConfiguration", "Rules").([]any)
		for _, rule := range rules {
			if at(rule, "ExpirationInDays") != nil && at(rule, "Prefix") != "runs/" {
				t.Errorf("%s: %v deletes more than runs' files", name, rule)
			}
		}
		if len(rules) == 0 {
			t.Errorf("%s: there are no rules", name)
		}
	}
}
