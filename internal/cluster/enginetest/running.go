package enginetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// readyWithin is the time an engine may take to answer. They need 10 to 30 s on
// two idle cores.
const readyWithin = 4 * time.Minute

// closedWithin is the time that a killed engine may take to let go of its port.
const closedWithin = 10 * time.Second

// Running is an engine that a test has started. It ends with the test.
type Running struct {
	engine Engine
	// URL is where it serves HTTP, without a slash at the end.
	URL string

	folder string
	peers  peers
	port   int
	argv   []string
	env    []string
	as     *syscall.Credential
	cmd    *exec.Cmd
	ended  chan struct{}
}

// Start starts an engine with the given lines added to its configuration file
// ("thread_pool.write.queue_size: 1") and returns when it is ready. It waits for
// engines of other tests to end. Under -short, or without a JDK and Maven, the
// test is skipped; without these it fails instead where CI is set and the engine
// is none of those that need a JDK of 21 or newer.
func Start(t testing.TB, e Engine, settings ...string) *Running {
	t.Helper()
	return StartWith(t, e, nil, settings...)
}

// StartWith is Start with files in the engine's configuration folder: their
// content by name.
func StartWith(t testing.TB, e Engine, files map[string]string, settings ...string) *Running {
	t.Helper()
	javaHome := require(t, e)
	lock(t)
	r := prepare(t, e, peers{}, javaHome, files, settings)
	r.Restart(t)
	return r
}

// StartNodes starts a cluster of n nodes, of an engine that is got as a zip, and
// returns when they have found each other. Each speaks for all.
func StartNodes(t testing.TB, e Engine, n int, settings ...string) []*Running {
	t.Helper()
	javaHome := require(t, e)
	lock(t)
	p := peers{}
	for range n {
		port, err := freePort(1, 65535)
		if err != nil {
			t.Fatal(err)
		}
		p.ports = append(p.ports, port)
	}
	nodes := make([]*Running, n)
	for p.which = range nodes {
		nodes[p.which] = prepare(t, e, p, javaHome, nil, settings)
		if err := nodes[p.which].launch(); err != nil {
			t.Fatalf("start %s: %v", e, err)
		}
	}
	for _, r := range nodes {
		r.ready(t, fmt.Sprintf("&wait_for_nodes=%d", n))
	}
	return nodes
}

// peers are the nodes of a cluster by their transport ports, of which one is meant;
// empty where a node is alone.
type peers struct {
	ports []int
	which int
}

// prepare lays an engine out, to be ended with the test.
func prepare(t testing.TB, e Engine, p peers, javaHome string, files map[string]string, settings []string) *Running {
	t.Helper()
	lib, err := fetch(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir: its parent is closed to the user that the engine runs as.
	folder, err := os.MkdirTemp("", "rehydrate-engine-") //nolint:usetesting // as above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	r := &Running{engine: e, folder: folder, peers: p}
	if err := r.lay(lib, javaHome, files, settings); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	return r
}

// Kill ends the engine at once, as a crash would. What it had acknowledged is
// on disk.
func (r *Running) Kill() {
	if r.cmd == nil {
		return
	}
	// The group: the distribution's launcher starts the node as its child.
	_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL)
	<-r.ended
	r.cmd = nil
	// The node is the child of a child, and the kernel ends it a moment later.
	address := strings.TrimPrefix(r.URL, "http://")
	for deadline := time.Now().Add(closedWithin); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

// Restart starts the engine again, after Kill, on the same data and port, and
// returns when it is ready.
func (r *Running) Restart(t testing.TB) {
	t.Helper()
	if err := r.launch(); err != nil {
		t.Fatalf("start %s: %v", r.engine, err)
	}
	r.ready(t, "")
}

// ready returns when the engine is, in a cluster that is what wanted says: more of
// the query of its health.
func (r *Running) ready(t testing.TB, wanted string) {
	t.Helper()
	began := time.Now()
	if err := r.wait(t.Context(), wanted); err != nil {
		t.Fatalf("%s: %v\n%s", r.engine, err, r.tail())
	}
	t.Logf("%s answers at %s after %.1f s", r.engine, r.URL, time.Since(began).Seconds())
}

// watchdog runs the engine until it ends or its own standard input does, which
// happens when the test process is gone, however it went: no engine outlives
// the test that started it.
const watchdog = `("$@" </dev/null; kill -KILL 0) & cat >/dev/null; kill -KILL 0`

func (r *Running) launch() error {
	log, err := os.OpenFile(r.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("sh", append([]string{"-c", watchdog, "sh"}, r.argv...)...)
	cmd.Dir = r.folder
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.folder, "TMPDIR=" + os.TempDir()}, r.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: r.as}
	if _, err := cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	r.cmd, r.ended = cmd, make(chan struct{})
	go func() {
		defer close(r.ended)
		_ = cmd.Wait() // killed, always
	}()
	return nil
}

// wait returns when every primary shard is there.
func (r *Running) wait(ctx context.Context, wanted string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	poll := time.NewTicker(200 * time.Millisecond)
	defer poll.Stop()
	for {
		if r.healthy(ctx, wanted) {
			return nil
		}
		select {
		case <-r.ended:
			return fmt.Errorf("it ended by itself")
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", ctx.Err())
		case <-poll.C:
		}
	}
}

func (r *Running) healthy(ctx context.Context, wanted string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/_cluster/health?wait_for_status=yellow&timeout=5s"+wanted, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized {
		return true // with security on, and as good
	}
	// An engine that somebody else has started at the same moment may have the port.
	var health struct {
		Name string `json:"cluster_name"`
	}
	return resp.StatusCode == http.StatusOK && json.NewDecoder(resp.Body).Decode(&health) == nil && health.Name == r.cluster()
}

func (r *Running) logFile() string { return filepath.Join(r.folder, "output.log") }

// tail is the end of what the engine printed.
func (r *Running) tail() string {
	b, err := os.ReadFile(r.logFile())
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(b, []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-40):], []byte("\n")))
}
