package run

import (
	"reflect"
	"testing"
	"time"
)

func TestVariablesAreWhatReadSettingsReads(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		ArchiveBucket: "archive", ArchivePrefixes: []string{"a/", "b/!{timestamp:yyyy}/"}, ArchiveZone: zone,
		ArchiveRegion: "ap-northeast-1",
		RunBucket:     "runs", ArchiveEndpoint: "http://localhost:1", RunEndpoint: "http://localhost:2",
		IndexPrefix: "logs", Zone: zone, Fields: []string{"logGroup", "account"}, Parse: true,
		Shards: 3, Replicas: 0, RefreshInterval: "30s",
		Search:    Search{URL: "https://search.example", Auth: "basic", Secret: "arn:secret", CA: "PEM", Region: "eu-central-1"},
		BulkBytes: 1 << 20, BulkInFlight: 4, BulkGzip: true, RecordLimit: 2 << 20, Version: "1.2.3",
	}
	// A member that is zero here would not be tested.
	for v, i := reflect.ValueOf(want), 0; i < v.NumField(); i++ {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() && name != "Replicas" {
			t.Errorf("%s is not set in this test", name)
		}
	}
	variables := want.Variables()
	got, err := ReadSettings(func(name string) string { return variables[name] })
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v\nwant %+v", got, want)
	}
}
