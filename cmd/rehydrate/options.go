package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
	"github.com/rehydrate/rehydrate/local"
)

// options are the flags of run.
type options struct {
	settings run.Settings
	archive  string
	request  request
	out      string
	serve    string
	name     string
	lambdas  string
}

// register makes the flags.
func (o *options) register(f *pflag.FlagSet) {
	f.StringVar(&o.archive, "archive", "", "the archive: a `folder` that stands for the bucket (keys are its relative paths), or s3://BUCKET")
	settings.Flags(f, &o.settings)
	o.request.register(f)
	f.StringVar(&o.out, "out", "out", "`folder` for the embedded store and runs/NAME/")
	f.StringVar(&o.serve, "serve", "", "serve the log view of the embedded store while the run goes on and afterwards, at this `address`")
	f.Lookup("serve").NoOptDefVal = serveAddress
	f.StringVar(&o.name, "name", "", "`name` of the run (default: the time of its start)")
	f.StringVar(&o.lambdas, "lambdas", "", "`file` of the Lambdas' bootstrap, built for this computer (default: this program itself)")
}

// check is what can be told before anything is started.
func (o *options) check() error {
	if o.archive == "" {
		return errors.New("--archive is missing; give a folder or s3://BUCKET")
	}
	if o.name != "" && !run.ValidName(o.name) {
		return fmt.Errorf("--name %q is no name of a run; give up to 80 letters, digits, dashes, underscores and dots", o.name)
	}
	if slices.Contains(o.settings.Fields, "region") {
		return errors.New("--fields: an archive on this computer is of no region; give any of logGroup, logStream, account")
	}
	if o.request.destination == string(run.ToFiles) && (o.serve != "" || o.settings.Search.URL != "") {
		return errors.New("--destination files takes no cluster and no store; leave out --search and --serve")
	}
	if o.serve != "" && o.settings.Search.URL != "" {
		return errors.New("--serve shows the embedded store, which --search does without; leave out either")
	}
	if bucket, ok := strings.CutPrefix(o.archive, "s3://"); ok {
		if bucket = strings.TrimSuffix(bucket, "/"); bucket == "" || strings.Contains(bucket, "/") {
			return fmt.Errorf("--archive %s: give s3://BUCKET, and what follows in --prefix", o.archive)
		}
		return nil
	}
	info, err := os.Stat(o.archive)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("--archive: there is no folder %s; `rehydrate sample --out %s` makes one to try", o.archive, o.archive)
	case err != nil:
		return fmt.Errorf("--archive: %w", err)
	case !info.IsDir():
		return fmt.Errorf("--archive: %s is a file; give the folder that stands for the bucket (`rehydrate inspect` reads one object)", o.archive)
	}
	return nil
}

// listens tells at once where nothing listens at the cluster's address: the
// state machine, for which it may be restarting, would wait for minutes. Anything
// else that may be wrong with it is the machine's to find.
func (o *options) listens(ctx context.Context) error {
	u, err := url.Parse(o.settings.Search.URL)
	if err != nil || u.Host == "" {
		return nil //nolint:nilerr // what is wrong with a URL, the settings tell
	}
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	c, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("--search: nothing listens at %s; start the cluster, or give its URL", u.Host)
	}
	if err == nil {
		_ = c.Close() // it was only looked at
	}
	return nil
}

// config is that of a machine with these options, for a request.
func (o *options) config(r run.Request, log io.Writer) (local.Config, error) {
	c := local.Config{
		Settings: o.settings, Out: o.out, StoreAddress: o.serve, Log: log, Bootstrap: o.lambdas,
		NoCluster: o.destination(r) == run.ToFiles, Concurrency: run.DefaultMaxConcurrency,
	}
	if r.MaxConcurrency != nil {
		c.Concurrency = max(r.MaxConcurrency.Objects, 1)
	}
	c.Settings.ArchiveRestore = true // whoever runs this has rights of their own
	if c.Settings.Search.URL == "" && len(c.Settings.Fields) == 0 {
		// The log view of the embedded store picks streams by them.
		c.Settings.Fields = []string{"logGroup", "logStream"}
	}
	var err error
	if bucket, ok := strings.CutPrefix(o.archive, "s3://"); ok {
		c.Settings.ArchiveBucket = strings.TrimSuffix(bucket, "/")
	} else if c.Archive, err = filepath.Abs(o.archive); err != nil {
		return c, err
	}
	if c.Bootstrap == "" {
		c.Args = []string{lambdaCommand}
		c.Bootstrap, err = os.Executable()
	}
	return c, err
}

// destination is that of a request: of a retry that of the run that it retries.
// What is wrong with that one, List tells.
func (o *options) destination(r run.Request) run.Destination {
	var earlier run.Plan
	if b, err := os.ReadFile(filepath.Join(o.out, run.PlanKey(r.Retry))); r.Retry != "" && err == nil && json.Unmarshal(b, &earlier) == nil {
		return earlier.Destination
	}
	return r.Destination
}

