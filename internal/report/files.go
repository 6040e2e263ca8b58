package report

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Files are the events of a run whose destination is files.
type Files struct {
	// Folder is where they are: a URI, or in a run on one computer a path beside
	// the report.
	Folder string `json:"folder"`
	// Files and Bytes, as stored, are what the objects' outcomes tell.
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"`
	// FilesThere and BytesThere are what the folder holds; nil where unknown.
	// Answer compares them: objects of unknown end may have written more.
	FilesThere *int64 `json:"filesThere"`
	BytesThere *int64 `json:"bytesThere"`
	Answer     string `json:"answer"`
	// Preview are some of the first events, in the order of time.
	Preview []Preview `json:"preview"`
	// Readings are the ways to read them.
	Readings []Reading `json:"readings"`

	first, last string // UTC days of the range
	table       string
}

// Preview is an event.
type Preview struct {
	Time      string `json:"@timestamp"`
	ID        string `json:"id"`
	LogGroup  string `json:"logGroup"`
	LogStream string `json:"logStream"`
	// Message is cut to maxPreviewBytes.
	Message string `json:"message"`
}

// Reading is a way to read the files: what with, and what is to be typed there.
type Reading struct {
	With string `json:"with"`
	Text string `json:"text"`
}

// Limits of the preview.
const (
	maxPreview      = 10
	maxPreviewFiles = 16
	maxPreviewBytes = 500
)

// askFiles looks what is in the folder of events. One that cannot be listed makes
// it unknown, and is no reason to end without a report.
func (b *builder) askFiles(ctx context.Context) error {
	p := b.report.Plan
	f := &Files{
		Folder: run.Location{Bucket: b.in.Folder.Bucket.Name(), Key: run.EventsFolder(p.Run)}.URI(),
		Files:  b.tally.effort.Files, Bytes: b.tally.effort.BytesOut, Answer: Unknown, Preview: []Preview{},
		first: p.From.UTC().Format(time.DateOnly), last: p.To.Add(-time.Nanosecond).UTC().Format(time.DateOnly),
		table: tableName(p.Run),
	}
	if b.in.Settings.RunEndpoint != "" {
		f.Folder = "events/"
	}
	f.Readings = f.readings(f.Folder)
	b.report.Files = f
	var files, bytes int64
	var first []run.Object
	err := b.in.Folder.Events(ctx, func(o run.Object) error {
		files++
		bytes += o.Size
		if len(first) < maxPreviewFiles {
			first = append(first, o)
		}
		return nil
	})
	if err == nil {
		f.FilesThere, f.BytesThere = &files, &bytes
		f.compare(b.tally.UnknownAfter > 0)
		err = b.preview(ctx, first)
	}
	switch {
	case err != nil && b.worthAnotherCall(ctx, err):
		return err
	case err != nil:
		b.find("The written events could not be looked at: %v.", err)
	}
	return nil
}

func (f *Files) compare(unknownAfter bool) {
	switch {
	case *f.FilesThere < f.Files, *f.FilesThere == f.Files && *f.BytesThere != f.Bytes:
		f.Answer = Fewer
	case *f.FilesThere > f.Files && !unknownAfter:
		f.Answer = More
	default:
		f.Answer = AsExpected
	}
}

// findFiles tells where the folder holds other files than were written.
func (b *builder) findFiles() {
	f := b.report.Files
	if f == nil || f.FilesThere == nil {
		return
	}
	switch f.Answer {
	case Fewer:
		b.findGrave(lostFiles, "%s holds %s of %d bytes, but %s of %d bytes were written: something removes or changes files of the run bucket. "+
			"Run over the same range once more.", f.Folder, plural(*f.FilesThere, "file"), *f.BytesThere, plural(f.Files, "file"), f.Bytes)
	case More:
		b.find("%s holds %s, but the objects tell of %s: a call whose answer was lost has written more, or another writer has. "+
			"Events of these stand there more than once.", f.Folder, plural(*f.FilesThere, "file"), number(f.Files))
	}
}

// preview reads the first events of the first files: of the first hour that has
// any, and of the next ones where these are few.
func (b *builder) preview(ctx context.Context, files []run.Object) error {
	f := b.report.Files
	for i, o := range files {
		if i > 0 && path.Dir(o.Key) != path.Dir(files[i-1].Key) && len(f.Preview) >= maxPreview {
			break
		}
		events, err := b.beginning(ctx, o.Key)
		if err != nil {
			return err
		}
		f.Preview = append(f.Preview, events...)
	}
	slices.SortStableFunc(f.Preview, func(a, b Preview) int { return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID)) })
	f.Preview = slices.CompactFunc(f.Preview, func(a, b Preview) bool { return a.ID == b.ID })
	f.Preview = slices.Clone(f.Preview[:min(len(f.Preview), maxPreview)])
	return nil
}

