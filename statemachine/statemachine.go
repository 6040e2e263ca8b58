// Package statemachine holds the definition of the state machine, in the Amazon
// States Language, as one file for every place where it runs: AWS and this
// computer. It fills in which functions are meant, and takes out of it the
// machine that indexes single objects as they arrive.
//
// It knows nothing of how a definition is deployed or executed.
package statemachine

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

//go:embed rehydrate.asl.json
var definition string

//go:embed steer.asl.json
var steering string

// Substitutions of the definition: each stands for the ARN of a function.
const (
	ListFunction    = "ListFunction"
	RestoreFunction = "RestoreFunction"
	PrepareFunction = "PrepareFunction"
	IndexFunction   = "IndexFunction"
	ReportFunction  = "ReportFunction"
	SteerFunction   = "SteerFunction"
)

// Label of the Distributed Map. Its child executions have ARNs of the form
// execution:MACHINE/LABEL:NAME.
const Label = "Objects"

// liveTimeout is how long one object that arrives may take, in seconds: as long
// as the most calls that the definition allows it take with their retries.
const liveTimeout = 30 * 24 * 3600

// Definition is the state machine of a run, with its substitutions open.
func Definition() string { return definition }

// Steering is the machine that steers a run beside it, with its only substitution,
// SteerFunction, open. Its input names the run's execution.
func Steering() string { return steering }

// Live is the machine that indexes one object: the body of the map's children,
// as a machine of its own. Its input is a run.Work; IndexFunction is its only
// substitution, and open.
func Live() (string, error) {
	var whole struct {
		States map[string]struct {
			Type          string
			ItemProcessor struct {
				StartAt string
				States  json.RawMessage
			}
		}
	}
	if err := json.Unmarshal([]byte(definition), &whole); err != nil {
		return "", fmt.Errorf("the definition: %w", err)
	}
	for _, state := range whole.States {
		if state.Type != "Map" {
			continue
		}
		live, err := json.Marshal(struct {
			Comment        string
			StartAt        string
			TimeoutSeconds int
			States         json.RawMessage
		}{
			"Indexes one object of the archive as it arrives: the same states as in the children of a run.",
			state.ItemProcessor.StartAt, liveTimeout, state.ItemProcessor.States,
		})
		if err != nil {
			return "", fmt.Errorf("the definition for live objects: %w", err)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, live, "", "  "); err != nil {
			return "", fmt.Errorf("the definition for live objects: %w", err)
		}
		return pretty.String(), nil
	}
	return "", fmt.Errorf("the definition has no Map")
}

// Fill puts values in the place of a definition's substitutions, ${Name}, as
// the insides of JSON strings. The error names every substitution that has no
// value and every value that has no substitution.
func Fill(definition string, values map[string]string) (string, error) {
	open := regexp.MustCompile(`\$\{(\w+)\}`)
	var faults []string
	met := map[string]bool{}
	filled := open.ReplaceAllStringFunc(definition, func(s string) string {
		name := open.FindStringSubmatch(s)[1]
		value := values[name]
		if value == "" && !met[name] {
			faults = append(faults, name+" has no value")
		}
		met[name] = true
		return inString(value)
	})
	for name := range values {
		if !met[name] {
			faults = append(faults, name+" is no substitution of the definition")
		}
	}
	if len(faults) > 0 {
		slices.Sort(faults)
		return "", fmt.Errorf("fill in the definition: %s", strings.Join(faults, "; "))
	}
	return filled, nil
}

// inString is s as it stands between the quotes of a JSON string.
func inString(s string) string {
	b, _ := json.Marshal(s) // a string cannot fail
	return string(b[1 : len(b)-1])
}
