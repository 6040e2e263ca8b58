package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/statemachine"
)

// definition is that of a machine in a template, as AWS fills it in.
func definition(t *testing.T, tpl *template, id string) string {
	t.Helper()
	m := tpl.only(t, "AWS::StepFunctions::StateMachine", id)
	values := map[string]string{}
	for name, value := range m.at("DefinitionSubstitutions").(map[string]any) {
		values[name] = plain(value).(string)
	}
	filled, err := statemachine.Fill(m.at("DefinitionString").(string), values)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return filled
}

// Every substitution of every machine names the function that is meant.
func TestDefinitionsAreFilledIn(t *testing.T) {
	tpl := synthesize(t, whole()...)
	for id, functions := range map[string][]string{
		"Machine": {"List", "Restore", "Prepare", "Index", "Report"}, "LiveMachine": {"Index"}, "StoppedMachine": {"Report"},
	} {
		filled := definition(t, tpl, id)
		for _, name := range []string{"List", "Restore", "Prepare", "Index", "Report"} {
			want := slices.Contains(functions, name)
			if got := strings.Contains(filled, `"FunctionName": "${`+name+`Function.Arn}"`); got != want {
				t.Errorf("%s calls %s: %v, want %v", id, name, got, want)
			}
		}
	}
	if got := tpl.only(t, "AWS::StepFunctions::StateMachine", "Machine").at("DefinitionString"); got != statemachine.Definition() {
		t.Error("the machine of runs is not the definition")
	}
}

// A Lambda ends by its own timeout before its task does, so that the machine
// hears what happened under Lambda's name for it.
func TestTasksOutlastTheirLambdas(t *testing.T) {
	tpl := synthesize(t, whole()...)
	for _, id := range []string{"Machine", "LiveMachine", "StoppedMachine"} {
		var d any
		if err := json.Unmarshal([]byte(definition(t, tpl, id)), &d); err != nil {
			t.Fatal(err)
		}
		tasks := 0
		eachTask(d, func(task map[string]any) {
			tasks++
			name := at(task, "Parameters", "FunctionName").(string)
			name = strings.TrimSuffix(strings.TrimPrefix(name, "${"), ".Arn}")
			lambda := tpl.only(t, "AWS::Lambda::Function", name).at("Timeout").(float64)
			if limit, _ := task["TimeoutSeconds"].(float64); limit <= lambda {
				t.Errorf("%s: a task waits %v s for %s, which may take %v", id, limit, name, lambda)
			}
		})
		if tasks == 0 {
			t.Errorf("%s has no task", id)
		}
	}
}

func eachTask(v any, do func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		if v["Type"] == "Task" {
			do(v)
		}
		for _, e := range v {
			eachTask(e, do)
		}
	case []any:
		for _, e := range v {
			eachTask(e, do)
		}
	}
}

// An event of S3 becomes the work of a child.
func TestLiveEventBecomesWork(t *testing.T) {
	rule := synthesize(t, whole()...).only(t, "AWS::Events::Rule", "LiveRule")
	event := map[string]any{"detail": map[string]any{"object": map[string]any{
		"key": `_/cwl/ecs/ecs-task/2018/12/10/03/odd "name"`, "size": 1234.0, "etag": "d41d8cd98f00b204e9800998ecf8427e",
	}}}
	input := transform(t, rule, event)
	var work run.Work
	d := json.NewDecoder(strings.NewReader(input))
	d.DisallowUnknownFields()
	if err := d.Decode(&work); err != nil {
		t.Fatalf("%v in %s", err, input)
	}
	o := work.Object
	if o.Key != `_/cwl/ecs/ecs-task/2018/12/10/03/odd "name"` || o.Size != 1234 || o.ETag != `"d41d8cd98f00b204e9800998ecf8427e"` || o.Bucket != "" {
		t.Errorf("the object is %+v", o)
	}
	if work.Run != "live" || work.From.Unix() != 0 || work.To.Year() != 9999 || !work.Include.Empty() {
		t.Errorf("the work is %+v", work)
	}
	if got := rule.at("EventPattern", "detail", "object", "key", 0, "prefix"); got != "_/cwl/ecs/ecs-task/" {
		t.Errorf("events are taken below %v", got)
	}
}

// A run that was stopped becomes a request for its report.
func TestStoppedRunBecomesReportRequest(t *testing.T) {
	rule := synthesize(t, least()...).only(t, "AWS::Events::Rule", "StoppedRule")
	input := transform(t, rule, map[string]any{"detail": map[string]any{"name": "monday", "status": "TIMED_OUT"}})
	var request run.ReportRequest
	d := json.NewDecoder(strings.NewReader(input))
	d.DisallowUnknownFields()
	if err := d.Decode(&request); err != nil {
		t.Fatalf("%v in %s", err, input)
	}
	if request.Run != "monday" || request.Map.Error != "TIMED_OUT" || request.Map.Cause == "" {
		t.Errorf("the request is %+v", request)
	}
	if got := rule.at("EventPattern", "detail", "status"); len(got.([]any)) != 2 {
		t.Errorf("reports are made for %v", got)
	}
}

