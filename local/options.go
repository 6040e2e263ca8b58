package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// options are the flags of `local run`.
type options struct {
	archive        string
	prefixes       prefixes
	archiveZone    string
	from, to       string
	input          string
	retry          string
	plan           bool
	search         string
	searchAuth     string
	searchSecret   string
	indexPrefix    string
	zone           string
	fields         string
	parse          bool
	maxConcurrency int
	out            string
	name           string
	lambdas        string
}

// prefixes collects a flag that may be given more than once.
type prefixes []string

func (p *prefixes) String() string { return strings.Join(*p, " ") }

// Set adds one prefix expression.
func (p *prefixes) Set(s string) error {
	*p = append(*p, s)
	return nil
}

func parseOptions(args []string, stdout io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	f.StringVar(&o.archive, "archive", "", "the archive: a `folder` that stands for the bucket (keys are its relative paths), or s3://BUCKET")
	f.Var(&o.prefixes, "prefix", "Firehose prefix `expression`, may be given more than once (default "+run.DefaultArchivePrefix+")")
	f.StringVar(&o.archiveZone, "archive-zone", "UTC", "time `zone` of the keys (Firehose's CustomTimeZone)")
	f.StringVar(&o.from, "from", "", "first `day` (2018-12-10, in -zone) or RFC 3339 instant")
	f.StringVar(&o.to, "to", "", "last `day`, included, or RFC 3339 instant, excluded")
	f.StringVar(&o.input, "input", "", "instead of -from, -to, -retry, -plan and -max-concurrency: the whole execution input, as `JSON`")
	f.StringVar(&o.retry, "retry", "", "`name` of an earlier run: what it did not index, and nothing else")
	f.BoolVar(&o.plan, "plan", false, "list and estimate only; touch no cluster")
	f.StringVar(&o.search, "search", "", "`URL` of a real cluster (default: the embedded store, on disk under -out)")
	f.StringVar(&o.searchAuth, "search-auth", "none", "how to log in at -search: none, basic, apikey or sigv4")
	f.StringVar(&o.searchSecret, "search-secret", "", "`ARN` of the secret for basic or apikey, or file:PATH of a file that holds it")
	f.StringVar(&o.indexPrefix, "index-prefix", run.DefaultIndexPrefix, "`prefix` of the daily indices PREFIX-YYYY-MM-DD")
	f.StringVar(&o.zone, "zone", run.DefaultZone, "time `zone` of days, index names and @timestamp")
	f.StringVar(&o.fields, "fields", "", "`fields` to add to each document, with commas between: logGroup, logStream, account (default for the embedded store: logGroup,logStream)")
	f.BoolVar(&o.parse, "parse", false, "add the members of messages that are JSON in one flattened field")
	f.IntVar(&o.maxConcurrency, "max-concurrency", 0, "objects indexed at once (default: one for each processor)")
	f.StringVar(&o.out, "out", "out", "`folder` for the embedded store and runs/NAME/")
	f.StringVar(&o.name, "name", "", "`name` of the run (default: the time of its start)")
	f.StringVar(&o.lambdas, "lambdas", "", "`folder` of the Lambdas built for this computer, by name (default: built from source)")
	if err := parse(f, args, stdout); err != nil {
		return options{}, err
	}
	if err := noMore(f); err != nil {
		return options{}, err
	}
	if len(o.prefixes) == 0 {
		o.prefixes = prefixes{run.DefaultArchivePrefix}
	}
	return o, o.check()
}

