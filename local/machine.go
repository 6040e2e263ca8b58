package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
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

// runBucket is the name of the bucket that -out stands for.
const runBucket = "runs"

// lambdaTimeout is what the stack gives a Lambda by default.
const lambdaTimeout = 15 * time.Minute

// machine is the deployed stack on one computer: servers, Lambdas and the state
// machine that invokes them.
type machine struct {
	definition *asl.Machine
	functions  map[string]*lambdahost.Function // by ARN
	report     *lambdahost.Function
	runs       *archive.Bucket
	closers    []func() error
}

// newMachine starts servers for the options and readies the Lambdas. Their logs
// go to log.
func newMachine(ctx context.Context, o options, concurrency int, log io.Writer) (_ *machine, err error) {
	m := &machine{functions: map[string]*lambdahost.Function{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Close())
		}
	}()
	told, err := m.serve(ctx, o)
	if err != nil {
		return nil, err
	}
	env, err := m.environment(ctx, o, told)
	if err != nil {
		return nil, err
	}
	bin := o.lambdas
	if bin == "" {
		if bin, err = buildLambdas(ctx); err != nil {
			return nil, err
		}
	}
	arns := map[string]string{}
	for name, substitution := range functions() {
		most := 1
		if name == "index" {
			most = concurrency
		}
		f, err := lambdahost.New(lambdahost.Config{
			Name: "rehydrate-" + name, Binary: filepath.Join(bin, name), Env: env,
			Region: "local", Timeout: lambdaTimeout, Memory: told.IndexMemory, Concurrency: most, Log: log,
		})
		if err != nil {
			return nil, err
		}
		m.closers = append(m.closers, func() error { f.Close(); return nil })
		m.functions[f.ARN()] = f
		arns[substitution] = f.ARN()
		if name == "report" {
			m.report = f
		}
	}
	definition, err := statemachine.Fill(statemachine.Definition(), arns)
	if err != nil {
		return nil, err
	}
	m.definition, err = asl.Load([]byte(definition))
	return m, err
}

// serve starts the S3 server and, unless there is a real cluster, the embedded
// store, and makes the settings that point to them.
func (m *machine) serve(ctx context.Context, o options) (run.Settings, error) {
	name, folder, err := o.bucket()
	if err != nil {
		return run.Settings{}, err
	}
	folders := map[string]bucket.Folder{runBucket: {Dir: o.out}}
	if folder != "" {
		folders[name] = bucket.Folder{Dir: folder, ReadOnly: true}
	}
	buckets, err := bucket.New(folders)
	if err != nil {
		return run.Settings{}, err
	}
	s3, err := m.listen(ctx, "127.0.0.1:0", buckets)
	if err != nil {
		return run.Settings{}, err
	}
	search := o.search
	if search == "" {
		documents, err := store.Open(filepath.Join(o.out, "store"))
		if err != nil {
			return run.Settings{}, err
		}
		m.closers = append(m.closers, documents.Close)
		if search, err = m.listen(ctx, "127.0.0.1:0", documents); err != nil {
			return run.Settings{}, err
		}
	}
	client, err := archive.NewClient(ctx, s3)
	if err != nil {
		return run.Settings{}, err
	}
	m.runs = archive.NewBucket(client, runBucket)
	return o.settings(name, folder, s3, search)
}

// listen serves h until the machine is closed, and tells its URL.
func (m *machine) listen(ctx context.Context, address string, h http.Handler) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	m.closers = append(m.closers, func() error {
		err := server.Close()
		if served := <-done; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	})
	return "http://" + l.Addr().String(), nil
}

// environment is that of the Lambdas. What this process has for AWS is theirs
// too, where something of AWS is asked for.
func (m *machine) environment(ctx context.Context, o options, s run.Settings) (map[string]string, error) {
	env := map[string]string{}
	if s.ArchiveEndpoint == "" || o.searchAuth != "none" {
		for _, pair := range os.Environ() {
			name, value, _ := strings.Cut(pair, "=")
			if strings.HasPrefix(name, "AWS_") || name == "HOME" || strings.HasPrefix(name, "SSL_CERT_") {
				env[name] = value
			}
		}
	}
	if path, ok := strings.CutPrefix(o.searchSecret, "file:"); ok {
		url, err := m.listen(ctx, "127.0.0.1:0", secretFile{path})
		if err != nil {
			return nil, err
		}
		env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = url
		for name, value := range map[string]string{"AWS_REGION": "local", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"} {
			if env[name] == "" {
				env[name] = value
			}
		}
	}
	for name, value := range settings.Variables(s) {
		env[name] = value
	}
	return env, nil
}

// invoke calls a Lambda as the state machine does.
func (m *machine) invoke(ctx context.Context, function string, payload []byte) ([]byte, error) {
	f := m.functions[function]
	if f == nil {
		return nil, fmt.Errorf("there is no function %s", function)
	}
	answer, err := f.Invoke(ctx, payload)
	var failed *lambdahost.InvokeError
	if errors.As(err, &failed) {
		return nil, &asl.TaskError{Name: failed.Type, Cause: failed.Cause}
	}
	return answer, err
}

// Close ends what newMachine has started, the last first.
func (m *machine) Close() error {
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