func TestNoticeNamesTheReport(t *testing.T) {
	rule := synthesize(t, least()...).only(t, "AWS::Events::Rule", "EndedRule")
	text := transform(t, rule, map[string]any{"detail": map[string]any{"name": "monday", "status": "FAILED", "executionArn": "arn:x"}})
	for _, want := range []string{"Run monday ended: FAILED.", "/${RunBucket}?region=${AWS::Region}&prefix=runs/monday/report.html", "details/arn:x"} {
		if !strings.Contains(text, want) {
			t.Errorf("the notice does not say %q:\n%s", want, text)
		}
	}
}

// EventBridge takes no condition in a topic's policy, and what it cannot tell is
// kept.
func TestNoticeArrives(t *testing.T) {
	tpl := synthesize(t, least()...)
	for _, s := range tpl.statements() {
		if s.at == "TopicPolicy" && at(s.who, "Service") == "events.amazonaws.com" && len(s.conditions) > 0 {
			t.Errorf("EventBridge may tell the topic if %v", s.conditions)
		}
		if s.at == "UndeliveredPolicy" && s.sid == "KeepEvents" && !strings.Contains(fmt.Sprint(s.conditions), ":rule/rehydrate-ended") {
			t.Errorf("the queue keeps events of %v only", s.conditions)
		}
	}
	for _, id := range sortedKeys(tpl.Resources) {
		if r := tpl.Resources[id]; r.Type == "AWS::Events::Rule" && plain(r.at("Targets", 0, "DeadLetterConfig", "Arn")) != "${Undelivered.Arn}" {
			t.Errorf("events that %s cannot deliver are lost", id)
		}
	}
}

// A run that ends incomplete is told once: by the notice of its end.
func TestOneMailForEachRun(t *testing.T) {
	tpl := synthesize(t, whole()...)
	for _, id := range sortedKeys(tpl.Resources) {
		r := tpl.Resources[id]
		if r.Type != "AWS::CloudWatch::Alarm" || r.at("AlarmActions") == nil {
			continue
		}
		// Metrics of calls are of a run that goes on.
		if text := fmt.Sprint(plain(r.Properties)); strings.Contains(text, "Value:${Machine}]") ||
			strings.Contains(text, "Namespace:rehydrate ") && !strings.Contains(text, "MetricName:Call") {
			t.Errorf("%s tells of a run, too", id)
		}
	}
}

// CloudWatch Logs does not know a role that was made a moment ago.
func TestSubscriptionRoleIsOlderThanTheStream(t *testing.T) {
	tpl := synthesize(t, whole()...)
	if got := fmt.Sprint(tpl.only(t, "AWS::KinesisFirehose::DeliveryStream", "Delivery").DependsOn); !strings.Contains(got, "SubscriptionRole") {
		t.Errorf("the stream waits for %s", got)
	}
}

// The metrics of one stack are told from those of another with the same prefix.
func TestMetricsAreOfTheirStack(t *testing.T) {
	body := plain(synthesize(t, whole("stack", "other")...).only(t, "AWS::CloudWatch::Dashboard", "Dashboard").at("DashboardBody")).(string)
	if n, of := strings.Count(body, `"Stack","other","IndexPrefix","ecs-task"`), strings.Count(body, `["rehydrate",`); n != of || n == 0 {
		t.Errorf("%d of %d metrics name their stack", n, of)
	}
}

// transform does to an event what EventBridge's input transformer does: inside
// of quotes a value stands as it is, outside as JSON.
func transform(t *testing.T, rule resource, event map[string]any) string {
	t.Helper()
	target := at(rule.at("Targets"), 0, "InputTransformer")
	text := plain(at(target, "InputTemplate")).(string)
	for name, p := range at(target, "InputPathsMap").(map[string]any) {
		var value any = event
		for step := range strings.SplitSeq(strings.TrimPrefix(p.(string), "$."), ".") {
			value = at(value, step)
		}
		encoded, err := json.Marshal(value)
		if err != nil || value == nil {
			t.Fatalf("%s is %v: %v", p, value, err)
		}
		placeholder := "<" + name + ">"
		if !strings.Contains(text, placeholder) {
			t.Errorf("%s is taken out of the event in vain", name)
		}
		for _, start := range []string{": ", ":"} { // outside of quotes
			text = strings.ReplaceAll(text, start+placeholder+",", start+string(encoded)+",")
			text = strings.ReplaceAll(text, start+placeholder+"}", start+string(encoded)+"}")
		}
		if s, ok := value.(string); ok {
			text = strings.ReplaceAll(text, placeholder, s)
		}
	}
	if strings.ContainsAny(text, "<>") {
		t.Errorf("left over: %s", text)
	}
	return text
}
