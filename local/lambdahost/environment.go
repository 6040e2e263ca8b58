package lambdahost

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// initTimeout is how long a process may take to ask for its first invocation.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
const initTimeout = 10 * time.Second

// stopGrace is how long a process may take to end by itself when it is told to.
const stopGrace = 2 * time.Second

var errEntrypoint = errors.New("bootstrap cannot be started")

// environment is one process and the Runtime API that it alone talks to. Its
// holder invokes it once at a time.
type environment struct {
	config  Config
	process *exec.Cmd
	api     *api
	warm    bool
	// ended is closed when the process and its API are gone; exit then tells how.
	ended chan struct{}
	exit  error
}

// startEnvironment starts the function's process; number counts the function's
// environments from 1.
func startEnvironment(c Config, arn string, log *lineLog, number int) (*environment, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the runtime API: %w", err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("read its log: %w", err)
	}
	e := &environment{config: c, api: newAPI(arn), ended: make(chan struct{})}
	e.process = exec.Command(c.Binary, c.Args...)
	e.process.Dir = filepath.Dir(c.Binary)
	e.process.Env = variables(c, listener.Addr().String(), number)
	e.process.Stdout, e.process.Stderr = write, write
	detach(e.process)
	// Nothing is written to it: its end tells that this process is gone.
	if _, err = e.process.StdinPipe(); err == nil {
		err = e.process.Start()
	}
	write.Close()
	if err != nil {
		read.Close()
		_ = listener.Close()
		return nil, fmt.Errorf("%w: %w", errEntrypoint, err)
	}
	go e.watch(listener, read, log)
	return e, nil
}

// watch serves the API and copies the log until the process has ended.
func (e *environment) watch(listener net.Listener, output *os.File, log *lineLog) {
	server := &http.Server{Handler: e.api.handler(), ReadHeaderTimeout: initTimeout}
	var serving sync.WaitGroup
	// Serve only ends by Close, with an error that says so.
	serving.Go(func() { _ = server.Serve(listener) })
	var copying sync.WaitGroup
	copying.Go(func() { copyLines(output, log) })

	e.exit = e.process.Wait()
	_ = server.Close()
	serving.Wait()
	// A grandchild may hold the pipe open: what the process itself wrote is read,
	// nothing is waited for.
	_ = output.SetReadDeadline(time.Now().Add(stopGrace))
	copying.Wait()
	output.Close()
	close(e.ended)
}

func copyLines(from io.Reader, log *lineLog) {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			log.line(line)
		}
		if err != nil {
			return
		}
	}
}

func (e *environment) alive() bool {
	select {
	case <-e.ended:
		return false
	default:
		return true
	}
}

// awaitStart waits until a new process asks for its first invocation. AWS gives
// it initTimeout and then, once more, the function's timeout.
func (e *environment) awaitStart(ctx context.Context, call *invocation) error {
	if e.warm {
		return nil
	}
	limit := time.NewTimer(initTimeout + e.config.Timeout)
	defer limit.Stop()
	select {
	case <-e.api.polled:
		e.warm = true
		return nil
	case <-e.ended:
		if body := e.api.initError(); body != nil {
			return answered(body)
		}
		return exited(call.id, e.howItExited())
	case <-limit.C:
		e.kill()
		return timedOut(call.id, e.config.Timeout)
	case <-ctx.Done():
		e.kill()
		return ctx.Err()
	}
}

// invoke hands the call to the process and waits until that has answered and is
// ready for the next, or has ended.
func (e *environment) invoke(ctx context.Context, call *invocation) ([]byte, error) {
	limit := time.NewTimer(e.config.Timeout)
	defer limit.Stop()
	e.api.begin(call, time.Now().Add(e.config.Timeout))
	var unanswered error
	for ready := false; !ready && unanswered == nil; {
		select {
		case <-e.api.polled:
			ready = call.hasAnswer() // otherwise it only asks over a new connection
		case <-e.ended:
			unanswered = exited(call.id, e.howItExited())
		case <-limit.C:
			e.kill()
			unanswered = timedOut(call.id, e.config.Timeout)
		case <-ctx.Done():
			e.kill()
			unanswered = ctx.Err()
		}
	}
	// Whatever became of the process, an answer counts.
	if call.hasAnswer() {
		return call.response, call.err
	}
	return nil, unanswered
}

func (e *environment) howItExited() string {
	if e.exit == nil {
		return "Runtime exited without providing a reason"
	}
	return "Runtime exited with error: " + e.exit.Error()
}

// stop asks the process to end, then makes it, and waits for that.
func (e *environment) stop() {
	if !e.alive() {
		return
	}
	terminate(e.process.Process)
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-e.ended:
	case <-grace.C:
		e.kill()
	}
}

func (e *environment) kill() {
	kill(e.process.Process)
	<-e.ended
}
