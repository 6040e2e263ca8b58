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
   "InputPath": "$.a", "Parameters": {"FunctionName": "f", "Payload": {"any": 1}}, "TimeoutSeconds": 1,
   "ResultSelector": {"any.$": "$"}, "ResultPath": "$.b", "OutputPath": "$",
   "Retry": [{"Comment": "c", "ErrorEquals": ["E"], "IntervalSeconds": 1, "BackoffRate": 2, "MaxDelaySeconds": 2, "MaxAttempts": 1, "JitterStrategy": "FULL"}],
   "Catch": [{"Comment": "c", "ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "B"}],
   "Next": "B"
  },
  "B": {
   "Type": "Choice", "Comment": "c", "InputPath": "$", "OutputPath": "$",
   "Choices": [
    {"Comment": "c", "Variable": "$.a", "StringEquals": "a", "Next": "C"},
    {"And": [{"Variable": "$.a", "IsNull": true}], "Next": "D"},
    {"Not": {"Or": [{"Variable": "$.a", "NumericEqualsPath": "$.b"}]}, "Next": "E"}
   ],
   "Default": "F"
  },
  "C": {"Type": "Pass", "Comment": "c", "InputPath": "$", "Parameters": {"any": 1}, "ResultPath": null, "OutputPath": "$", "End": true},
  "D": {"Type": "Wait", "Comment": "c", "InputPath": "$", "Seconds": 1, "OutputPath": "$", "Next": "G"},
  "E": {"Type": "Succeed", "Comment": "c", "InputPath": "$", "OutputPath": "$"},
  "F": {"Type": "Fail", "Comment": "c", "ErrorPath": "$.e", "CausePath": "States.JsonToString($)"},
  "G": {
   "Type": "Map", "Comment": "c", "Label": "L", "InputPath": "$", "OutputPath": "$",
   "MaxConcurrency": 1, "ToleratedFailurePercentage": 1, "ToleratedFailureCountPath": "$.n",
   "ItemReader": {"Comment": "c", "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "b", "Key.$": "$.k"}},
   "ItemSelector": {"any.$": "$$.Map.Item.Value"},
   "ItemProcessor": {
    "Comment": "c", "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "A",
    "States": {"A": {"Type": "Succeed"}}
   },
   "ResultWriter": {"Comment": "c", "Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}, "WriterConfig": {"Transformation": "NONE", "OutputType": "JSON"}},
   "ResultSelector": {"any.$": "$"}, "ResultPath": "$.map",
   "Retry": [{"ErrorEquals": ["States.ItemReaderFailed"]}],
   "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "E"}],
   "End": true
  }
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
	free := []string{"Parameters/Payload", "ResultSelector", "ItemSelector", "C/Parameters", "/States", "ItemProcessor/States"}
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
		{"state type", `"Type": "Wait"`, `"Type": "Parallel"`, `line 22, /States/D/Type: Parallel is not implemented here`},
		{"resource", `lambda:invoke"`, `lambda:invoke.waitForTaskToken"`, `line 5, /States/A/Resource: arn:aws:states:::lambda:invoke.waitForTaskToken is not implemented`},
		{"intrinsic function", `States.JsonToString($)`, `States.Hash($)`, `line 24, /States/F/CausePath: "States.Hash($)": intrinsic function "States.Hash" is not implemented here`},
		{"arguments", `States.JsonToString($)`, `States.JsonToString($, $)`, `takes 1 arguments, not 2`},
		{"filter", `"$.e"`, `"$.e[?(@.a)]"`, `/States/A/Catch/0/ResultPath: "$.e[?(@.a)]" is no reference path`},
		{"descent", `"InputPath": "$.a"`, `"InputPath": "$..a"`, `/States/A/InputPath: "$..a" is no reference path`},
		{"no path", `{"any.$": "$$.Map.Item.Value"}`, `{"any.$": 7}`, `/States/G/ItemSelector/any.$: has to be a path`},
		{"nowhere", `"Next": "D"`, `"Next": "Z"`, `/States/B/Choices/1/Next: there is no state "Z"`},
		{"start", `"StartAt": "A", "TimeoutSeconds"`, `"StartAt": "Z", "TimeoutSeconds"`, `line 2, /StartAt: there is no state "Z"`},
		{"out of the map", `"StartAt": "A",` + "\n    ", `"StartAt": "B",` + "\n    ", `/States/G/ItemProcessor/StartAt: there is no state "B"`},
		{"mode", `"DISTRIBUTED"`, `"INLINE"`, `/States/G/ItemProcessor/ProcessorConfig/Mode: INLINE is not implemented here`},
		{"children", `"STANDARD"`, `"EXPRESS"`, `/ExecutionType: EXPRESS`},
		{"reader", `"JSONL"`, `"CSV"`, `/States/G/ItemReader/ReaderConfig/InputType: CSV is not implemented here`},
		{"writer", `"NONE", "OutputType"`, `"COMPACT", "OutputType"`, `/WriterConfig/Transformation: COMPACT is not implemented here`},
		{"label", `"Label": "L",`, ``, `/States/G: Label is missing`},
		{"jitter", `"FULL"`, `"SOME"`, `/States/A/Retry/0/JitterStrategy: SOME is not implemented`},
		{"delay", `"MaxDelaySeconds": 2`, `"MaxDelaySeconds": 1`, `/States/A/Retry/0: MaxDelaySeconds has to be above IntervalSeconds`},
		{"interval", `"IntervalSeconds": 1`, `"IntervalSeconds": 1.5`, `IntervalSeconds: has to be a whole number`},
		{"all beside another", `["States.ALL"], "ResultPath"`, `["States.ALL", "E"], "ResultPath"`, `/States/A/Catch/0/ErrorEquals: States.ALL has to stand alone and last`},
		{"what cannot be caught", `["E"]`, `["States.Runtime"]`, `States.Runtime is never raised here, or cannot be caught`},
		{"path beside number", `"MaxConcurrency": 1`, `"MaxConcurrency": 1, "MaxConcurrencyPath": "$.n"`, `/States/G/MaxConcurrencyPath: stands beside MaxConcurrency`},
		{"out of bounds", `"ToleratedFailurePercentage": 1`, `"ToleratedFailurePercentage": 101`, `has to be a number from 0 to 100`},
		{"two operators", `"IsNull": true`, `"IsNull": true, "IsString": true`, `/States/B/Choices/1/And/0/IsString: stands beside IsNull`},
		{"operand", `"StringEquals": "a"`, `"StringEquals": 1`, `/States/B/Choices/0/StringEquals: is not what StringEquals compares with`},
		{"no operator", `"StringEquals": "a", `, ``, `/States/B/Choices/0: an operator that is implemented here is missing`},
		{"no end", `, "End": true},` + "\n  \"D\"", "},\n  \"D\"", `/States/C: Next or End is missing`},
		{"next and end", `"Next": "G"`, `"Next": "G", "End": true`, `/States/D/End: stands beside Next`},
		{"cause twice", `"CausePath"`, `"Cause": "c", "CausePath"`, `/States/F/CausePath: stands beside the field without Path`},
		{"twice", `"Seconds": 1`, `"Seconds": 1, "Seconds": 2`, `line 22: /States/D/Seconds stands twice`},
		{"payload", `"Payload": {"any": 1}`, `"Payload": {"any": [{"x.$": "$"}]}`, `a list whose elements are evaluated is not implemented here`},
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
