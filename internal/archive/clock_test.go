package archive_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/bucket/buckettest"
)

// TestListGivesAllBelow: under an expression with ** at its end, nothing is left
// out for its key's time, and nothing of it is told to have been looked for by one.
func TestListGivesAllBelow(t *testing.T) {
	keys := []string{
		"exports/aws-logs-write-test",
		"exports/firehose/s-1-2017-01-01-00-00-00-" + uuid,
		"exports/task-a/app-1/000000.gz",
		"exports/task-a/app-1/000001.gz",
		"exports/task-b/app-1/000000.gz",
	}
	others := []string{"exports-of-others/x", "other/2018/12/10/00/s-1-2018-12-10-00-00-00-" + uuid}
	a, err := archive.New(&pager{Client: serveKeys(t, buckettest.Keys(append(others, keys...)...)), size: 2}, "logs",
		[]string{"exports/**", "exports/task-b/!{timestamp:yyyy}/", "other/"}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var got []run.Object
	found, err := a.List(t.Context(), window("2018-12-10", 1), func(o run.Object) error {
		got = append(got, o)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range append(keys[1:], others[1]) {
		o := got[i]
		loose := i == 0 // it tells a time
		if _, is := a.Began(o.Key); is != loose {
			t.Errorf("%s is loose: %v, want %v", o.Key, is, loose)
		}
		if o.Key != key || o.Loose != loose || (o.Time != nil) != (loose || o.Key == others[1]) {
			t.Errorf("object %d is %+v, want %s", i, o, key)
		}
	}
	if len(got) != 5 || found.Whole != 4 || found.Unfit != 0 || found.Outside != 0 || found.Skipped != 1 || found.Objects != 5 ||
		found.Prefixes[0] != "exports/" {
		t.Errorf("%d objects, %+v", len(got), found)
	}
}

// TestListReadsTheTimeOfItsPrefix: keys of other tools than Firehose have the time
// where their prefix expression says.
func TestListReadsTheTimeOfItsPrefix(t *testing.T) {
	for _, c := range []struct {
		name, expression, zone string
		keys                   []string
		want                   []string // time of each key; a ~ before a loose one, empty where there is none
		unfit                  int64
	}{
		{
			"Fluent Bit", "fluent-bit-logs/!{partitionKeyFromQuery:tag}/!{timestamp:yyyy/MM/dd/HH/mm/ss}", "UTC",
			[]string{
				"fluent-bit-logs/app-firelens-0a1b/2018/12/10/03/57/44",
				"fluent-bit-logs/app-firelens-0a1b/2018/12/10/03/58/01-objectaB3dE6gH",
				"fluent-bit-logs/kube.var.log/2018/12/10/23/00/00",
			},
			[]string{"2018-12-10T03:57:44Z", "2018-12-10T03:58:01Z", "2018-12-10T23:00:00Z"},
			0,
		},
		{
			"Fluent Bit with tag parts and an extension", "!{partitionKeyFromQuery:part}/app/!{timestamp:yyyy/MM/dd/HH_mm_ss}", "UTC",
			[]string{"prod/app/2018/12/10/03_57_44.gz", "prod/app/2018/12/10/03_57_44.gz-objectapwgylqg", "prod/app/2018/12/10/late.gz"},
			[]string{"2018-12-10T03:57:44Z", "2018-12-10T03:57:44Z", ""},
			1,
		},
		{
			"Fluentd by hours", "logs/!{timestamp:yyyyMMddHH}_", "Asia/Tokyo",
			[]string{"logs/2018121009_0.gz", "logs/2018121010_0.gz"},
			[]string{"2018-12-10T00:00:00Z", "2018-12-10T01:00:00Z"},
			2,
		},
		{
			"Fluentd by days", "logs/!{timestamp:yyyyMMdd}_", "UTC",
			[]string{"logs/20181210_0.gz", "logs/20181210_1.gz"},
			[]string{"~2018-12-10T00:00:00Z", "~2018-12-10T00:00:00Z"},
			2,
		},
		{
			"a day of the year, two digits of a year", "!{timestamp:yy.DDD}/", "UTC",
			[]string{"18.344/a", "18.344/s-1-2018-12-10-03-57-44-" + uuid},
			[]string{"~2018-12-10T00:00:00Z", "2018-12-10T03:57:44Z"},
			1,
		},
		{"words are not read", "!{timestamp:EEE d MMM yyyy}/", "UTC", []string{"Mon 10 Dec 2018/a"}, []string{""}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			a, err := archive.New(serveKeys(t, buckettest.Keys(c.keys...)), "logs", []string{c.expression}, zone)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			found, err := a.List(t.Context(), window("2018-12-10", 1), func(o run.Object) error {
				text := ""
				if o.Loose {
					text = "~"
				}
				if o.Time != nil {
					text += o.Time.UTC().Format(time.RFC3339)
				}
				got = append(got, text)
				if began, loose := a.Began(o.Key); (began == nil) != (o.Time == nil) || began != nil && !began.Equal(*o.Time) || loose != o.Loose {
					t.Errorf("%s began at %v, loose %v; the listing says %v, %v", o.Key, began, loose, o.Time, o.Loose)
				}
				return nil
			})
			if err != nil || !slices.Equal(got, c.want) || found.Unfit != c.unfit {
				t.Errorf("%q, %+v, %v; want %q", got, found, err, c.want)
			}
		})
	}
}
