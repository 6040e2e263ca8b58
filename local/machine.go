// Package local is the deployed stack on one computer: the state machine's own
// definition, executed with the real Lambdas as processes, beside an S3 server
// over folders and an embedded store where no bucket or cluster is given.
//
// It knows nothing of command lines and shows nothing to anybody.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
	"github.com/rehydrate/rehydrate/local/asl"
	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/lambdahost"
	"github.com/rehydrate/rehydrate/local/store"
	"github.com/rehydrate/rehydrate/statemachine"
)

// StoreFolder is where the embedded store lies under the folder of runs.
const StoreFolder = "store"

// lambdaTimeout is what the stack gives a Lambda by default.
const lambdaTimeout = 15 * time.Minute

// The buckets that folders stand for.
const (
	archiveBucket = "archive"
	runBucket     = "runs"
)

// Config is what a machine is made of.
type Config struct {
	// Settings are those of a stack. Without an ArchiveBucket, Archive is a folder
	// that stands for it, as Out is without a RunBucket; without a Search.URL, the
	// embedded store is the cluster, unless there is to be none.
	Settings  run.Settings
	Archive   string
	NoCluster bool
	// Out is the folder of runs/NAME/ and of the embedded store.
	Out string
	// StoreAddress is where the embedded store is served; empty for the Lambdas
	// alone.
	StoreAddress string
	// Concurrency is how many objects are indexed at once.
	Concurrency int
	// Bootstrap is the Lambdas' binary, built for this computer, and Args its
	// arguments. Which of the Lambdas it is to be, its environment says.
	Bootstrap string
	Args      []string
	// Log receives what the Lambdas log. It must bear concurrent use.
	Log io.Writer
	// Sleep is how the state machine waits before it tries again; nil is the real
	// clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Machine is a stack on this computer.
type Machine struct {
	// Runs is the run bucket.
	Runs *archive.Bucket
	// StoreURL is where the embedded store is served, with its log view; empty
	// where there is none.
	StoreURL string

	config     Config
	definition *asl.Machine
	steers     *asl.Machine // beside a run
	api        *api
	functions  map[string]*lambdahost.Function // by the name of their role
	closers    []func() error
}

// New starts the servers and readies the Lambdas, whose processes are started
// when they are first invoked.
func New(ctx context.Context, c Config) (_ *Machine, err error) {
	m := &Machine{config: c, functions: map[string]*lambdahost.Function{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Close())
		}
	}()
	env, err := m.environment(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.serve(ctx); err != nil {
		return nil, err
	}
	for name, value := range settings.Variables(m.config.Settings) {
		env[name] = value
	}
	arns := map[string]string{}
	for role, substitution := range roles() {
		f, err := m.function(role, env)
		if err != nil {
			return nil, err
		}
		m.functions[role] = f
		arns[substitution] = f.ARN()
	}
	definition, err := statemachine.Fill(statemachine.Definition(), arns)
	if err != nil {
		return nil, err
	}
	if m.definition, err = asl.Load([]byte(definition)); err != nil {
		return nil, err
	}
	return m, m.steering(ctx, env)
}

// roles are the Lambdas of a run, and what stands for their ARNs in the definition.
func roles() map[string]string {
	return map[string]string{
		"list":    statemachine.ListFunction,
		"restore": statemachine.RestoreFunction,
		"prepare": statemachine.PrepareFunction,
		"index":   statemachine.IndexFunction,
		"report":  statemachine.ReportFunction,
	}
}

func (m *Machine) function(role string, env map[string]string) (*lambdahost.Function, error) {
	most := 1
	if role == "index" {
		most = m.config.Concurrency
	}
	f, err := lambdahost.New(lambdahost.Config{
		Name: "rehydrate-" + role, Binary: m.config.Bootstrap, Args: m.config.Args, Handler: role, Env: env,
		Region: "local", Timeout: lambdaTimeout, Memory: m.config.Settings.IndexMemory, Concurrency: most, Log: m.config.Log,
	})
	if err != nil {
		return nil, err
	}
	m.closers = append(m.closers, func() error { f.Close(); return nil })
	return f, nil
}

// environment is that of the Lambdas, but for the settings. What this process
// has for AWS is theirs too, where something of AWS is asked for.
func (m *Machine) environment(ctx context.Context) (map[string]string, error) {
	env := map[string]string{}
	search := m.config.Settings.Search
	if m.config.Settings.ArchiveBucket != "" || search.Auth != "none" {
		for _, pair := range os.Environ() {
			name, value, _ := strings.Cut(pair, "=")
			if strings.HasPrefix(name, "AWS_") || name == "HOME" || strings.HasPrefix(name, "SSL_CERT_") {
				env[name] = value
			}
		}
	}
	if file, ok := strings.CutPrefix(search.Secret, "file:"); ok {
		server, err := listenPrivately(ctx, secretFile{file})
		if err != nil {
			return nil, err
		}
		m.closers = append(m.closers, server.Close)
		env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = server.URL
		for name, value := range map[string]string{"AWS_REGION": "local", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"} {
			if env[name] == "" {
				env[name] = value
			}
		}
	}
	return env, nil
}

// serve starts the S3 server and, unless there is a real cluster, the embedded
// store, and has the settings point to them.
func (m *Machine) serve(ctx context.Context) error {
	s := &m.config.Settings
	folders := map[string]bucket.Folder{}
	if s.RunBucket == "" {
		s.RunBucket = runBucket
		folders[runBucket] = bucket.Folder{Dir: m.config.Out}
	}
	if s.ArchiveBucket == "" {
		s.ArchiveBucket = archiveBucket
		folders[archiveBucket] = bucket.Folder{Dir: m.config.Archive, ReadOnly: true}
	}
	buckets, err := bucket.New(folders)
	if err != nil {
		return err
	}
	s3, err := listenPrivately(ctx, buckets)
	if err != nil {
		return err
	}
	m.closers = append(m.closers, s3.Close)
	if _, ok := folders[s.RunBucket]; ok {
		s.RunEndpoint = s3.URL
	}
	if _, ok := folders[s.ArchiveBucket]; ok {
		s.ArchiveEndpoint = s3.URL
	}
	if s.Search.URL == "" && !m.config.NoCluster {
		documents, err := store.Open(filepath.Join(m.config.Out, StoreFolder))
		if err != nil {
			return err
		}
		m.closers = append(m.closers, documents.Close)
		if err := documents.ShowIn(s.Zone); err != nil {
			return err
		}
		server, err := m.listen(ctx, documents)
		if err != nil {
			return err
		}
		m.closers = append(m.closers, server.Close)
		s.Search.URL, m.StoreURL = server.URL, server.URL
	}
	client, err := archive.NewClient(ctx, s.RunEndpoint)
	if err != nil {
		return err
	}
	m.Runs = archive.NewBucket(client, s.RunBucket)
	return nil
}

// listen serves the embedded store: at its address for whoever looks at it there,
// or for the Lambdas alone.
func (m *Machine) listen(ctx context.Context, documents *store.Store) (*Server, error) {
	if m.config.StoreAddress == "" {
		return listenPrivately(ctx, documents)
	}
	return Listen(ctx, m.config.StoreAddress, documents)
}

// Execute executes the state machine, and beside it the one that steers a run, where
// the request asks for that. Its error is an *asl.ExecutionError where
// the execution failed or was stopped, by the end of ctx.
func (m *Machine) Execute(ctx context.Context, name string, input json.RawMessage, begun time.Time, o asl.Observer) ([]byte, error) {
	arn := executionARN("rehydrate", name)
	e := m.api.begin(arn, input)
	defer m.api.end(e)
	defer m.steer(ctx, arn, input)()
	return m.definition.Run(ctx, asl.Execution{ARN: arn, Input: input, StartTime: begun}, asl.Env{
		Invoke: m.invoke, Buckets: buckets{m.Runs}, Observer: o, Sleep: m.config.Sleep, MapRunStarted: m.api.mapRunStarted(e),
	})
}

// Invoke calls the Lambda of a role (list, restore, prepare, index, report, steer), as the state
// machine does. What the Lambda itself failed with is an *asl.TaskError.
func (m *Machine) Invoke(ctx context.Context, role string, payload []byte) ([]byte, error) {
	answer, err := m.functions[role].Invoke(ctx, payload)
	var failed *lambdahost.InvokeError
	if errors.As(err, &failed) {
		return nil, &asl.TaskError{Name: failed.Type, Cause: failed.Cause}
	}
	return answer, err
}

// invoke calls the Lambda with an ARN of the definition.
func (m *Machine) invoke(ctx context.Context, arn string, payload []byte) ([]byte, error) {
	for role, f := range m.functions {
		if f.ARN() == arn {
			return m.Invoke(ctx, role, payload)
		}
	}
	return nil, fmt.Errorf("there is no function %s", arn)
}

// Close ends what New has started, the last first.
func (m *Machine) Close() error {
	var errs []error
	for i := len(m.closers) - 1; i >= 0; i-- {
		errs = append(errs, m.closers[i]())
	}
	m.closers = nil
	return errors.Join(errs...)
}

// buckets is the run bucket as a map uses it.
type buckets struct{ runs *archive.Bucket }

// Open reads the manifest.
func (b buckets) Open(ctx context.Context, _, key string) (io.ReadCloser, error) {
	body, err := b.runs.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	return body, nil
}

// Put writes results.
func (b buckets) Put(ctx context.Context, _, key string, body io.ReadSeeker) error {
	return b.runs.PutStream(ctx, key, body, "application/json")
}
