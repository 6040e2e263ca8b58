package statemachine

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// What the views machine reads of the answer is there whenever it is read.
func TestViewsAnswersAreWhatIsRead(t *testing.T) {
	filled, err := Fill(Views(), map[string]string{ViewsFunction: "arn:f", Topic: "arn:t"})
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ States map[string]map[string]any }
	if err := json.Unmarshal([]byte(filled), &m); err != nil {
		t.Fatal(err)
	}
	known := members(reflect.TypeFor[run.ViewsAnswer]())
	choice := m.States["Anything to tell?"]["Choices"].([]any)[0].(map[string]any)["Variable"].(string)
	if f, ok := known[strings.TrimPrefix(choice, "$.")]; !ok || optional(f) {
		t.Errorf("%s is not always there", choice)
	}
	parameters := m.States["Tell"]["Parameters"].(map[string]any)
	for _, name := range []string{"Subject.$", "Message.$"} {
		if _, ok := known[strings.TrimPrefix(parameters[name].(string), "$.")]; !ok {
			t.Errorf("%s is %v, which is no member of the answer", name, parameters[name])
		}
	}
	// What is told has both.
	b, _ := json.Marshal(run.ViewsAnswer{Tell: true, Subject: "s", Message: "m"})
	if !strings.Contains(string(b), `"subject"`) || !strings.Contains(string(b), `"message"`) {
		t.Errorf("an answer is %s", b)
	}
}
