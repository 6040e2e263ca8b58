package asl

import (
	"encoding/json"
	"strings"
	"testing"
)

// all is a definition with every field that is known.
const all = `{
 "Comment": "c", "StartAt": "A", "TimeoutSeconds": 10,
 "States": {
  "A": {
   "Type": "Task", "Comment": "c", "Resource": "arn:aws:states:::lambda:invoke",
   "Parameters": {"FunctionName": "f", "Payload": {"any": 1}}, "TimeoutSeconds": 1, "ResultSelector": {"any.$": "$.Payload"}, "ResultPath": "$.b", "OutputPath": "$",
   "Retry": [{"Comment": "c", "ErrorEquals": ["E"], "IntervalSeconds": 1, "BackoffRate": 2, "MaxDelaySeconds": 2, "MaxAttempts": 1, "JitterStrategy": "FULL"}],
   "Catch": [{"Comment": "c", "ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "B"}],
   "Next": "B"
  },
  "B": {
   "Type": "Choice", "Comment": "c",
   "Choices": [
    {"Comment": "c", "Variable": "$.a", "StringEquals": "a", "Next": "C"},
    {"And": [{"Variable": "$.a", "IsPresent": true}], "Next": "D"},
    {"Not": {"Or": [{"Variable": "$.a", "NumericEquals": 1}]}, "Next": "E"}
   ],
   "Default": "F"
  },
  "C": {"Type": "Pass", "Comment": "c", "Parameters": {"any": 1}, "ResultPath": null, "OutputPath": "$", "End": true},
  "D": {"Type": "Wait", "Comment": "c", "Seconds": 1, "Next": "G"},
  "E": {"Type": "Succeed", "Comment": "c", "OutputPath": "$"},
  "F": {"Type": "Fail", "Comment": "c", "ErrorPath": "$.e", "CausePath": "States.JsonToString($)"},
  "G": {
   "Type": "Map", "Comment": "c", "Label": "L", "MaxConcurrencyPath": "$.c", "ToleratedFailurePercentagePath": "$.t",
   "ItemReader": {"Comment": "c", "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "b", "Key.$": "$.k"}},
   "ItemSelector": {"any.$": "$$.Map.Item.Value"},
   "ItemProcessor": {
    "Comment": "c", "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "A",
    "States": {"A": {"Type": "Succeed"}}
   },
   "ResultWriter": {"Comment": "c", "Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}},
   "ResultPath": "$.map",
   "Retry": [{"ErrorEquals": ["States.ItemReaderFailed"]}],
   "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "E"}],
   "Next": "H"
  },
  "H": {"Type": "Pass", "Result": {"any": [1, {"any": 1}]}, "Next": "I"},
  "I": {"Type": "Fail", "Error": "E", "Cause": "c"}
 }
}`

func TestEveryKnownFieldLoads(t *testing.T) {
	if _, err := Load([]byte(all)); err != nil {
		t.Fatal(err)
	}
}

// TestUnknownFieldsAreRefusedEverywhere puts one into each object in turn.
func TestUnknownFieldsAreRefusedEverywhere(t *testing.T) {
	// Where any member may stand: templates, and names of states.
	free := []string{"Parameters/Payload", "A/ResultSelector", "ItemSelector", "C/Parameters", "H/Result", "H/Result/any/1", "/States", "ItemProcessor/States"}
	objects := 0
	for at := range all {
		if all[at] != '{' {
			continue
		}
		objects++
		_, err := Load([]byte(all[:at+1] + `"Bogus": {"Type": "Succeed"}, ` + all[at+1:]))
		if err != nil && !strings.Contains(err.Error(), "/Bogus: unknown field") {
			t.Errorf("byte %d: %v", at, err)
		}
		if err != nil {
			continue
		}
		pointer := pointerOf(t, all[:at+1]+`"Bogus": {"Type": "Succeed"}, `+all[at+1:])
		known := false
		for _, f := range free {
			known = known || strings.HasSuffix(pointer, f+"/Bogus")
		}
		if !known {
			t.Errorf("an unknown field is taken at %s", pointer)
		}
	}
	if objects < 30 {
		t.Errorf("%d objects were tried", objects)
	}
}

// pointerOf is where the member Bogus stands.
func pointerOf(t *testing.T, text string) string {
	t.Helper()
	n, err := parseNode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var find func(n node) string
	find = func(n node) string {
		if strings.HasSuffix(n.pointer, "/Bogus") {
			return n.pointer
		}
		switch v := n.value.(type) {
		case members:
			for _, m := range v {
				if p := find(m.value); p != "" {
					return p
				}
			}
		case []node:
			for _, e := range v {
				if p := find(e); p != "" {
					return p
				}
			}
		}
		return ""
	}
	return find(n)
}

