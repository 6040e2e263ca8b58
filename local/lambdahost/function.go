// Package lambdahost runs Lambda functions on this computer as AWS runs them:
// it serves the Lambda Runtime API to the real bootstrap binaries, one process
// for each concurrent environment. It knows nothing of what they do.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package lambdahost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config describes a function.
type Config struct {
	// Name of the function, in its environment, its ARN and its log.
	Name string
	// Binary is the path of its bootstrap, built for this computer, and Args are
	// what it is started with; AWS gives none. Its standard input ends when this
	// process does, however that ends.
	Binary string
	Args   []string
	// Handler is the function's handler setting; by default the binary's name.
	Handler string
	// Env are the function's own variables. Nothing is inherited from this
	// process; one given here wins over one that the host sets.
	Env map[string]string
	// Region and Credentials are what the SDK finds in the environment. Empty
	// Credentials set nothing.
	Region      string
	Credentials Credentials
	// Timeout of an invocation, and Memory in MB. Memory is only told to the
	// function, not enforced.
	Timeout time.Duration
	Memory  int
	// Concurrency is how many environments there may be at once. A further
	// invocation waits for one, where AWS would refuse it.
	Concurrency int
	// Log receives what the processes print, each line behind the function's
	// name, in one Write a line. Given to several functions it must bear
	// concurrent use, as an *os.File does. Nil discards.
	Log io.Writer
}

// Credentials are those of the function's role.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
}

// account that the functions seem to belong to.
const account = "000000000000"

// Function is a function that can be invoked. It is safe for concurrent use.
type Function struct {
	config Config
	log    *lineLog
	// slots holds one token for each environment that may be in use.
	slots chan struct{}

	mu           sync.Mutex
	environments []*environment
	idle         []*environment
	started      int
	closed       bool
}

// New checks the configuration and that the binary can be run. It starts no
// process: the first invocation does.
func New(c Config) (*Function, error) {
	var faults []error
	if c.Name == "" {
		faults = append(faults, errors.New("its Name is missing"))
	}
	if c.Timeout <= 0 {
		faults = append(faults, fmt.Errorf("its Timeout is %v; give one above zero", c.Timeout))
	}
	if c.Memory <= 0 {
		faults = append(faults, fmt.Errorf("its Memory is %d; give the megabytes", c.Memory))
	}
	if c.Concurrency <= 0 {
		faults = append(faults, fmt.Errorf("its Concurrency is %d; give at least 1", c.Concurrency))
	}
	binary, err := filepath.Abs(c.Binary)
	if err != nil {
		faults = append(faults, err)
	} else if info, err := os.Stat(binary); err != nil {
		faults = append(faults, err)
	} else if info.IsDir() {
		faults = append(faults, fmt.Errorf("%s is a folder, not a bootstrap", binary))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("function %q: %w", c.Name, err)
	}
	c.Binary = binary
	if c.Handler == "" {
		c.Handler = filepath.Base(binary)
	}
	if c.Log == nil {
		c.Log = io.Discard
	}
	return &Function{
		config: c,
		log:    &lineLog{out: c.Log, prefix: "[" + c.Name + "] "},
		slots:  make(chan struct{}, c.Concurrency),
	}, nil
}

// ARN of the function.
func (f *Function) ARN() string {
	return "arn:aws:lambda:" + f.config.Region + ":" + account + ":function:" + f.config.Name
}

// Invoke runs the function on payload, which has to be JSON, and returns its
// answer. The error is an *InvokeError for whatever AWS would report to the
// caller; when ctx ends, it is ctx's own and the process is killed; otherwise it
// tells why this computer could not run the function.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if len(payload) > maxRequest {
		return nil, requestTooLarge(len(payload))
	}
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	call := newInvocation(payload)
	e, err := f.take(call)
	if err != nil {
		return nil, err
	}
	defer f.giveBack(e)
	if err := e.awaitStart(ctx, call); err != nil {
		return nil, err
	}
	return e.invoke(ctx, call)
}

// Close ends all processes, those at work too, and waits for them. Invocations
// under way fail.
func (f *Function) Close() {
	f.mu.Lock()
	f.closed = true
	ending := slices.Clone(f.environments)
	f.mu.Unlock()

	var all sync.WaitGroup
	for _, e := range ending {
		all.Go(e.stop)
	}
	all.Wait()
}

// take hands out an environment that nobody else has: the one used last, which
// is the warmest, or a new one.
func (f *Function) take(call *invocation) (*environment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, fmt.Errorf("function %s is closed", f.config.Name)
	}
	for len(f.idle) > 0 {
		e := f.idle[len(f.idle)-1]
		f.idle = f.idle[:len(f.idle)-1]
		if e.alive() {
			return e, nil
		}
		f.forget(e)
	}
	f.started++
	e, err := startEnvironment(f.config, f.ARN(), f.log, f.started)
	if errors.Is(err, errEntrypoint) {
		return nil, &InvokeError{Type: "Runtime.InvalidEntrypoint", Cause: cause("Runtime.InvalidEntrypoint", call.id, err.Error())}
	}
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", f.config.Name, err)
	}
	f.environments = append(f.environments, e)
	return e, nil
}

// giveBack keeps a living environment for the next invocation.
func (f *Function) giveBack(e *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e.alive() {
		f.idle = append(f.idle, e)
	} else {
		f.forget(e)
	}
}

func (f *Function) forget(e *environment) {
	f.environments = slices.DeleteFunc(f.environments, func(other *environment) bool { return other == e })
}

// lineLog writes whole lines behind a prefix, whoever else writes.
type lineLog struct {
	mu     sync.Mutex
	out    io.Writer
	prefix string
}

// line writes s, which may end in a newline.
func (l *lineLog) line(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Nobody could be told that the log cannot be written.
	_, _ = io.WriteString(l.out, l.prefix+strings.TrimSuffix(s, "\n")+"\n")
}
