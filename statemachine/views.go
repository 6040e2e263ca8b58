package statemachine

import _ "embed"

//go:embed views.asl.json
var views string

// Substitutions of the views machine: the ARN of its function, and of the topic that
// is told.
const (
	ViewsFunction = "ViewsFunction"
	Topic         = "Topic"
)

// Views is the machine that looks after views, with its substitutions open. Its input
// is a run.ViewsRequest, its output a run.ViewsAnswer.
func Views() string { return views }
