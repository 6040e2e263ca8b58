package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sinkCommand has the test's binary be a sink.
const sinkCommand = "sink"

// serveSink answers bulk requests as an engine does that has created each document,
// and keeps none, until its input ends. It prints its URL.
func serveSink() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Println("http://" + l.Addr().String()); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // no timeouts: a test's own
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(created(body))
	}))
}

// sink starts one in a process of its own, so that neither the Lambda's processor
// time nor the host's has any of it.
func sink(b *testing.B) string {
	b.Helper()
	return serving(b, sinkCommand)
}

// serving starts this program with arguments that make it serve, until the benchmark
// ends, and gives the URL that it prints.
func serving(b *testing.B, args ...string) string {
	b.Helper()
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), program, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // its context has ended
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if at := strings.Index(lines.Text(), "http://"); at >= 0 {
			return strings.TrimSuffix(lines.Text()[at:], "/")
		}
	}
	b.Fatalf("%v: it prints no URL", args)
	return ""
}

// created is the answer to a bulk request of which everything was created, with what
// of it is asked for: the filter_path of internal/bulk.
func created(body []byte) []byte {
	answer := []byte(`{"errors":false,"items":[`)
	for n := 0; len(body) > 0; n++ {
		if n > 0 {
			answer = append(answer, ',')
		}
		action, rest, _ := bytes.Cut(body, []byte("\n"))
		_, body, _ = bytes.Cut(rest, []byte("\n"))
		_, id, _ := bytes.Cut(action, []byte(`"_id":"`))
		id, _, _ = bytes.Cut(id, []byte(`"`))
		answer = append(append(append(answer, `{"create":{"_id":"`...), id...), `","status":201}}`...)
	}
	return append(answer, "]}"...)
}

// BenchmarkIndex is what the index Lambda alone spends, and the host that serves it
// the archive: the real binary, on one processor, before a sink in another process. The shares
// are those of the same Lambda in the program that this test is.
func BenchmarkIndex(b *testing.B) {
	b.Run("large", func(b *testing.B) {
		l := newLoad(b, 8)
		benchmarkIndex(b, l, l.events, "cpu-s/Mevents", 1e6)
	})
	b.Run("small", func(b *testing.B) {
		const objects = 2000
		l := newSmallLoad(b, objects)
		benchmarkIndex(b, l, objects, "cpu-ms/object", 1e3)
	})
}

// benchmarkIndex reports processor time, in parts of a second, for each of many.
func benchmarkIndex(b *testing.B, l *load, many int64, unit string, parts float64) {
	b.Helper()
	url := sink(b)
	status, stdout, stderr := l.run(b.Context(), "plan", "--from", benchFrom, "--to", benchTo, "--plan")
	if status != exitComplete {
		b.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
	}
	t := l.targetOf(b, "plan", url)
	t.atOnce = 1
	if pin, err := exec.LookPath("taskset"); err == nil {
		t.config.Bootstrap, t.config.Args = pin, []string{"-c", "0", t.config.Bootstrap}
	}
	var all spent
	for b.Loop() {
		all.add(t.lambdas(b))
	}
	if all.documents != l.events*int64(b.N) {
		b.Fatalf("%d documents in %d rounds, want %d in each", all.documents, b.N, l.events)
	}
	b.ReportMetric(all.ours.Seconds()/float64(many*int64(b.N))*parts, unit)
	b.ReportMetric(all.host.Seconds()/float64(many*int64(b.N))*parts, "host-"+strings.TrimPrefix(unit, "cpu-"))
	for name, share := range t.shares(b) {
		b.ReportMetric(share, name+"-%")
	}
}

// BenchmarkRunner is what this program spends on each small object of a run: as state
// machine, as host of the Lambdas and as S3 server. A store in another process takes
// the documents. A run of few objects is taken off.
func BenchmarkRunner(b *testing.B) {
	const few, many = 400, 4400
	small, large := newSmallLoad(b, few), newSmallLoad(b, many)
	store := b.TempDir()
	small.out = store
	small.whole(b, "first", "") // makes the store
	url := serving(b, "serve", "--out", store, "--listen", "127.0.0.1:0")
	small.out = b.TempDir()
	var spent time.Duration
	for n := 0; b.Loop(); n++ {
		spent += large.whole(b, fmt.Sprintf("large-%d", n), url) - small.whole(b, fmt.Sprintf("small-%d", n), url)
	}
	b.ReportMetric(spent.Seconds()/float64((many-few)*b.N)*1e3, "cpu-ms/object")
}

// whole runs over the load into the store at url, or into its own, and gives the
// processor time that this process took.
func (l *load) whole(b *testing.B, name, url string) time.Duration {
	b.Helper()
	args := []string{"--from", benchFrom, "--to", benchTo}
	if url != "" {
		args = append(args, "--search", url)
	}
	return measure(b, func() (int64, time.Duration) {
		status, stdout, stderr := l.run(b.Context(), name, args...)
		if status != exitComplete {
			b.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
		}
		return l.events, 0
	}).host
}

// newSmallLoad is an archive of objects of some 41 events.
func newSmallLoad(b *testing.B, objects int) *load {
	b.Helper()
	l := newLoad(b, 0)
	for i := range objects {
		l.addObject(b, i, 12<<10)
	}
	return l
}

// shares are the parts of the Lambda's processor time, in percent.
func (t *target) shares(b *testing.B) map[string]float64 {
	b.Helper()
	file := filepath.Join(b.TempDir(), "profile")
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	t.config.Bootstrap, t.config.Args = "/usr/bin/env", []string{profileVariable + "=" + file, program, lambdaCommand}
	t.lambdas(b)
	top, err := exec.CommandContext(b.Context(), "go", "tool", "pprof", "-top", "-cum", "-nodecount=100000", "-nodefraction=0", program, file).CombinedOutput()
	if err != nil {
		b.Fatalf("go tool pprof: %v\n%s", err, top)
	}
	shares := map[string]float64{}
	for name, function := range map[string]string{
		"inflate": `internal/inflate\.\(\*Reader\)\.Read`,
		"decode":  `decode\.\(\*Decoder\)\.Next`,
		"add":     `bulk\.\(\*Batch\)\.Add`,
		"send":    `bulk\.\(\*Sender\)\.Send`,
		"write":   `net/http\.\(\*persistConn\)\.writeLoop`,
		"s3":      `archive\.\(\*Body\)\.Read`,
		"gc":      `runtime\.gcBgMarkWorker`,
	} {
		found := regexp.MustCompile(`(?m) ([0-9.]+)%  \S*` + function + `(?: \(inline\))?$`).FindStringSubmatch(string(top))
		if found == nil {
			continue
		}
		if shares[name], err = strconv.ParseFloat(found[1], 64); err != nil {
			b.Fatal(err)
		}
	}
	return shares
}
