package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
)

// handler makes the plan of a run: what is asked for, and the manifest of the
// objects it will be read from.
type handler struct {
	settings run.Settings
	archive  lister
	stat     stat
	runs     files
	open     open
}

// lister lists the objects of the archive whose keys lie in a window of time.
type lister interface {
	List(ctx context.Context, w archive.Window, each func(run.Object) error) (archive.Found, error)
}

// files keeps a run's files.
type files interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, body []byte, contentType string) error
	PutNew(ctx context.Context, key string, body []byte, contentType string) error
	PutStream(ctx context.Context, key string, body io.Reader, contentType string) error
	Open(ctx context.Context, key string) (*archive.Body, error)
	List(ctx context.Context, prefix string, each func(run.Object) error) error
}

// stat gives an object of the archive as it is now.
type stat func(context.Context, run.Object) (run.Object, error)

// List answers with the plan of the execution that asks.
func (h handler) List(ctx context.Context, req run.ListRequest) (run.Plan, error) {
	request, err := run.ParseRequest(req.Request)
	if err != nil {
		return run.Plan{}, err
	}
	if !run.ValidName(req.Execution.Name) {
		return run.Plan{}, &run.Fault{Name: run.InvalidRequest, Reason: fmt.Sprintf(
			"the execution's name %q cannot name a run; start it with a name of letters, digits, dashes, underscores and dots", req.Execution.Name)}
	}
	plan, err := request.Resolve(req.Execution, h.settings.Zone)
	if err != nil {
		return run.Plan{}, err
	}
	if err := h.claim(ctx, req.Execution); err != nil {
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
	return plan, h.putJSON(ctx, run.PlanKey(plan.Run), plan)
}

// claim makes the run's name this execution's own, for good. A repeated call of
// the same execution finds its own claim.
func (h handler) claim(ctx context.Context, e run.Execution) error {
	claim, err := json.Marshal(e)
	if err != nil {
		return err
	}
	err = h.runs.PutNew(ctx, run.ClaimKey(e.Name), claim, "application/json")
	if !errors.Is(err, archive.ErrExists) {
		return err
	}
	owner, err := h.runs.Get(ctx, run.ClaimKey(e.Name))
	if err != nil {
		return err
	}
	if !bytes.Equal(owner, claim) {
		return &run.Fault{
			Name: run.NameTaken, Reason: fmt.Sprintf("a run named %s exists already (%s)", e.Name, owner),
			Remedy: "start the execution under another name",
		}
	}
	return nil
}

// find lists the archive into the manifest and takes stock of it.
func (h handler) find(ctx context.Context, plan *run.Plan) error {
	stock := newInventory(h.settings.ArchiveBucket, h.settings.Zone)
	chosen := newSample()
	window := archive.Window{
		From: plan.From.Add(-time.Duration(plan.MarginBefore)),
		To:   plan.To.Add(time.Duration(plan.MarginAfter)),
	}
	var found archive.Found
	err := h.writeManifest(ctx, plan, func(write func(run.Object) error) error {
		var err error
		found, err = h.archive.List(ctx, window, func(o run.Object) error {
			stock.add(o)
			chosen.add(o)
			return write(o)
		})
		return err
	})
	if err != nil {
		return err
	}
	plan.Skipped = found.Skipped
	plan.Prefixes = found.Prefixes
	stock.found = found
	return h.takeStock(ctx, plan, stock, chosen)
}

// takeStock writes the inventory, with an estimate where only a plan is wanted.
func (h handler) takeStock(ctx context.Context, plan *run.Plan, stock *inventory, chosen *sample) error {
	inventory := stock.result(plan.From, plan.To)
	if plan.PlanOnly && plan.Objects > 0 {
		var err error
		if inventory.Estimate, err = chosen.estimate(ctx, h.open, *plan, h.settings); err != nil {
			return err
		}
	}
	return h.putJSON(ctx, run.InventoryKey(plan.Run), inventory)
}

// writeManifest streams what list writes into the run's manifest, as JSON Lines,
// and counts it in the plan.
func (h handler) writeManifest(ctx context.Context, plan *run.Plan, list func(write func(run.Object) error) error) error {
	reader, writer := io.Pipe()
	listed := make(chan error, 1)
	go func() {
		encoder := json.NewEncoder(writer)
		encoder.SetEscapeHTML(false)
		err := list(func(o run.Object) error {
			plan.Objects++
			plan.Bytes += o.Size
			return encoder.Encode(o)
		})
		writer.CloseWithError(err)
		listed <- err
	}()
	err := h.runs.PutStream(ctx, plan.Manifest.Key, reader, "application/jsonl")
	reader.CloseWithError(errors.New("the manifest could not be written"))
	if listErr := <-listed; err == nil || errors.Is(err, listErr) {
		return listErr
	}
	return fmt.Errorf("write the manifest: %w", err)
}

func (h handler) getJSON(ctx context.Context, key string, v any) error {
	b, err := h.runs.Get(ctx, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	return nil
}

func (h handler) putJSON(ctx context.Context, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return h.runs.Put(ctx, key, b, "application/json")
}
