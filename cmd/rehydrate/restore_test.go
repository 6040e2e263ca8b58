package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local"
	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/bucket/buckettest"
	"github.com/rehydrate/rehydrate/local/sample"
)

// vaulted is a rig whose archive lies in storage classes, and whose machine does not
// wait: it moves the vault's clock.
type vaulted struct {
	*rig
	vault  *buckettest.Vault
	waited atomic.Int64
}

// newVaulted has the first objects in archives, one of each class, and lets a restore
// take so long. Documents go into the engine, or an embedded store.
func newVaulted(t *testing.T, engine string, takes func(key, tier string) time.Duration) (v *vaulted, archived []sample.Object) {
	t.Helper()
	v = &vaulted{rig: newRig(t, engine)}
	archived = v.some(t, 4)
	v.vault = &buckettest.Vault{
		Classes: map[string]string{
			archived[0].Key: "GLACIER", archived[1].Key: "DEEP_ARCHIVE",
			archived[2].Key: "INTELLIGENT_TIERING/ARCHIVE_ACCESS", archived[3].Key: "INTELLIGENT_TIERING",
		},
		Takes: takes, Now: func() time.Time { return time.Unix(1544414264, 0).Add(time.Duration(v.waited.Load())) },
	}
	folders, err := bucket.New(map[string]bucket.Folder{"archive": {Dir: v.archive, ReadOnly: true}})
	if err != nil {
		t.Fatal(err)
	}
	kept := v.vault.Handler(folders)
	v.atArchive(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		kept.ServeHTTP(w, r)
		return true
	})
	return v, archived
}

