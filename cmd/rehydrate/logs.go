package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
	"github.com/rehydrate/rehydrate/local"
	"github.com/rehydrate/rehydrate/local/store"
)

// logs are the flags of logs.
type logs struct {
	out                    string
	from, to               string
	settings               run.Settings // only the zone
	limit                  int
	newest                 bool
	before, after, context int
	count, hist, json      bool
	color                  string
}

func newLogs() *cobra.Command {
	var l logs
	cmd := &cobra.Command{
		Use:   "logs [QUERY]",
		Short: "Search what earlier runs put into the embedded store",
		Long: `Prints the events that a query finds: time, stream, message, oldest first. The
query is LogsQL (https://docs.victoriametrics.com/victorialogs/logsql/): words,
"phrases", regular expressions (~"…"), fields (aws.cloudwatch.log_stream:…), and
pipes such as "| stats by (level) count()". Without one, everything is found.

Exit status: 0 something was found, 1 nothing, 2 it could not be searched.`,
		Example: `  rehydrate logs timeout
  rehydrate logs --newest --limit 20 'error AND NOT timeout'
  rehydrate logs --from 2018-12-10 --to 2018-12-10 -C 3 '"order failed"'
  rehydrate logs --hist timeout
  rehydrate logs --json 'status:~"5.."' | jq .message`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			query := "*"
			if len(args) > 0 {
				query = args[0]
			}
			return l.search(cmd.Context(), query, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&l.out, "out", "out", "`folder` that was the --out of a run")
	f.StringVar(&l.from, "from", "", "first `day` (2018-12-10, in --zone) or RFC 3339 instant")
	f.StringVar(&l.to, "to", "", "last `day`, included, or RFC 3339 instant, excluded")
	f.IntVarP(&l.limit, "limit", "n", 0, "at most so many `events`")
	f.BoolVar(&l.newest, "newest", false, "the newest first")
	f.IntVarP(&l.after, "after-context", "A", 0, "so many `events` of the same stream after each, too")
	f.IntVarP(&l.before, "before-context", "B", 0, "so many `events` of the same stream before each, too")
	f.IntVarP(&l.context, "context", "C", 0, "both")
	f.BoolVarP(&l.count, "count", "c", false, "print only how many there are")
	f.BoolVar(&l.hist, "hist", false, "print how many there are over time")
	f.BoolVar(&l.json, "json", false, "print JSON lines: id, time, group, stream, message")
	f.StringVar(&l.color, "color", "auto", "`when` to color: auto (on a terminal), always, never")
	settings.Flags(f, &l.settings, "zone")
	return cmd
}

func (l logs) search(ctx context.Context, query string, stdout io.Writer) error {
	q, err := l.query(query)
	if err != nil {
		return err
	}
	s, err := openStore(l.out)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(terminal(stdout)) // what is printed is escaped one by one, but for colors
	found, err := l.print(ctx, s, q, stdout, out)
	err = errors.Join(err, out.Flush(), s.Close())
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	if err == nil && !found {
		return errIncomplete
	}
	return err
}

// query is what is asked for; its error names the flag that is wrong.
func (l logs) query(text string) (store.Query, error) {
	q := store.Query{LogsQL: text, Limit: l.limit, Newest: l.newest, Before: max(l.before, l.context), After: max(l.after, l.context)}
	if l.limit < 0 || q.Before < 0 || q.After < 0 {
		return q, errors.New("--limit, -A, -B and -C take a whole number from 0")
	}
	if l.color != "auto" && l.color != "always" && l.color != "never" {
		return q, fmt.Errorf("--color %q is none of auto, always, never", l.color)
	}
	var err error
	if q.From, err = instant("--from", l.from, 0, l.settings.Zone); err != nil {
		return q, err
	}
	q.To, err = instant("--to", l.to, 1, l.settings.Zone)
	return q, err
}

// instant is a day's beginning, so many days later, or an RFC 3339 instant as it
// is; zero where nothing is given.
func instant(flag, text string, days int, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		year, month, d := day.Date()
		return run.StartOfDay(year, month, d+days, zone), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%s %q is neither a day (2018-12-10) nor an RFC 3339 instant", flag, text)
	}
	return t, nil
}

// openStore opens the embedded store of earlier runs.
func openStore(out string) (*store.Store, error) {
	folder := filepath.Join(out, local.StoreFolder)
	if _, err := os.Stat(folder); err != nil {
		return nil, fmt.Errorf("--out: there is no store in %s; give the folder that was the --out of a run", out)
	}
	return store.Open(folder)
}

// print prints what is found, and tells whether anything was.
func (l logs) print(ctx context.Context, s *store.Store, q store.Query, stdout io.Writer, out *bufio.Writer) (found bool, err error) {
	switch {
	case l.count:
		n, err := s.Count(ctx, q)
		fmt.Fprintln(out, n)
		return n > 0, err
	case l.hist:
		return l.histogram(ctx, s, q, stdout, out)
	}
	on := width(stdout) > 0
	text := &escaper{out: out}
	show := l.line(out, text, l.color == "always" || l.color == "auto" && on)
	if l.json {
		show = lineJSON(text)
	}
	flushed := time.Now()
	err = s.Events(ctx, q, func(e store.Event) error {
		found = true
		if err := show(e); err != nil {
			return err
		}
		// What is read on a terminal is not to wait until a buffer is full.
		if on && time.Since(flushed) > 100*time.Millisecond {
			flushed = time.Now()
			return out.Flush()
		}
		return nil
	})
	return found, err
}

// line prints an event for a person: styles to out, what was logged to text.
func (l logs) line(out, text io.Writer, colored bool) func(store.Event) error {
	style := func(s string) {
		if colored {
			_, _ = io.WriteString(out, s) // a buffer tells at its Flush
		}
	}
	return func(e store.Event) error {
		if e.Fields != nil {
			parts := make([]string, len(e.Fields))
			for i, f := range e.Fields {
				parts[i] = f.Name + "=" + f.Value
			}
			_, err := fmt.Fprintln(text, strings.Join(parts, " "))
			return err
		}
		style("\x1b[2m")
		fmt.Fprint(text, e.Time.In(l.settings.Zone).Format("2006-01-02T15:04:05.000Z07:00"))
		style("\x1b[0m")
		if e.Stream != "" {
			style("\x1b[36m")
			fmt.Fprint(text, " ", e.Stream)
			style("\x1b[0m")
		}
		_, err := fmt.Fprintf(text, " %s\n", strings.TrimSuffix(e.Message, "\n"))
		return err
	}
}

// lineJSON prints an event for a program, in the form of inspect --events.
func lineJSON(out io.Writer) func(store.Event) error {
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	return func(e store.Event) error {
		if e.Fields != nil {
			row := map[string]string{}
			for _, f := range e.Fields {
				row[f.Name] = f.Value
			}
			return lines.Encode(row)
		}
		return lines.Encode(struct {
			ID      string `json:"id"`
			Time    string `json:"time"`
			Group   string `json:"group"`
			Stream  string `json:"stream"`
			Message string `json:"message"`
		}{e.ID, e.Time.UTC().Format("2006-01-02T15:04:05.000Z07:00"), e.Group, e.Stream, e.Message})
	}
}
