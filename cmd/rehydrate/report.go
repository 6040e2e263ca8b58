package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

func newReport() *cobra.Command {
	var from past
	var page bool
	cmd := &cobra.Command{
		Use:   "report [NAME]",
		Short: "Show the report of a run",
		Long: `Shows the report of a run that has ended, the newest where no name is given: on
this computer one under --out, with --stack one of a deployed stack.`,
		Example: "  rehydrate report\n  rehydrate report 2026-11-26T09-30-00.000Z --open\n  rehydrate report --stack rehydrate NAME-OF-A-RUN",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && !run.ValidName(args[0]) {
				return fmt.Errorf("%q is no name of a run; rehydrate runs lists them", args[0])
			}
			bucket, err := from.open(cmd.Context())
			if err != nil {
				return err
			}
			s := reported{past: from, bucket: bucket, stdout: cmd.OutOrStdout()}
			if s.name, err = s.which(cmd.Context(), args); err != nil {
				return err
			}
			if page {
				return s.open(cmd.Context())
			}
			return s.show(cmd.Context())
		},
	}
	from.register(cmd.Flags())
	cmd.Flags().BoolVar(&page, "open", false, "open its page in a browser")
	return cmd
}

// reported is the run whose report is to be shown.
type reported struct {
	past
	name   string
	bucket runs.Reader
	stdout io.Writer
}

// which is the run that is meant: the newest where none is named.
func (s reported) which(ctx context.Context, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	newest, err := runs.History{Bucket: s.bucket}.Newest(ctx, 1)
	if err == nil && len(newest) == 0 {
		err = errors.New("no run has ended yet")
	}
	if err != nil {
		return "", err
	}
	return newest[0].Run, nil
}

// show prints the report, or what the history says where it is gone.
func (s reported) show(ctx context.Context) error {
	body, err := s.bucket.Open(ctx, run.ReportKey(s.name))
	if errors.Is(err, archive.ErrNotFound) {
		return s.remember(ctx)
	}
	if err != nil {
		return err
	}
	r, err := report.Read(body)
	if err := errors.Join(err, body.Close()); err != nil {
		return err
	}
	place := "" // the run bucket
	if s.stack == "" {
		place = filepath.Join(s.out, run.Folder(s.name))
	}
	if err := r.Terminal(s.stdout, width(s.stdout), place); err != nil || r.Complete {
		return err
	}
	return errIncomplete
}

// remember prints what is left of a run whose files are gone.
func (s reported) remember(ctx context.Context) error {
	p, err := runs.History{Bucket: s.bucket}.Find(ctx, s.name)
	if errors.Is(err, archive.ErrNotFound) {
		return fmt.Errorf("there is no report of a run %s: rehydrate runs lists those that have ended with one", s.name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "%s\n\n", p.Verdict)
	if err := printRuns(s.stdout, []run.Past{p}); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "\n%d created, %d already there, %d written, %d out of range, %d filtered, %d malformed, %d rejected\n",
		p.Created, p.AlreadyThere, p.Written, p.OutOfRange, p.Filtered, p.Malformed, p.Rejected)
	fmt.Fprintln(s.stdout, "This is what the history keeps; the run's report is gone.")
	if !p.Complete {
		return errIncomplete
	}
	return nil
}

// open opens the page in a browser: that of a stack from a copy.
func (s reported) open(ctx context.Context) error {
	body, err := s.bucket.Open(ctx, run.PageKey(s.name))
	if errors.Is(err, archive.ErrNotFound) {
		return fmt.Errorf("there is no page of a run %s; without --open it is shown what the history keeps", s.name)
	}
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	file := filepath.Join(s.out, filepath.FromSlash(run.PageKey(s.name)))
	if s.stack != "" {
		if file, err = copied(body); err != nil {
			return err
		}
	}
	fmt.Fprintln(s.stdout, file)
	return browse(ctx, file)
}

// copied is a file with what body holds, which nobody else may read.
func copied(body io.Reader) (file string, err error) {
	f, err := os.CreateTemp("", "rehydrate-*.html")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, body)
	return f.Name(), errors.Join(err, f.Close())
}

// browse has the system open a file as it opens pages.
func browse(ctx context.Context, file string) error {
	command := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open"}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	command = append(command, file)
	if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil { //nolint:gosec // the page of a run
		return fmt.Errorf("it cannot be opened here (%w %s): open that file in a browser", err, out)
	}
	return nil
}