// restored runs a request as `rehydrate run` does.
func (v *vaulted) restored(t *testing.T, name, input string) (status int, stdout, stderr string) {
	t.Helper()
	file, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	var o options
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	o.register(flags)
	if err := flags.Parse([]string{"--archive", "s3://archive", "--search", v.search, "--out", v.out, "--lambdas", file}); err != nil {
		t.Fatal(err)
	}
	config, err := o.config(run.Request{}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	config.Sleep = func(ctx context.Context, d time.Duration) error {
		v.waited.Add(int64(d))
		return ctx.Err()
	}
	m, err := local.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var out, errs bytes.Buffer
	folder := filepath.Join(v.out, run.Folder(name))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	e := execution{machine: m, progress: &progress{out: &errs, now: time.Now}, name: name, folder: folder, stdout: &out, stderr: &errs}
	err = e.run(t.Context(), json.RawMessage(input), time.Now())
	if exitStatus(err) == exitUnusable {
		errs.WriteString(err.Error())
	}
	return exitStatus(err), out.String(), errs.String()
}

const restoredDay = `{"from": "2018-12-10", "to": "2018-12-10", "restore": "Standard", "restoreDays": 3}`

// TestRunRestoresWhatIsArchived: it waits and goes on by itself, and all is there.
func TestRunRestoresWhatIsArchived(t *testing.T) { restores(t, "") }

func restores(t *testing.T, engine string) {
	t.Helper()
	v, archived := newVaulted(t, engine, func(string, string) time.Duration { return 3*time.Hour + 2*time.Minute })
	status, stdout, stderr := v.restored(t, "r1", restoredDay)
	if status != exitComplete {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	v.holds(t, v.without(t))
	want := []string{
		"Standard 0 " + archived[2].Key, "Standard 3 " + archived[0].Key, "Standard 3 " + archived[1].Key,
	}
	if got := v.vault.Asked(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("S3 was asked for %q, want %q", got, want)
	}
	if waited := time.Duration(v.waited.Load()); waited < 3*time.Hour || waited > 4*time.Hour {
		t.Errorf("it waited %s", waited)
	}
	for _, says := range []string{"Restore objects\n", "waiting 3h0m0s: 1 of 4 archived objects are ready, 3 are being restored\n"} {
		if !strings.Contains(stderr, says) {
			t.Errorf("progress does not say %q:\n%s", says, stderr)
		}
	}
	v.ends(t, "r1", status, stdout, ended{
		status: exitComplete, kind: report.KindComplete, finding: "4 of 4 archived objects are ready",
	})

	// The copies are there: whoever asks again waits for nothing and pays for nothing.
	before := v.waited.Load()
	if status, stdout, stderr := v.restored(t, "r2", restoredDay); status != exitComplete || v.waited.Load() != before || len(v.vault.Asked()) != 3 {
		t.Errorf("status %d, asked %q\n%s%s", status, v.vault.Asked(), stdout, stderr)
	}
}

// TestWhatIsNotRestoredIsAnOutcome: the rest is there, and a retry restores it.
func TestWhatIsNotRestoredIsAnOutcome(t *testing.T) {
	v, archived := newVaulted(t, "", nil)
	status, stdout, stderr := v.restored(t, "first", `{"from": "2018-12-10", "to": "2018-12-10"}`)
	if status != exitIncomplete || !strings.Contains(stdout, `"restore": "Standard"`) {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	v.ends(t, "first", status, stdout, ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "3 objects archived", classes: map[run.End]int64{run.Archived: 3},
	})
	v.holds(t, v.without(t, archived[:3]...))
	status, stdout, stderr = v.restored(t, "again", `{"retry": "first", "restore": "Bulk"}`)
	if status != exitComplete {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	v.holds(t, v.without(t))
}

// TestRestoreIsRefusedWhereItCannotBe: before anything is asked for.
func TestRestoreIsRefusedWhereItCannotBe(t *testing.T) {
	v, _ := newVaulted(t, "", nil)
	status, stdout, stderr := v.restored(t, "r1", `{"from": "2018-12-10", "to": "2018-12-10", "restore": "Expedited"}`)
	if status != exitUnusable || !strings.Contains(stderr, "1 object lies in DEEP_ARCHIVE") || len(v.vault.Asked()) > 0 {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}

// TestARestoreIsPartOfTheBudget: a run that would wait for longer than it may take is
// refused before S3 is asked.
func TestARestoreIsPartOfTheBudget(t *testing.T) {
	v, _ := newVaulted(t, "", nil)
	status, stdout, stderr := v.restored(t, "r1", `{"from": "2018-12-10", "to": "2018-12-10", "restore": "Bulk", "maxDuration": "3h"}`)
	if status != exitUnusable || !strings.Contains(stderr, "more than maxDuration, 3h") || len(v.vault.Asked()) > 0 {
		t.Errorf("status %d, asked %q\n%s%s", status, v.vault.Asked(), stdout, stderr)
	}
}

// TestPlanTellsWhatRestoringTakes: every tier where none is asked for, else that one.
func TestPlanTellsWhatRestoringTakes(t *testing.T) {
	v, _ := newVaulted(t, "", nil)
	for input, want := range map[string][]string{
		`{"from": "2018-12-10", "to": "2018-12-10", "plan": true}`: {
			"1 objects (", " in GLACIER have to be restored first\n  Bulk       5 h to 12 h, about $0.00 with copies for 7 days\n" +
				"  Standard   3 h to 5 h, about $0.00 with copies for 7 days\n  Expedited  1 min to 5 min, about $0.01 with copies for 7 days\n  by --restore TIER",
			" in DEEP_ARCHIVE have to be restored first\n  Bulk       24 h to 48 h, about $0.00 with copies for 7 days\n  Standard   9 h to 12 h",
		},
		`{"from": "2018-12-10", "to": "2018-12-10", "plan": true, "restore": "Standard", "restoreDays": 30}`: {
			" in GLACIER are restored first, at the tier Standard\n  Standard   3 h to 5 h, about $0.00 with copies for 30 days\n",
			"  after up to 12 h until what is archived is restored\n",
			"2 objects are in INTELLIGENT_TIERING, where no list tells which are archived: these are restored, too\n",
		},
	} {
		status, stdout, stderr := v.restored(t, fmt.Sprintf("p%d", len(input)), input)
		for _, says := range want {
			if status != exitComplete || !strings.Contains(stdout, says) {
				t.Errorf("status %d, it does not say %q:\n%s%s", status, says, stdout, stderr)
			}
		}
	}
	if len(v.vault.Asked()) > 0 {
		t.Errorf("a plan asked for %q", v.vault.Asked())
	}
}