// beginning are the first events of a file.
func (b *builder) beginning(ctx context.Context, key string) (events []Preview, err error) {
	body, err := b.in.Folder.File(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	text, err := gzip.NewReader(body)
	if err != nil {
		return nil, unsound(key, err)
	}
	for lines := json.NewDecoder(bufio.NewReader(text)); len(events) < maxPreview && lines.More(); {
		var e Preview
		if err := lines.Decode(&e); err != nil {
			return nil, unsound(key, err)
		}
		e.Message = cut(e.Message, maxPreviewBytes)
		events = append(events, e)
	}
	return events, nil
}

// unsound keeps the name of an error that has one.
func unsound(key string, err error) error {
	var fault *run.Fault
	if errors.As(err, &fault) {
		return err
	}
	return &run.Fault{Name: run.Unavailable, Reason: key + " cannot be read", Err: err}
}

// tableName is a name for the run's table.
func tableName(name string) string {
	return "rehydrate_" + strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '_'
	}, strings.ToLower(name))
}

// readings are the ways to read the files under folder, which ends in a slash.
// The table needs no crawler: its partitions are worked out from the query, see
// https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
func (f *Files) readings(folder string) []Reading {
	duck := Reading{"With DuckDB", fmt.Sprintf(`SELECT DISTINCT * FROM read_json('%s*/*/*.jsonl.gz', format = 'newline_delimited',
  columns = {'@timestamp': 'TIMESTAMPTZ', id: 'VARCHAR', logGroup: 'VARCHAR', logStream: 'VARCHAR', message: 'VARCHAR'})
ORDER BY "@timestamp";`, strings.ReplaceAll(folder, "'", "''"))}
	if !strings.HasPrefix(folder, "s3://") {
		return []Reading{duck}
	}
	return []Reading{
		{"Copy them", "aws s3 cp --recursive " + folder + " events/"},
		{"With Athena", fmt.Sprintf(`CREATE EXTERNAL TABLE %[1]s (
  logged_at string, id string, loggroup string, logstream string, message string
)
PARTITIONED BY (day string, hour int)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES ('mapping.logged_at' = '@timestamp')
LOCATION '%[2]s'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.day.type' = 'date', 'projection.day.format' = 'yyyy-MM-dd', 'projection.day.range' = '%[3]s,%[4]s',
  'projection.hour.type' = 'integer', 'projection.hour.range' = '0,23', 'projection.hour.digits' = '2',
  'storage.location.template' = '%[2]s${day}/${hour}/'
);
SELECT DISTINCT logged_at, id, loggroup, logstream, message FROM %[1]s
WHERE day = '%[3]s' ORDER BY logged_at LIMIT 1000;`, f.table, folder, f.first, f.last)},
		duck,
	}
}

// summary is what passes between states.
func (f *Files) summary() *run.Files {
	const line = 300
	s := &run.Files{Folder: f.Folder, Files: f.Files, Bytes: f.Bytes, Preview: []string{}}
	for _, e := range f.Preview {
		s.Preview = append(s.Preview, run.Cut(e.Time+" "+visible(e.Message), line))
	}
	return s
}

// terminal shows the first events and where they are; place is the folder of the
// report's files, empty for the run bucket.
func (f *Files) terminal(t *terminal, place string) {
	folder := f.Folder
	if place != "" {
		folder = strings.TrimSuffix(place, "/") + "/events/"
	}
	if len(f.Preview) > 0 {
		t.line("")
		t.line("  some of the first:")
	}
	most := maxPreviewBytes
	if t.width > 0 {
		most = max(t.width-30, 40)
	}
	for _, e := range f.Preview {
		t.line("  " + e.Time + "  " + cut(visible(e.Message), most))
	}
	t.line("")
	t.line("  Events  " + folder + "DAY/HOUR/*.jsonl.gz, by UTC; the same once for each object that holds it")
	for _, r := range f.readings(folder) {
		if !strings.Contains(r.Text, "CREATE") { // the page has it
			t.line("")
			for line := range strings.Lines(r.Text) {
				t.line("    " + strings.TrimSuffix(line, "\n"))
			}
		}
	}
}
