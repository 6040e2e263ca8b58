package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/sample"
)

// README's lines between sh fences are executed as they stand there, by the
// program as it is installed, in an empty folder, on the sample archive.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("README's lines take half a minute")
	}
	for _, address := range []string{serveAddress} { // what README's lines take
		l, err := net.Listen("tcp", address)
		if err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("README's lines need %s: %v", address, err)
		}
		l.Close()
	}
	r := newReader(t)
	r.line("rehydrate sample")
	r.line("rehydrate run --archive out/archive --from 2018-12-10 --to 2018-12-12")
	r.line("rehydrate run --archive out/archive --from 2018-12-10 --to 2018-12-10 --out other")

	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(readme), -1) {
		for line := range strings.Lines(block[1]) {
			lines++
			line = strings.TrimSpace(line)
			if strings.Contains(line, "--search http://"+serveAddress) {
				stop := r.start("rehydrate serve --out other") // a cluster
				r.line(line)
				stop()
				continue
			}
			r.line(line)
		}
	}
	if lines < 7 {
		t.Errorf("README has only %d lines between sh fences", lines)
	}
}

// reader types what it reads, in a folder and an environment of its own.
type reader struct {
	t   *testing.T
	dir string
	env []string
}

func newReader(t *testing.T) reader {
	t.Helper()
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	archive := t.TempDir()
	if _, err := writeSample(t.Context(), sample.Default(), archive); err != nil {
		t.Fatal(err)
	}
	buckets, err := bucket.New(map[string]bucket.Folder{"my-log-archive": {Dir: archive, ReadOnly: true}})
	if err != nil {
		t.Fatal(err)
	}
	s3 := httptest.NewServer(buckets)
	t.Cleanup(s3.Close)
	return reader{t: t, dir: t.TempDir(), env: append(os.Environ(),
		"PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "AWS_ENDPOINT_URL_S3="+s3.URL, "AWS_REGION=ap-northeast-1",
		"AWS_ACCESS_KEY_ID=me", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true")}
}

func (r reader) command(line string) *exec.Cmd {
	c := exec.CommandContext(r.t.Context(), "bash", "-c", "exec "+line)
	c.Dir, c.Env, c.WaitDelay = r.dir, r.env, 10*time.Second
	return c
}

// line executes a line to its end; one that serves is interrupted when it says so.
func (r reader) line(line string) {
	r.t.Helper()
	if strings.Contains(line, "serve") {
		r.start(line)()
		return
	}
	out, err := r.command(line).CombinedOutput()
	var exit *exec.ExitError
	// The sample has damaged objects, of which run, report and grep tell.
	damaged := map[string]int{"run": exitIncomplete, "report": exitIncomplete, "grep": exitUnread}
	if errors.As(err, &exit) && exit.ExitCode() == damaged[strings.Fields(line)[1]] {
		err = nil
	}
	if err != nil || len(out) == 0 {
		r.t.Errorf("%s: %v\n%s", line, err, out)
	}
}

// start executes a line that serves, until stop is called.
func (r reader) start(line string) (stop func()) {
	r.t.Helper()
	c := r.command(line)
	stdout, err := c.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	out := bufio.NewReader(stdout)
	for said := ""; !strings.Contains(said, "http://"+serveAddress+"/"); {
		part, err := out.ReadString('\n')
		if said += part; err != nil {
			r.t.Fatalf("%s ended: %v\n%s", line, c.Wait(), said)
		}
	}
	return func() {
		r.t.Helper()
		if err := c.Process.Signal(os.Interrupt); err != nil {
			r.t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, out)
		var exit *exec.ExitError
		if err := c.Wait(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != exitIncomplete) {
			r.t.Errorf("%s: %v", line, err)
		}
	}
}
