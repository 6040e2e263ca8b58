package list

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// handler makes the plan of a run: what is asked for, and the manifest of the
// objects it will be read from.
type handler struct {
	settings run.Settings
	archive  lister
	stat     stat
	runs     runs.Bucket
	open     open
}

// lister lists the objects of the archive whose keys lie in a window of time.
type lister interface {
	List(ctx context.Context, w archive.Window, each func(run.Object) error) (archive.Found, error)
}

// stat gives an object of the archive as it is now.
type stat func(context.Context, run.Object) (run.Object, error)

// List answers with the plan of the execution that asks. Asked for no execution, it
// looks as for a run that begins now, and writes nothing.
func (h handler) List(ctx context.Context, req run.ListRequest) (run.Plan, error) {
	request, err := run.ParseRequest(req.Request)
	if err != nil {
		return run.Plan{}, err
	}
	if req.Execution.ID == "" && req.Execution.Name == "" {
		return h.look(ctx, request)
	}
	if !run.ValidName(req.Execution.Name) {
		return run.Plan{}, &run.Fault{Name: run.InvalidRequest, Reason: fmt.Sprintf(
			"the execution's name %q cannot name a run; start it with a name of letters, digits, dashes, underscores and dots", req.Execution.Name)}
	}
	plan, err := request.Resolve(req.Execution, h.settings.Zone)
	if err != nil {
		return run.Plan{}, err
	}
	limits, err := h.settings.Limits.Budget()
	if err != nil {
		return run.Plan{}, err
	}
	if err := request.Within(&plan, limits); err != nil {
		return run.Plan{}, err
	}
	if plan.Retry == "" {
		if err := h.reaches(plan); err != nil {
			return run.Plan{}, err
		}
	}
	if err := h.mayRestore(plan); err != nil {
		return run.Plan{}, err
	}
	folder := h.folder(plan.Run)
	if err := folder.Claim(ctx, req.Execution); err != nil {
		return run.Plan{}, err
	}
	plan.Manifest = run.Location{Bucket: h.settings.RunBucket, Key: run.ManifestKey(plan.Run)}
	plan.Results = run.Location{Bucket: h.settings.RunBucket, Key: run.ResultsPrefix(plan.Run)}
	if plan.Retry != "" {
		err = h.again(ctx, &plan)
	} else {
		err = h.find(ctx, &plan)
	}
	if err != nil {
		return run.Plan{}, err
	}
	if plan.Restore.Objects > 0 {
		plan.Restore.Next = run.RestoreAsk
	}
	return plan, folder.PutPlan(ctx, plan)
}

// reaches tells why the plan's destination is none of this stack, or nil.
func (h handler) reaches(plan run.Plan) error {
	if err := run.ValidIndexPrefix(h.settings.In(plan.View).IndexPrefix); err != nil {
		return &run.Fault{Name: run.InvalidRequest, Reason: "view: with the prefix of the stack", Err: err, Remedy: "give a shorter name"}
	}
	if err := plan.CheckSteering(); err != nil {
		return err
	}
	if plan.Destination == run.ToFiles || h.settings.Search.URL != "" {
		return nil
	}
	return &run.Fault{
		Name: run.InvalidRequest, Reason: `destination: this stack has no cluster to index into`,
		Remedy: `give "destination": "files", or deploy the stack with the setting search`,
	}
}

func (h handler) folder(name string) runs.Folder { return runs.Folder{Bucket: h.runs, Name: name} }

// find lists the archive into the manifest and takes stock of it.
func (h handler) find(ctx context.Context, plan *run.Plan) error {
	return h.takeStock(ctx, plan, func(take func(run.Object) error) (archive.Found, error) {
		found, err := h.archive.List(ctx, window(*plan), take)
		plan.Skipped, plan.Prefixes = found.Skipped, found.Prefixes
		return found, err
	})
}

// window is the time in which objects of the plan's range may have begun.
func window(plan run.Plan) archive.Window {
	return archive.Window{
		From: plan.From.Add(-time.Duration(plan.MarginBefore)),
		To:   plan.To.Add(time.Duration(plan.MarginAfter)),
	}
}

// takeStock makes the manifest of what list takes, counts it in the plan, and
// writes the inventory, with an estimate where only a plan is wanted, or a budget is
// to be kept: a run that would come to more is refused.
func (h handler) takeStock(ctx context.Context, plan *run.Plan, list func(take func(run.Object) error) (archive.Found, error)) error {
	stock := newInventory(h.settings.ArchiveBucket, h.settings.Zone)
	chosen := newSample()
	folder := h.folder(plan.Run)
	err := folder.PutManifest(ctx, func(write func(run.Object) error) (err error) {
		stock.found, err = list(func(o run.Object) error {
			plan.Objects++
			plan.Bytes += o.Size
			stock.add(o)
			chosen.add(o)
			if plan.Restore.Tier != "" && archive.MayNeedRestore(o) {
				plan.Restore.Objects++
			}
			return write(o)
		})
		return err
	})
	if err != nil {
		return err
	}
	inventory := stock.result(plan.From, plan.To)
	if err := canRestore(plan.Restore.Tier, inventory.Unrestored); err != nil {
		return err
	}
	offer(inventory.Unrestored, plan.Restore.Days)
	if err := h.weigh(ctx, *plan, chosen, &inventory); err != nil {
		return err
	}
	var over error
	if e := inventory.Estimate; e != nil {
		e.RestoreSeconds = restoreSeconds(plan.Restore.Tier, inventory.Unrestored)
		plan.Expected = run.Expected{Documents: e.Wanted, Bytes: e.DocumentBytes}
		over = judge(plan, *e)
	}
	return cmp.Or(folder.PutInventory(ctx, inventory), over)
}

// judge refuses a run that is over its budget; a plan alone is told so.
func judge(plan *run.Plan, e run.Estimate) error {
	over := plan.Over(e)
	switch {
	case over == "":
		return nil
	case plan.PlanOnly:
		plan.Notes = append(plan.Notes, "a run would be refused: "+over)
		return nil
	}
	return &run.Fault{
		Name: run.OverBudget, Reason: over,
		Remedy: "nothing was indexed; give a smaller range, a filter, or a higher bound (0 for none) and start again",
	}
}

// weigh estimates the run: for a plan, a budget, and Prepare, which compares it with
// what the cluster has room for. A run without a budget goes on without an estimate.
func (h handler) weigh(ctx context.Context, plan run.Plan, chosen *sample, v *run.Inventory) error {
	needed := plan.PlanOnly || plan.Limited()
	if plan.Objects == 0 || !needed && plan.Destination == run.ToFiles {
		return nil
	}
	var err error
	v.Estimate, v.Encrypted, err = chosen.estimate(ctx, &sampler{open: h.open, settings: h.settings, plan: plan}, v.Stored)
	if err != nil && !needed && ctx.Err() == nil {
		slog.Warn("the run cannot be estimated", "error", err.Error())
		return nil
	}
	if err == nil && plan.PlanOnly {
		v.Advice = append(v.Advice, advise(*v)...)
	}
	return err
}
