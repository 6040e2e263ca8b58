package archive

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestPrefixCoversAWindow shows where is looked for the objects of a window.
func TestPrefixCoversAWindow(t *testing.T) {
	for _, c := range []struct {
		name, expression, zone string
		from, to               string
		want                   string // prefixes, or how a walk is told
	}{
		{
			"slashes in one pattern", "_/cwl/ecs/ecs-task/!{timestamp:yyyy/MM/dd/HH}/", "UTC",
			"2018-12-10T22:30:00Z", "2018-12-11T01:00:00Z",
			"_/cwl/ecs/ecs-task/2018/12/10/22/ _/cwl/ecs/ecs-task/2018/12/10/23/ _/cwl/ecs/ecs-task/2018/12/11/00/",
		},
		{
			"several expressions", "logs/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/", "UTC",
			"2018-12-31T23:00:00Z", "2019-01-01T00:00:01Z",
			"logs/year=2018/month=12/day=31/hour=23/ logs/year=2019/month=01/day=01/hour=00/",
		},
		{"no time of its own", "logs/", "UTC", "2018-12-10T03:00:00Z", "2018-12-10T04:00:00Z", "logs/2018/12/10/03/"},
		{"nothing at all", "", "UTC", "2018-12-10T03:00:00Z", "2018-12-10T04:00:00Z", "2018/12/10/03/"},
		{"no slash before the default", "logs-", "UTC", "2018-12-10T03:00:00Z", "2018-12-10T04:00:00Z", "logs-2018/12/10/03/"},
		{"an instant", "!{timestamp:HH}/", "UTC", "2018-12-10T03:59:59Z", "2018-12-10T04:00:00Z", "03/"},
		{"nothing", "!{timestamp:HH}/", "UTC", "2018-12-10T03:00:00Z", "2018-12-10T03:00:00Z", ""},
		{"custom zone", "!{timestamp:dd-HH}/", "Asia/Tokyo", "2018-12-10T14:00:00Z", "2018-12-10T16:00:00Z", "10-23/ 11-00/"},
		{"a zone off the hour", "!{timestamp:dd-HH}/", "Asia/Kathmandu", "2018-12-10T14:00:00Z", "2018-12-10T15:00:00Z", "10-19/ 10-20/"},
		{
			"an hour that is missing", "!{timestamp:dd'T'HH}/", "Europe/Berlin",
			"2019-03-31T00:00:00Z", "2019-03-31T02:00:00Z", "31T01/ 31T03/",
		},
		{
			"an hour that comes twice", "!{timestamp:dd'T'HH}/", "Europe/Berlin",
			"2019-10-26T23:30:00Z", "2019-10-27T02:00:00Z", "27T01/ 27T02/",
		},
		{"days", "!{timestamp:yyyy/MM/dd}/", "UTC", "2018-12-10T22:00:00Z", "2018-12-12T00:00:00Z", "2018/12/10/ 2018/12/11/"},
		{"months", "!{timestamp:yyyyMM}", "UTC", "2018-12-10T22:00:00Z", "2019-01-01T00:01:00Z", "201812 201901"},
		{"minutes are looked for together", "!{timestamp:yyyy/MM/dd/HH/mm}/", "UTC", "2018-12-10T03:10:00Z", "2018-12-10T03:20:00Z", "2018/12/10/03/"},
		{"minutes in a name", "!{timestamp:HH}-!{timestamp:mm}-", "UTC", "2018-12-10T03:10:00Z", "2018-12-10T03:20:00Z", "03-"},
		{
			"a partition after the time", "!{timestamp:yyyy/MM/dd/HH}/app=!{partitionKeyFromQuery:app}/", "UTC",
			"2018-12-10T03:10:00Z", "2018-12-10T03:20:00Z", "2018/12/10/03/app=",
		},
		{
			"a partition before the time", "app=!{partitionKeyFromLambda:app}/!{timestamp:yyyy/MM/dd/HH}/x-!{firehose:random-string}/", "UTC",
			"2018-12-10T03:10:00Z", "2018-12-10T03:20:00Z", "app=*/yyyy/MM/dd/HH/x-",
		},
		{
			"in between", "!{timestamp:yyyy}/!{firehose:error-output-type}/!{timestamp:MM/dd/HH}/", "UTC",
			"2018-12-31T23:00:00Z", "2019-01-01T01:00:00Z", "2018/*/MM/dd/HH/ 2019/*/MM/dd/HH/",
		},
		{
			"partition and time in one name", "a-!{partitionKeyFromQuery:q}-!{timestamp:yyyyMMddHH}-", "UTC",
			"2018-12-31T23:00:00Z", "2019-01-01T01:00:00Z", "a-",
		},
		{"words", "!{timestamp:EEE, d MMM y, h a}/", "UTC", "2018-12-09T12:00:00Z", "2018-12-09T14:00:00Z", "Sun, 9 Dec 2018, 12 PM/ Sun, 9 Dec 2018, 1 PM/"},
		{"long words", "!{timestamp:EEEE MMMM uu D k K}/", "UTC", "2019-01-06T00:00:00Z", "2019-01-06T01:00:00Z", "Sunday January 19 6 24 0/"},
		{"padded day of year", "!{timestamp:yyyy-DDD-HH}/", "UTC", "2019-02-06T00:00:00Z", "2019-02-06T01:00:00Z", "2019-037-00/"},
		{"quotes", "!{timestamp:'it''s' yyyy ''HH''}/", "UTC", "2019-01-06T00:00:00Z", "2019-01-06T01:00:00Z", "it's 2019 '00'/"},
		{"all that is below", "exports/**", "UTC", "2018-12-10T03:00:00Z", "2019-12-10T04:00:00Z", "exports/"},
		{"all that begins so", "a/!{firehose:random-string}/b**", "UTC", "2018-12-10T03:00:00Z", "2019-12-10T04:00:00Z", "a/"},
		{"the whole bucket", "**", "UTC", "2018-12-10T03:00:00Z", "2019-12-10T04:00:00Z", ""},
		{"all that is below a time", "exports/!{timestamp:yyyy-MM-dd}/**", "UTC", "2018-12-10T03:00:00Z", "2018-12-10T04:00:00Z", "exports/2018-12-10/"},
		{
			"Fluent Bit's default", "fluent-bit-logs/!{partitionKeyFromQuery:tag}/!{timestamp:yyyy/MM/dd/HH/mm/ss}", "UTC",
			"2018-12-10T03:10:00Z", "2018-12-10T03:20:00Z", "fluent-bit-logs/*/yyyy/MM/dd/HH/",
		},
		{
			"Fluent Bit without a tag", "app/!{timestamp:yyyy/MM/dd/HH_mm_ss}", "UTC",
			"2018-12-10T03:10:00Z", "2018-12-10T03:20:00Z", "app/2018/12/10/03_",
		},
		{"Fluentd's default", "logs/!{timestamp:yyyyMMdd}_", "UTC", "2018-12-10T03:10:00Z", "2018-12-10T03:20:00Z", "logs/20181210_"},
		{"fixed", "all/!{timestamp:'x'}/", "UTC", "2019-01-06T00:00:00Z", "2019-02-06T01:00:00Z", "all/x/"},
		{"a week-based year", "!{timestamp:YYYY/MM/dd/HH}/", "UTC", "2018-12-10T03:00:00Z", "2018-12-10T04:00:00Z", "2018/12/10/03/"},
		{"a week-based year at its end", "!{timestamp:YYYY/MM/dd/HH}/", "UTC", "2018-12-31T03:00:00Z", "2018-12-31T04:00:00Z", "2018/12/31/03/ 2019/12/31/03/"},
		{"a week-based year at its beginning", "!{timestamp:YYYY/MM/dd/HH}/", "UTC", "2021-01-01T03:00:00Z", "2021-01-01T04:00:00Z", "2021/01/01/03/ 2020/01/01/03/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := parsePrefix(c.expression, zone(t, c.zone))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range p.branches(Window{instant(t, c.from), instant(t, c.to)}) {
				got = append(got, b.String())
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}

// TestPrefixMissesNoInstant: whatever the zone and its clock changes, the prefix
// of each instant is among those of its hour, and none comes twice.
func TestPrefixMissesNoInstant(t *testing.T) {
	for _, name := range []string{"UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Chatham", "Africa/Casablanca", "America/Sao_Paulo"} {
		for _, expression := range []string{"!{timestamp:yyyy/MM/dd/HH}/", "!{timestamp:yyyy/MM/dd}/"} {
			p, err := parsePrefix(expression, zone(t, name))
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range []Window{ // around the changes of clocks, and of the year
				{instant(t, "2018-02-10T00:10:00Z"), instant(t, "2018-04-10T00:00:00Z")},
				{instant(t, "2018-10-05T00:10:00Z"), instant(t, "2018-11-10T00:00:00Z")},
				{instant(t, "2018-12-30T00:10:00Z"), instant(t, "2019-01-02T00:00:00Z")},
			} {
				checkWindow(t, p, w)
			}
		}
	}
}

func checkWindow(t *testing.T, p expression, w Window) {
	t.Helper()
	var prefixes []string
	known := map[string]bool{}
	for _, b := range p.branches(w) {
		if known[b.prefix] {
			t.Errorf("%s: %s comes twice", p.zone, b.prefix)
		}
		known[b.prefix] = true
		prefixes = append(prefixes, b.prefix)
	}
	if !slices.IsSorted(prefixes) {
		t.Errorf("%s: not in order of time", p.zone)
	}
	for at := w.From; at.Before(w.To); at = at.Add(5 * time.Minute) {
		if want := evaluate(p.segments, at.In(p.zone))[0]; !known[want] {
			t.Fatalf("%s: %s of %v is missing", p.zone, want, at)
		}
	}
}

func TestPrefixRefuses(t *testing.T) {
	for expression, says := range map[string]string{
		"!{timestamp:yyyy/MM/dd/HH":     "not closed",
		"!{timestamp:yyyy/ww}/":         "the letter 'w' of a time pattern is not supported",
		"!{timestamp:yyyy[/MM]}/":       "quote it",
		"!{timestamp:'yyyy}/":           "a quotation is not closed",
		"!{timestamp:ddd}/":             "at most 2",
		"!{time:yyyy}/":                 "!{time:yyyy} is not known",
		"!{firehose:stream}/":           "is not known",
		"!{partitionKeyFromQuery:}/":    "is not known",
		"!{partitionKeyFromQuery}/":     "is not known",
		"!{timestamp:yyyy-MM-dd'T'HHX}": "the letter 'X'",
		"exports/*":                     "** can only stand at its end",
		"exports/***":                   "** can only stand at its end",
		"**/!{timestamp:yyyy}/":         "** can only stand at its end",
	} {
		if _, err := parsePrefix(expression, time.UTC); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), expression) {
			t.Errorf("%s: %v, want a sentence that names it and says %q", expression, err, says)
		}
	}
}

