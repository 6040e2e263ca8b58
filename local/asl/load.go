package asl

import (
	"context"
	"fmt"
	"time"
)

// Machine is a definition that can be executed.
type Machine struct {
	graph   *graph
	timeout time.Duration // 0 where there is none
}

// graph is the states of a machine or of a map's children.
type graph struct {
	start  string
	states map[string]*state
}

// state is what all types of states have in common, and the work of its own.
type state struct {
	name string
	work work
	// events that work adds to a history, beside those of being entered and left.
	events int
	// next is empty where the execution ends, and where work tells.
	next string

	output     path
	selector   part // of the result, nil for the whole
	resultPath path
	noResult   bool // ResultPath is null
	keeps      bool // what comes in goes out
	retriable  bool
	retry      []retrier
	catch      []catcher
}

// work is what a type of state does with its input.
type work interface {
	// do returns the state's result, and the state to go to where that depends.
	do(ctx context.Context, f *frame, input any) (result any, next string, err *failure)
}

// Load parses a definition whose substitutions are filled in. Its error tells of
// everything that is not right or not implemented, each with line and JSON
// pointer.
func Load(definition []byte) (*Machine, error) {
	n, err := parseNode(definition)
	if err != nil {
		return nil, fmt.Errorf("definition: %w", err)
	}
	l := &loader{}
	f := l.commented(n)
	m := &Machine{timeout: time.Duration(f.whole("TimeoutSeconds", 0, 1)) * time.Second}
	m.graph = f.graph()
	f.close()
	if err := l.err(); err != nil {
		return nil, fmt.Errorf("definition: %w", err)
	}
	return m, nil
}

// target is a name of a state, where it stands.
type target struct {
	node node
	name string
}

// target takes the name of a state to go to, and adds it to targets.
func (f *fields) target(field string, name *string, targets []target) []target {
	n, ok := f.need(field)
	if !ok {
		return targets
	}
	*name, _ = n.value.(string)
	return append(targets, target{n, *name})
}

// graph takes StartAt and States.
func (f *fields) graph() *graph {
	g := &graph{states: map[string]*state{}}
	targets := f.target("StartAt", &g.start, nil)
	n, ok := f.need("States")
	if !ok {
		return g
	}
	states, ok := n.value.(members)
	if !ok || len(states) == 0 {
		f.fault(n, "has to be an object with a member for each state")
	}
	for _, m := range states {
		s, to := f.state(m)
		g.states[m.name] = s
		targets = append(targets, to...)
	}
	for _, t := range targets {
		if g.states[t.name] == nil {
			f.fault(t.node, "there is no state %q", t.name)
		}
	}
	return g
}

// state parses one state, and tells which others it goes to.
func (l *loader) state(m member) (s *state, targets []target) {
	f := l.commented(m.value)
	s = &state{name: m.name}
	kind := f.oneOf("Type", "Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Map")
	switch kind {
	case "Task":
		s.work, s.events = f.task(), taskEvents
	case "Pass":
		s.work = f.pass()
	case "Choice":
		s.work, targets = f.choice()
	case "Wait":
		s.work = f.wait()
	case "Succeed":
		s.work = succeed{}
	case "Fail":
		s.work = f.fail()
	case "Map":
		s.work, s.events = f.distributedMap(), mapEvents
	default:
		return s, nil // its fields mean nothing
	}
	if _, ok := f.open["ResultSelector"]; ok && kind == "Task" {
		s.selector = f.template("ResultSelector")
	}
	switch kind {
	case "Task", "Map":
		s.retriable = true
		s.retry = f.retriers()
		s.catch, targets = f.catchers()
		fallthrough
	case "Pass":
		s.resultPath, s.noResult = f.resultPath()
		fallthrough
	case "Wait":
		targets = f.next(s, targets)
	}
	if kind == "Task" || kind == "Pass" || kind == "Succeed" {
		s.output = f.outputPath()
	}
	s.keeps = kind == "Choice" || kind == "Wait" || kind == "Succeed" && s.output.whole()
	f.close()
	return s, targets
}

// next takes Next or End.
func (f *fields) next(s *state, targets []target) []target {
	end, ends := f.get("End")
	_, goes := f.open["Next"]
	switch {
	case ends && goes:
		f.fault(end, "stands beside Next")
	case ends && end.value != true:
		f.fault(end, "has to be true")
	case !ends && !goes:
		f.fault(f.node, "Next or End is missing")
	case goes:
		return f.target("Next", &s.next, targets)
	}
	f.get("Next")
	return targets
}
