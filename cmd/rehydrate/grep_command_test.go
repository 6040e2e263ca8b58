package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/sample"
)

// The events found are those of the truth whose messages match, each once and
// with its own time, and the last line adds up.
func TestGrepFindsTheTruth(t *testing.T) {
	folder := t.TempDir()
	o := sample.Default()
	o.Events = 5000
	written, err := writeSample(t.Context(), o, folder)
	if err != nil {
		t.Fatal(err)
	}
	truth := written.Expect(o.Start, o.Start.AddDate(0, 0, o.Days))
	for _, c := range []struct {
		args    string
		matches func(sample.Event) bool
	}{
		{"timeout", func(e sample.Event) bool { return strings.Contains(e.Message, "timeout") }},
		{"-i ERROR", func(e sample.Event) bool { return regexp.MustCompile("(?i)error").MatchString(e.Message) }},
		{"-v level", func(e sample.Event) bool { return !strings.Contains(e.Message, "level") }},
		{`-F -e "status":500 -e 寿司`, func(e sample.Event) bool {
			return strings.Contains(e.Message, `"status":500`) || strings.Contains(e.Message, "寿司")
		}},
		{"--group /ecs* timeout", func(e sample.Event) bool {
			return strings.HasPrefix(e.Group, "/ecs") && strings.Contains(e.Message, "timeout")
		}},
	} {
		args := append([]string{"grep", "--archive", folder, "--from", "2018-12-10", "--to", "2018-12-12", "--json"}, strings.Fields(c.args)...)
		status, stdout, stderr := rehydrate(t.Context(), args...)
		if status != exitUnread {
			t.Errorf("%s: exit status %d of a damaged archive", c.args, status)
		}
		want := maps.Clone(truth)
		maps.DeleteFunc(want, func(_ string, e sample.Event) bool { return !c.matches(e) })
		found := 0
		for line := range strings.Lines(stdout) {
			var e struct{ ID, Time, Group, Stream, Message string }
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			found++
			w, ok := want[e.ID]
			at, err := time.Parse(time.RFC3339, e.Time)
			if !ok || err != nil || !at.Equal(w.Time) || e.Message != w.Message || e.Group != w.Group || e.Stream != w.Stream {
				t.Fatalf("%s: found %s\nwant %+v", c.args, line, w)
			}
			delete(want, e.ID)
		}
		if len(want) > 0 || found == 0 {
			t.Errorf("%s: %d events were not found, such as %v", c.args, len(want), slices.Collect(maps.Values(want))[:min(1, len(want))])
		}
		addsUp(t, stderr)
	}
}

// addsUp checks the last line.
func addsUp(t *testing.T, stderr string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	line := lines[len(lines)-1]
	_, sum, _ := strings.Cut(line, "), ")
	sum, _, _ = strings.Cut(sum, ";")
	sum = regexp.MustCompile(`\([^)]*\)`).ReplaceAllString(sum, "")
	var numbers []int
	for _, n := range regexp.MustCompile(`\d+`).FindAllString(sum, -1) {
		i, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, i)
	}
	if len(numbers) < 5 {
		t.Fatalf("the last line is %q", line)
	}
	total := 0
	for _, n := range numbers[1:] {
		total += n
	}
	if total != numbers[0] || total == 0 {
		t.Errorf("%q does not add up: %v", line, numbers)
	}
}