// request are the flags that say what a run is to do.
type request struct {
	from, to, retry, input string
	plan                   bool
	maxConcurrency         string
	destination            string
	restore                string
	restoreDays            int
	include                run.Filter
	view, expires          string
	maxEvents, maxBytes    int64
	maxCost                float64
	maxDuration            string
}

func (r *request) register(f *pflag.FlagSet) {
	f.StringVar(&r.from, "from", "", "first `day` (2018-12-10, in the zone of the indices) or RFC 3339 instant")
	f.StringVar(&r.to, "to", "", "last `day`, included, or RFC 3339 instant, excluded")
	f.StringVar(&r.retry, "retry", "", "`name` of an earlier run: what it did not index, and nothing else")
	f.BoolVar(&r.plan, "plan", false, "list and estimate only, and look whether the cluster has room; nothing is changed there")
	f.StringVar(&r.destination, "destination", "", "`where` events go: index, or files, JSON Lines under runs/NAME/events/ for which no cluster is needed (default index)")
	f.StringVar(&r.view, "view", "", "`name` of a view: documents go into its own indices, beside the daily ones")
	f.StringVar(&r.expires, "expires", "", "`when` the view is deleted: 7d, a day, an instant or none")
	f.Int64Var(&r.maxEvents, "max-events", 0, "most `events` of the run: one over it is refused, or ends there")
	f.Int64Var(&r.maxBytes, "max-bytes", 0, "most `bytes` of messages: a run over it, by its estimate, is refused")
	f.Float64Var(&r.maxCost, "max-cost", 0, "most US `dollars` in AWS, the same")
	f.StringVar(&r.maxDuration, "max-duration", "", "longest `time` that it may take, such as 2h, the same")
	f.StringVar(&r.restore, "restore", "", "ask for archived objects (GLACIER, DEEP_ARCHIVE) at this `tier`, which S3 bills, and wait for them: Bulk, Standard or Expedited")
	f.IntVar(&r.restoreDays, "restore-days", 0, "how many `days` restored copies stay (default 7)")
	f.StringArrayVar(&r.include.Message, "message", nil, "only events whose message matches this regular `expression` (RE2); may be given more than once")
	f.StringArrayVar(&r.include.LogGroup, "group", nil, "only events of log groups that match this `glob`; may be given more than once")
	f.StringArrayVar(&r.include.LogStream, "stream", nil, "only events of log streams that match this `glob`; may be given more than once")
	f.StringVar(&r.maxConcurrency, "max-concurrency", "", "`objects` indexed at once: a number, auto for as many as the cluster takes, auto:N up to N")
	f.StringVar(&r.input, "input", "", "instead of all these: the whole execution input, as `JSON`")
}

// atOnceHere is the bound of auto on this computer, for each of its processors.
const atOnceHere = 8

// execution is what the state machine is started with; otherwise is the
// concurrency where none is given, 0 for that of the request.
func (r request) execution(otherwise int) (json.RawMessage, error) {
	request := run.Request{
		From: r.from, To: r.to, Retry: r.retry, Plan: r.plan, Destination: run.Destination(r.destination), Include: r.include,
		View: r.view, Expires: r.expires, MaxDuration: r.maxDuration, Restore: run.Tier(r.restore),
	}
	if r.maxEvents != 0 {
		request.MaxEvents = &r.maxEvents
	}
	if r.maxBytes != 0 {
		request.MaxBytes = &r.maxBytes
	}
	if r.maxCost != 0 {
		request.MaxCost = &r.maxCost
	}
	if r.restoreDays != 0 {
		request.RestoreDays = &r.restoreDays
	}
	if r.maxConcurrency != "" {
		c, err := run.ParseConcurrency(r.maxConcurrency)
		if err != nil || c.Objects < 1 {
			return nil, fmt.Errorf("--max-concurrency %s: give a whole number from 1, auto, or auto:N", r.maxConcurrency)
		}
		if c.Auto && otherwise > 0 && c.Objects == run.AutoLimit {
			c.Objects = atOnceHere * otherwise // each is a process of this computer
		}
		request.MaxConcurrency = &c
	}
	given, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	if r.input != "" {
		if string(given) != "{}" {
			return nil, fmt.Errorf("--input is the whole execution input; leave out the flags that stand for %s", given)
		}
		if _, err := run.ParseRequest([]byte(r.input)); err != nil {
			return nil, fmt.Errorf("--input: %w", err)
		}
		return json.RawMessage(r.input), nil
	}
	if r.maxConcurrency == "" && otherwise > 0 {
		request.MaxConcurrency = &run.Concurrency{Objects: otherwise}
	}
	return json.Marshal(request)
}
