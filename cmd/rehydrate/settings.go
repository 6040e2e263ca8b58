package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/run"
)

func registerSettings(f *pflag.FlagSet, s *run.Settings) {
	*s = run.Settings{
		Shards: -1, Replicas: -1, ArchiveZone: time.UTC,
		BulkBytes: run.DefaultBulkBytes, BulkInFlight: run.DefaultBulkInFlight, RecordLimit: run.DefaultRecordLimit,
	}
	s.Zone, _ = time.LoadLocation(run.DefaultZone)
	f.StringArrayVar(&s.ArchivePrefixes, "prefix", []string{run.DefaultArchivePrefix}, "Firehose prefix `expression`, may be given more than once")
	f.Func("archive-zone", "time `zone` of the keys (Firehose's CustomTimeZone)", zone("archive-zone", &s.ArchiveZone))
	f.StringVar(&s.Search.URL, "search", "", "`URL` of a real cluster (default: the embedded store, on disk under --out)")
	f.StringVar(&s.Search.Auth, "search-auth", "none", "how to log in at --search: none, basic, apikey or sigv4")
	f.StringVar(&s.Search.Secret, "search-secret", "", "`ARN` of the secret for basic or apikey, or file:PATH of a file that holds it")
	f.StringVar(&s.IndexPrefix, "index-prefix", run.DefaultIndexPrefix, "`prefix` of the daily indices PREFIX-YYYY-MM-DD")
	f.Func("zone", "time `zone` of days, index names and @timestamp (default \"Asia/Tokyo\")", zone("zone", &s.Zone))
	f.Func("fields", "`fields` to add to each document, with commas between: logGroup, logStream, account", func(v string) error {
		s.Fields = strings.Split(v, ",")
		for _, field := range s.Fields {
			if !slices.Contains(run.FieldNames(), field) {
				return fmt.Errorf("--fields: %q is no field", field)
			}
		}
		return nil
	})
	f.BoolVar(&s.Parse, "parse", false, "add the members of messages that are JSON in one flattened field")
}

func zone(name string, to **time.Location) func(string) error {
	return func(v string) error {
		z, err := time.LoadLocation(v)
		if err != nil || v == "" || v == "Local" {
			return fmt.Errorf("--%s %q is no time zone; give one such as Asia/Tokyo or UTC", name, v)
		}
		*to = z
		return nil
	}
}