func TestRefusedWithItsPlace(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"state type", `"Type": "Wait"`, `"Type": "Parallel"`, `line 21, /States/D/Type: Parallel is not implemented here`},
		{"resource", `lambda:invoke"`, `lambda:invoke.waitForTaskToken"`, `line 5, /States/A/Resource: arn:aws:states:::lambda:invoke.waitForTaskToken is not implemented`},
		{"input path", `"TimeoutSeconds": 1,`, `"TimeoutSeconds": 1, "InputPath": "$",`, `line 6, /States/A/InputPath: unknown field, or one that is not implemented here`},
		{"result selector of a map", `"ResultPath": "$.map"`, `"ResultPath": "$.map", "ResultSelector": {}`, `/States/G/ResultSelector: unknown field, or one that is not implemented here`},
		{"function that is looked up", `"FunctionName": "f"`, `"FunctionName.$": "$.f"`, `/States/A/Parameters: FunctionName is missing`},
		{"payload that is looked up", `"Payload": {"any": 1}`, `"Payload.$": "$"`, `/States/A/Parameters/Payload.$: unknown field, or one that is not implemented here`},
		{"payload that is no object", `"Payload": {"any": 1}`, `"Payload": "p"`, `/States/A/Parameters/Payload: has to be an object`},
		{"list in a template", `"Payload": {"any": 1}`, `"Payload": {"any": [1]}`, `/States/A/Parameters/Payload/any: a list in a template is not implemented here`},
		{"intrinsic function", `States.JsonToString($)`, `States.Hash($)`, `line 23, /States/F/CausePath: has to be a path as $.name.name, or States.JsonToString($.name.name); others are not implemented here`},
		{"arguments", `States.JsonToString($)`, `States.JsonToString($, $)`, `/States/F/CausePath: has to be a path as`},
		{"end of a call", `States.JsonToString($)`, `States.JsonToString($`, `/States/F/CausePath: has to be a path as`},
		{"filter", `"$.e"`, `"$.e[?(@.a)]"`, `/States/A/Catch/0/ResultPath: "$.e[?(@.a)]" is no reference path`},
		{"index", `"OutputPath": "$",`, `"OutputPath": "$.a[0]",`, `/States/A/OutputPath: "$.a[0]" is no reference path`},
		{"quoted name", `"OutputPath": "$",`, `"OutputPath": "$['a']",`, `/States/A/OutputPath: "$['a']" is no reference path`},
		{"descent", `"OutputPath": "$",`, `"OutputPath": "$..a",`, `/States/A/OutputPath: "$..a" is no reference path`},
		{"no output", `"OutputPath": "$",`, `"OutputPath": null,`, `/States/A/OutputPath: has to be a path`},
		{"output of a wait", `"Seconds": 1`, `"Seconds": 1, "OutputPath": "$"`, `/States/D/OutputPath: unknown field`},
		{"into the context", `"ResultPath": "$.b"`, `"ResultPath": "$$.b"`, `/States/A/ResultPath: the context object cannot be written to`},
		{"no path", `{"any.$": "$$.Map.Item.Value"}`, `{"any.$": 7}`, `/States/G/ItemSelector/any.$: has to be a path`},
		{"nowhere", `"Next": "D"`, `"Next": "Z"`, `/States/B/Choices/1/Next: there is no state "Z"`},
		{"start", `"StartAt": "A", "TimeoutSeconds"`, `"StartAt": "Z", "TimeoutSeconds"`, `line 2, /StartAt: there is no state "Z"`},
		{"out of the map", `"StartAt": "A",` + "\n    ", `"StartAt": "B",` + "\n    ", `/States/G/ItemProcessor/StartAt: there is no state "B"`},
		{"mode", `"DISTRIBUTED"`, `"INLINE"`, `/States/G/ItemProcessor/ProcessorConfig/Mode: INLINE is not implemented here`},
		{"children", `"STANDARD"`, `"EXPRESS"`, `/ExecutionType: EXPRESS`},
		{"reader", `"JSONL"`, `"CSV"`, `/States/G/ItemReader/ReaderConfig/InputType: CSV is not implemented here`},
		{"writer", `"Prefix": "p"}`, `"Prefix": "p"}, "WriterConfig": {}`, `/States/G/ResultWriter/WriterConfig: unknown field, or one that is not implemented here`},
		{"no label", `"Label": "L",`, ``, `/States/G: Label is missing`},
		{"label", `"Label": "L",`, `"Label": "L/L",`, `/States/G: Label has to be of`},
		{"no selector", `"ItemSelector": {"any.$": "$$.Map.Item.Value"},`, ``, `/States/G: ItemSelector is missing`},
		{"given concurrency", `"MaxConcurrencyPath": "$.c"`, `"MaxConcurrency": 1`, `/States/G/MaxConcurrency: unknown field, or one that is not implemented here`},
		{"count of failures", `"ToleratedFailurePercentagePath"`, `"ToleratedFailureCountPath"`, `/States/G/ToleratedFailureCountPath: unknown field, or one that is not implemented here`},
		{"jitter", `"FULL"`, `"SOME"`, `/States/A/Retry/0/JitterStrategy: SOME is not implemented`},
		{"delay", `"MaxDelaySeconds": 2`, `"MaxDelaySeconds": 1`, `/States/A/Retry/0: MaxDelaySeconds has to be above IntervalSeconds`},
		{"interval", `"IntervalSeconds": 1`, `"IntervalSeconds": 1.5`, `IntervalSeconds: has to be a whole number`},
		{"attempts", `"MaxAttempts": 1`, `"MaxAttempts": -1`, `/States/A/Retry/0/MaxAttempts: has to be a number from 0 to`},
		{"no errors", `["E"]`, `[]`, `/States/A/Retry/0/ErrorEquals: has to be a list of at least one`},
		{"all beside another", `["States.ALL"], "ResultPath"`, `["States.ALL", "E"], "ResultPath"`, `/States/A/Catch/0/ErrorEquals: States.ALL has to stand alone and last`},
		{"what cannot be caught", `["E"]`, `["States.Runtime"]`, `/States/A/Retry/0/ErrorEquals/0: States.Runtime is never raised here, or cannot be caught`},
		{"two operators", `"IsPresent": true`, `"IsPresent": true, "BooleanEquals": true`, `/States/B/Choices/1/And/0/BooleanEquals: stands beside IsPresent`},
		{"operand", `"StringEquals": "a"`, `"StringEquals": 1`, `/States/B/Choices/0/StringEquals: is not what StringEquals compares with`},
		{"operator", `"StringEquals"`, `"StringLessThan"`, `/States/B/Choices/0/StringLessThan: unknown field, or one that is not implemented here`},
		{"escaped wildcard", `"StringEquals": "a"`, `"StringMatches": "\\*"`, `/States/B/Choices/0/StringMatches: is not what StringMatches compares with`},
		{"reserved error", `"Error": "E"`, `"Error": "States.Timeout"`, `/States/I/Error: names that begin with States. are reserved`},
		{"no operator", `"StringEquals": "a", `, ``, `/States/B/Choices/0: an operator that is implemented here is missing`},
		{"no variable", `"Variable": "$.a", "StringEquals"`, `"StringEquals"`, `/States/B/Choices/0: Variable is missing`},
		{"no default", `"Default"`, `"Otherwise"`, `/States/B: Default is missing`},
		{"wait", `"Seconds": 1`, `"Timestamp": "2026-11-26T00:00:00Z"`, `/States/D: Seconds or SecondsPath is missing; other forms of Wait are not implemented here`},
		{"two waits", `"Seconds": 1`, `"Seconds": 1, "SecondsPath": "$.s"`, `/States/D/SecondsPath: stands beside Seconds`},
		{"no end", `, "End": true},` + "\n  \"D\"", "},\n  \"D\"", `/States/C: Next or End is missing`},
		{"next and end", `"Next": "G"`, `"Next": "G", "End": true`, `/States/D/End: stands beside Next`},
		{"no cause", `"Error": "E", "Cause": "c"`, `"Error": "E"`, `/States/I: Cause or CausePath is missing`},
		{"cause twice", `"CausePath"`, `"Cause": "c", "CausePath"`, `/States/F/CausePath: stands beside Cause`},
		{"result twice", `"Parameters": {"any": 1}`, `"Parameters": {"any": 1}, "Result": 1`, `/States/C/Result: unknown field, or one`},
		{"twice", `"Seconds": 1`, `"Seconds": 1, "Seconds": 2`, `line 21: /States/D/Seconds stands twice`},
		{"JSONata", `"Comment": "c", "StartAt": "A", "TimeoutSeconds"`, `"QueryLanguage": "JSONata", "StartAt": "A", "TimeoutSeconds"`, `line 2, /QueryLanguage: unknown field`},
		{"no JSON", `"StartAt": "A", "TimeoutSeconds"`, `"StartAt" "A", "TimeoutSeconds"`, `line 2: invalid character '"' after object key`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(all, c.old) {
				t.Fatalf("%s is not in the definition", c.old)
			}
			_, err := Load([]byte(strings.Replace(all, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nwant one that says %s", err, c.want)
			}
		})
	}
}

func TestAllFaultsAreToldAtOnce(t *testing.T) {
	text := strings.NewReplacer(`"FULL"`, `"SOME"`, `"JSONL"`, `"CSV"`).Replace(all)
	_, err := Load([]byte(text))
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("error %v, want two", err)
	}
}

// FuzzLoad: whatever the text, it is refused or can be executed, and never
// panics.
func FuzzLoad(f *testing.F) {
	f.Add(all)
	f.Add(lifecycle)
	f.Add(states(retrying))
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Load([]byte(text))
		if err == nil && (m.graph.states[m.graph.start] == nil || !json.Valid([]byte(text))) {
			t.Error("a definition that cannot be executed was taken")
		}
	})
}