// A bucket is searched as the folder is that it is made of.
func TestGrepABucket(t *testing.T) {
	folder := t.TempDir()
	if _, err := writeSample(t.Context(), sample.Default(), folder); err != nil {
		t.Fatal(err)
	}
	buckets, err := bucket.New(map[string]bucket.Folder{"logs": {Dir: folder, ReadOnly: true}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(buckets)
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	args := strings.Fields("grep --from 2018-12-10 --to 2018-12-12 -C1 timeout --archive")
	status, stdout, stderr := rehydrate(t.Context(), append(args, folder)...)
	status3, stdout3, stderr3 := rehydrate(t.Context(), append(args, "s3://logs")...)
	if status3 != status || stdout3 != stdout || stderr3 != stderr || stdout == "" {
		t.Errorf("exit status %d and %d\n%s\n%s", status, status3, stderr, stderr3)
	}
}

// Scripts rely on grep's exit statuses and output.
func TestGrepHabits(t *testing.T) {
	folder := t.TempDir()
	put := func(minute int, group, events string) {
		record := `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"` + group + `","logStream":"s","subscriptionFilters":[],"logEvents":[` + events + `]}`
		file := filepath.Join(folder, fmt.Sprintf("_/cwl/ecs/ecs-task/2018/12/10/03/ecs-task-1-2018-12-10-03-%d-00-0f5c", minute))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(record), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(57, "/odd", `{"id":"1","timestamp":1544414264183,"message":"before\n"},{"id":"2","timestamp":1544414264184,"message":"needle \u001b[31m needles\r"}`)
	put(58, "/odd", `{"id":"3","timestamp":1544414264185,"message":"after"},{"id":"2","timestamp":1544414264184,"message":"needle \u001b[31m needles\r"}`)
	for i := range 5 {
		put(20+i, "/web", fmt.Sprintf(`{"id":"w%d","timestamp":1544414264%03d,"message":"i/o timeout"}`, i, i))
	}
	for _, c := range []struct {
		args   []string
		status int
		stdout string
	}{
		{[]string{"-c", "timeout"}, 0, "5\n"},
		{[]string{"-c", "-m", "3", "timeout"}, 0, "3\n"},
		{[]string{"-q", "timeout"}, 0, ""},
		{[]string{"-q", "no such thing"}, 1, ""},
		{[]string{"no such thing"}, 1, ""},
		{[]string{"-c", "no such thing"}, 1, "0\n"},
		{[]string{"needle"}, 0, "2018-12-10T12:57:44.184+09:00 needle \x1b[31m needles\r\n"},
		{[]string{"-o", "needles?"}, 0, "2018-12-10T12:57:44.184+09:00 needle\n2018-12-10T12:57:44.184+09:00 needles\n"},
		{[]string{"-w", "-o", "--zone", "UTC", "needles?"}, 0, "2018-12-10T03:57:44.184Z needle\n2018-12-10T03:57:44.184Z needles\n"},
		{[]string{"-B1", "--fields", "logGroup,logStream", "needle"}, 0, "2018-12-10T12:57:44.183+09:00 /odd s before\n2018-12-10T12:57:44.184+09:00 /odd s needle \x1b[31m needles\r\n"},
		{[]string{"-A", "1", "needle"}, 0, "2018-12-10T12:57:44.184+09:00 needle \x1b[31m needles\r\n2018-12-10T12:57:44.185+09:00 after\n"},
		{[]string{"-C1", "--stream", "s", "needle", "--json"}, 0, `{"id":"1","time":"2018-12-10T03:57:44.183Z","group":"/odd","stream":"s","message":"before\n"}
{"id":"2","time":"2018-12-10T03:57:44.184Z","group":"/odd","stream":"s","message":"needle \u001b[31m needles\r"}
{"id":"3","time":"2018-12-10T03:57:44.185Z","group":"/odd","stream":"s","message":"after"}
`},
		{[]string{"--color=always", "needles"}, 0, "\x1b[32m2018-12-10T12:57:44.184+09:00\x1b[0m needle \x1b[31m \x1b[1;31mneedles\x1b[0m\r\n"},
	} {
		args := append([]string{"grep", "--archive", folder, "--from", "2018-12-10", "--to", "2018-12-12"}, c.args...)
		status, stdout, stderr := rehydrate(t.Context(), args...)
		if status != c.status || stdout != c.stdout {
			t.Errorf("%q: exit status %d, %q\nwant %d, %q\n%s", c.args, status, stdout, c.status, c.stdout, stderr)
		}
		if slices.Contains(c.args, "-q") != (stderr == "") {
			t.Errorf("%q says %q", c.args, stderr)
		}
	}
}

// A command line that cannot be used gets a sentence.
func TestGrepRefuses(t *testing.T) {
	folder := t.TempDir()
	for args, want := range map[string]string{
		"x":                              "--archive is missing",
		"--archive " + folder:            "the PATTERN is missing",
		"--archive /no/such x":           "there is no folder",
		"--archive s3://a/b x":           "what follows in --prefix",
		"--archive %s x":                 "from: missing",
		"--archive %s x y":               `"y" follows the PATTERN`,
		"--archive %s -e x y":            `"y": beside -e`,
		"--archive %s -A -1 x":           "numbers from 0 on",
		"--archive %s --json -o x":       "--json prints whole events",
		"--archive %s --color=red x":     "give auto, always or never",
		"--archive %s --fields region x": `"region" is no field`,
		"--archive %s --from 2018-12-10 --to 2018-12-10 [":                   "the pattern \"[\" cannot be used",
		"--archive %s --from 2018-12-10 --to 2018-12-10 --group [ x":         `"[" is no glob`,
		"--archive %s --from 2018-12-10 --to 2018-12-10 --margin-before x y": "marginBefore",
	} {
		args = strings.ReplaceAll(args, "%s", folder)
		status, stdout, stderr := rehydrate(t.Context(), append([]string{"grep"}, strings.Fields(args)...)...)
		if status != exitUnread || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit status %d, %q, %q; want %q", args, status, stdout, stderr, want)
		}
	}
}
