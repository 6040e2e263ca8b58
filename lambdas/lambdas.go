// Package lambdas is one program that is all of the Lambdas. Each stands in a
// package of its own; this one only chooses.
package lambdas

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/index"
	"github.com/rehydrate/rehydrate/lambdas/list"
	"github.com/rehydrate/rehydrate/lambdas/prepare"
	"github.com/rehydrate/rehydrate/lambdas/report"
	"github.com/rehydrate/rehydrate/lambdas/restore"
	"github.com/rehydrate/rehydrate/lambdas/start"
	"github.com/rehydrate/rehydrate/lambdas/steer"
	"github.com/rehydrate/rehydrate/lambdas/views"
)

// Main serves the invocations of the Lambda that handler names, list, restore,
// prepare, index, report, steer or views, until the process is ended. Any other name
// answers every invocation with what is wrong with it.
func Main(handler string) {
	switch handler {
	case "list":
		start.Main(list.Setup)
	case "restore":
		start.Main(restore.Setup)
	case "prepare":
		start.Main(prepare.Setup)
	case "index":
		start.Main(index.Setup)
	case "report":
		start.Main(report.Setup)
	case "steer":
		start.Main(steer.Setup)
	case "views":
		start.Main(views.Setup)
	default:
		start.Lambda(func(context.Context, json.RawMessage) (any, error) { return nil, unknown(handler) })
	}
}

func unknown(handler string) error {
	return &run.Fault{
		Name: run.InvalidSettings, Reason: fmt.Sprintf("the function's handler is %q, which is none of this program's Lambdas", handler),
		Remedy: "set it to list, restore, prepare, index, report, steer or views",
	}
}