// check is what can be told before anything is started.
func (o options) check() error {
	switch {
	case o.archive == "":
		return errors.New("-archive is missing; give a folder or s3://BUCKET")
	case o.input != "" && (o.from != "" || o.to != "" || o.retry != "" || o.plan || o.maxConcurrency != 0):
		return errors.New("-input is the whole execution input; leave out -from, -to, -retry, -plan and -max-concurrency")
	case o.maxConcurrency < 0:
		return fmt.Errorf("-max-concurrency %d is out of bounds; give a whole number from 1", o.maxConcurrency)
	case o.name != "" && !run.ValidName(o.name):
		return fmt.Errorf("-name %q is no name of a run; give up to 80 letters, digits, dashes, underscores and dots", o.name)
	}
	if _, err := time.LoadLocation(o.zone); err != nil || o.zone == "" || o.zone == "Local" {
		return fmt.Errorf("-zone %q is no time zone; give one such as Asia/Tokyo or UTC", o.zone)
	}
	for _, field := range strings.FieldsFunc(o.fields, func(r rune) bool { return r == ',' }) {
		if field == "region" || !slices.Contains(run.FieldNames(), field) {
			return fmt.Errorf("-fields: %q is no field here; give any of logGroup, logStream, account, with commas between", field)
		}
	}
	if err := run.ValidIndexPrefix(o.indexPrefix); err != nil {
		return fmt.Errorf("-index-prefix: %w", err)
	}
	if bucket, ok := strings.CutPrefix(o.archive, "s3://"); ok {
		if bucket = strings.TrimSuffix(bucket, "/"); bucket == "" || strings.Contains(bucket, "/") {
			return fmt.Errorf("-archive %s: give s3://BUCKET, and what follows in -prefix", o.archive)
		}
		return nil
	}
	info, err := os.Stat(o.archive)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("-archive: there is no folder %s; `local sample -out %s` makes one to try", o.archive, o.archive)
	case err != nil:
		return fmt.Errorf("-archive: %w", err)
	case !info.IsDir():
		return fmt.Errorf("-archive: %s is a file; give the folder that stands for the bucket (`local inspect` reads one object)", o.archive)
	}
	return nil
}

// executionInput is what the state machine is started with.
func (o options) executionInput(processors int) (json.RawMessage, error) {
	if o.input != "" {
		if _, err := run.ParseRequest([]byte(o.input)); err != nil {
			return nil, fmt.Errorf("-input: %w", err)
		}
		return json.RawMessage(o.input), nil
	}
	if o.maxConcurrency == 0 {
		o.maxConcurrency = processors
	}
	return json.Marshal(run.Request{
		From: o.from, To: o.to, Retry: o.retry, Plan: o.plan, MaxConcurrency: &o.maxConcurrency,
	})
}

// bucket is the archive's bucket and, where it is a folder, that folder.
func (o options) bucket() (name, folder string, err error) {
	if name, ok := strings.CutPrefix(o.archive, "s3://"); ok {
		return strings.TrimSuffix(name, "/"), "", nil
	}
	folder, err = filepath.Abs(o.archive)
	return "archive", folder, err
}

// settings are those of a stack with these options, whose buckets and cluster
// are served at these URLs.
func (o options) settings(bucket, folder, s3, search string) (run.Settings, error) {
	zone, err := time.LoadLocation(o.zone)
	if err != nil {
		return run.Settings{}, err
	}
	archiveZone, err := time.LoadLocation(o.archiveZone)
	if err != nil {
		return run.Settings{}, fmt.Errorf("-archive-zone %q is no time zone; give one such as Asia/Tokyo or UTC", o.archiveZone)
	}
	s := run.Settings{
		ArchiveBucket: bucket, ArchivePrefixes: o.prefixes, ArchiveZone: archiveZone,
		RunBucket: runBucket, RunEndpoint: s3,
		IndexPrefix: o.indexPrefix, Zone: zone, Parse: o.parse, Shards: -1, Replicas: -1,
		Search:    run.Search{URL: search, Auth: o.searchAuth, Secret: o.searchSecret},
		BulkBytes: run.DefaultBulkBytes, BulkInFlight: run.DefaultBulkInFlight, RecordLimit: run.DefaultRecordLimit,
	}
	switch {
	case o.fields != "":
		s.Fields = strings.Split(o.fields, ",")
	case o.search == "":
		// The page of the embedded store picks streams by them.
		s.Fields = []string{"logGroup", "logStream"}
	}
	if folder != "" {
		s.ArchiveEndpoint = s3
	}
	return s, nil
}
