package statemachine

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// functions are values for every substitution of the run's machine.
func functions() map[string]string {
	values := map[string]string{}
	for _, name := range []string{ListFunction, RestoreFunction, PrepareFunction, IndexFunction, ReportFunction} {
		values[name] = "arn:aws:lambda:eu-central-1:123456789012:function:" + name
	}
	return values
}

func TestFillLeavesNothingOpen(t *testing.T) {
	filled, err := Fill(Definition(), functions())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(filled, "${") || !json.Valid([]byte(filled)) {
		t.Errorf("something is open, or it is no JSON:\n%s", filled)
	}
	for name, arn := range functions() {
		if !strings.Contains(filled, `"FunctionName": "`+arn+`"`) {
			t.Errorf("%s is not in it", name)
		}
	}
}

func TestFillTakesAnyValue(t *testing.T) {
	// What the CDK puts in the place of a value that is only known later must
	// come through as it is, even though it looks like a substitution.
	const token = `${Token[TOKEN.12]}`
	filled, err := Fill(`{"a": "${A}", "b": "${B}"}`, map[string]string{"A": token, "B": "a \"quote\" \\"})
	if want := `{"a": "` + token + `", "b": "a \"quote\" \\"}`; err != nil || filled != want {
		t.Errorf("filled %s, %v; want %s", filled, err, want)
	}
}

func TestFillNamesAllFaults(t *testing.T) {
	values := functions()
	delete(values, IndexFunction)
	values[ReportFunction] = ""
	values["ListFuncton"] = "arn"
	_, err := Fill(Definition(), values)
	want := "fill in the definition: IndexFunction has no value; ListFuncton is no substitution of the definition; ReportFunction has no value"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestLiveIsTheChildOfTheMap(t *testing.T) {
	var whole struct {
		States map[string]struct{ ItemProcessor map[string]any }
	}
	if err := json.Unmarshal([]byte(Definition()), &whole); err != nil {
		t.Fatal(err)
	}
	text, err := Live()
	if err != nil {
		t.Fatal(err)
	}
	var live map[string]any
	if err := json.Unmarshal([]byte(text), &live); err != nil {
		t.Fatal(err)
	}
	child := whole.States["Index objects"].ItemProcessor
	for _, member := range []string{"StartAt", "States"} {
		got, _ := json.Marshal(live[member])
		want, _ := json.Marshal(child[member])
		if string(got) != string(want) {
			t.Errorf("%s is %s\nwant %s", member, got, want)
		}
	}
	if live["TimeoutSeconds"] == nil {
		t.Error("an execution could wait forever")
	}
	if _, err := Fill(text, map[string]string{IndexFunction: "arn"}); err != nil {
		t.Error(err)
	}
}

// TestValidators asks both public validators, which are npm packages.
func TestValidators(t *testing.T) {
	if _, err := os.Stat("../node_modules/asl-validator"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the validators are not installed; run npm ci")
		}
		t.Skip("the validators are not installed; run npm ci")
	}
	live, err := Live()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := validate(t, map[string]string{"run": Definition(), "live": live, "steer": Steering(), "views": Views()}); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	// Each of the two catches what the other does not.
	out, err := validate(t, map[string]string{
		"value": strings.ReplaceAll(Definition(), `"InputType": "JSONL"`, `"InputType": "JSOML"`),
		"path":  strings.ReplaceAll(Definition(), `"$.Payload"`, `"$.[Payload"`),
	})
	if err == nil || !strings.Contains(out, "value.asl.json: language service: ") || !strings.Contains(out, "path.asl.json: asl-validator: ") {
		t.Errorf("%v: %s", err, out)
	}
}

// validate tells what the validators say about definitions.
func validate(t *testing.T, definitions map[string]string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"validate.mjs"}
	for name, text := range definitions {
		file := filepath.Join(dir, name+".asl.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	out, err := exec.CommandContext(t.Context(), "node", args...).CombinedOutput()
	return string(out), err
}