func TestKeyTime(t *testing.T) {
	for key, want := range map[string]string{
		"_/cwl/ecs/2018/12/10/03/ecs-task-1-2018-12-10-03-57-44-8a3c1d52-5df0-4000-8000-000000000000":  "2018-12-10T03:57:44Z",
		"ecs-task-1-2018-12-10-03-57-44-8a3c1d52-5df0-4000-8000-000000000000.gz":                       "2018-12-10T03:57:44Z",
		"a/logs-2017-01-01-00-00-00-x-1-2018-12-10-03-57-44-8a3c1d52-5df0-4000-8000-000000000000.json": "2018-12-10T03:57:44Z",
		"a-2018-12-10-03-57-44-8a3c1d52/name":                                                          "",
		"a/ecs-task-1-2018-13-10-03-57-44-8a3c1d52-5df0-4000":                                          "",
		"a/ecs-task-1-2018-12-10-03-57-44-":                                                            "",
		"a/ecs-task-1-2018-12-10-03-57-44":                                                             "",
		"a/000000.gz":                                                                                  "",
		"":                                                                                             "",
	} {
		got := ""
		if at := KeyTime(key, time.UTC); at != nil {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if at := KeyTime("s-1-2018-12-10-03-57-44-x", zone(t, "Asia/Tokyo")); !at.Equal(instant(t, "2018-12-09T18:57:44Z")) {
		t.Errorf("in Tokyo: %v", at)
	}
}
