package report

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

var screenshots = flag.String("screenshots", "", "folder to put screenshots of the page in, to look at")

//go:embed testdata/measure.html
var measurePage string

// measured is what testdata/measure.html finds in a page.
type measured struct {
	Title, Lang, Verdict, Headings                                      string
	Landmarks, Wide, Active                                             int
	Texts                                                               []string
	Numbers                                                             [][3]string
	Links                                                               []string
	TablesWithoutCaption, HeadersWithoutScope, ScrollersWithoutKeyboard int
	DanglingLabels, DoubledIDs                                          []string
	Pictures                                                            [][2]string
	PictureHeight                                                       []float64
	Bars, Gaps, Problems, Details                                       int
}

// browser is a headless Chromium whose only way out is a proxy, which serves the
// pages and writes down everything that is asked for.
type browser struct {
	path   string
	server *httptest.Server
	mu     sync.Mutex
	asked  []string
	pages  map[string]string
}

func newBrowser(t *testing.T, pages map[string]string) *browser {
	b := &browser{pages: pages}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			b.path = path
			break
		}
	}
	if b.path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("Chromium is not installed, and the page must be seen in a browser")
		}
		t.Skip("Chromium is not installed: the page is not looked at")
	}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	return b
}

func (b *browser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.asked = append(b.asked, r.Method+" "+r.URL.String())
	b.mu.Unlock()
	page, ok := b.pages[r.URL.Path]
	if !ok || r.Method != http.MethodGet {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(page))
}

// run starts Chromium on a page and gives what it printed and logged.
func (b *browser) run(t *testing.T, path string, args ...string) (stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.path, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage",
		"--hide-scrollbars", "--enable-logging=stderr", "--user-data-dir=" + t.TempDir(),
		"--proxy-server=" + strings.TrimPrefix(b.server.URL, "http://"), "--proxy-bypass-list=<-loopback>",
	}, append(args, b.server.URL+path)...)...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, log.String())
	}
	return out.String(), log.String()
}

func TestPageInBrowser(t *testing.T) {
	report := everything(t).build()
	b := newBrowser(t, map[string]string{"/report.html": pageOf(t, report), "/measure.html": measurePage})
	dom, log := b.run(t, "/measure.html", "--dump-dom")

	var said []string
	for line := range strings.Lines(log) {
		if strings.Contains(line, "CONSOLE") {
			said = append(said, line)
		}
	}
	if len(said) != 1 || !strings.Contains(said[0], "measuring") {
		t.Errorf("the console says %q, want only what the measuring page says itself", said)
	}
	for _, asked := range b.asked {
		if strings.Contains(asked, ".google.com") || strings.Contains(asked, ".googleapis.com") {
			continue // Chromium's own, from before it opened the page
		}
		if !slices.Contains([]string{"/measure.html", "/report.html?phone", "/report.html?desktop"}, strings.TrimPrefix(asked, "GET "+b.server.URL)) {
			t.Errorf("the browser asked for %s", asked)
		}
	}

	text := regexp.MustCompile(`(?s)<pre id="measured">(.*)</pre>`).FindStringSubmatch(dom)
	if text == nil {
		t.Fatalf("the page was not measured:\n%s", dom)
	}
	var pages map[string]measured
	if err := json.Unmarshal([]byte(html.UnescapeString(text[1])), &pages); err != nil {
		t.Fatal(err)
	}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) { checkPage(t, report, page) })
	}
	if len(pages) != 2 {
		t.Errorf("%d pages were measured", len(pages))
	}
	if *screenshots != "" {
		b.shoot(t)
	}
}

// shoot puts the page at desktop and phone width, light and dark, in a folder.
func (b *browser) shoot(t *testing.T) {
	folder, err := filepath.Abs(*screenshots)
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"desktop": {"--window-size=1280,2600"}, "desktop-dark": {"--window-size=1280,2600", "--force-dark-mode"},
		"phone": {"--window-size=390,3200"}, "phone-dark": {"--window-size=390,3200", "--force-dark-mode"},
	} {
		b.run(t, "/report.html", append(args, "--screenshot="+filepath.Join(folder, name+".png"))...)
	}
}

func checkPage(t *testing.T, r *Report, p measured) {
	if p.Title != "Incomplete · rehydrate "+r.Run || p.Lang != "en" {
		t.Errorf("title %q, language %q", p.Title, p.Lang)
	}
	if p.Verdict != visible(r.Verdict) {
		t.Errorf("verdict %q, want %q", p.Verdict, r.Verdict)
	}
	if p.Active > 0 {
		t.Errorf("%d elements that do something", p.Active)
	}
	if p.Wide > 0 {
		t.Errorf("the page is %d pixels wider than the screen", p.Wide)
	}
	all := strings.Join(p.Texts, "\n")
	for _, words := range hostile {
		if !strings.Contains(all, visible(strings.ToValidUTF8(words, "\ufffd\ufffd"))) {
			t.Errorf("%q does not stand there as text", visible(words))
		}
	}
	if i := strings.IndexFunc(strings.ReplaceAll(all, "\n", ""), hidden); i >= 0 {
		t.Errorf("a character that cannot be seen is in the page: %q", all[max(0, i-20):min(len(all), i+20)])
	}
	if !regexp.MustCompile(`^H1( H2)+$`).MatchString(p.Headings) || p.Landmarks != 3 {
		t.Errorf("headings %s, %d landmarks", p.Headings, p.Landmarks)
	}
	if p.TablesWithoutCaption+p.HeadersWithoutScope+p.ScrollersWithoutKeyboard > 0 || len(p.DanglingLabels)+len(p.DoubledIDs) > 0 {
		t.Errorf("not everybody can read it: %+v", p)
	}
	if len(p.Pictures) != 1 || p.Pictures[0][0] == "" || p.Pictures[0][1] == "" || p.PictureHeight[0] < 150 {
		t.Errorf("pictures %q of height %v", p.Pictures, p.PictureHeight)
	}
	busy := 0
	for _, h := range r.Hours {
		if h.Events > 0 {
			busy++
		}
	}
	if p.Bars != busy || p.Gaps != len(r.Gaps) || p.Problems == 0 {
		t.Errorf("%d bars, %d gaps, %d marks of problems; want %d, %d, some", p.Bars, p.Gaps, p.Problems, busy, len(r.Gaps))
	}
	checkNumbers(t, r, p.Numbers)
	checkLinks(t, r, p.Links)
}

// checkNumbers compares what is rendered with report.json.
func checkNumbers(t *testing.T, r *Report, numbers [][3]string) {
	whole, err := r.encode()
	if err != nil {
		t.Fatal(err)
	}
	var members any
	if err := json.Unmarshal(whole, &members); err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, n := range numbers {
		path, value, text := n[0], n[1], n[2]
		shown[path] = true
		at := members
		for member := range strings.SplitSeq(path, ".") {
			switch in := at.(type) {
			case map[string]any:
				at = in[member]
			case []any:
				i, err := strconv.Atoi(member)
				if err != nil || i >= len(in) {
					t.Fatalf("%s is not in report.json", path)
				}
				at = in[i]
			}
		}
		if f, ok := at.(float64); !ok || strconv.FormatInt(int64(f), 10) != value || number(int64(f)) != text {
			t.Errorf("%s is %v in report.json, and %s, shown as %s, on the page", path, at, value, text)
		}
	}
	for _, path := range []string{
		"objects.listed", "objects.classes.indexed", "objects.classes.damaged", "objects.classes.notIndexed",
		"events.decoded", "events.created", "events.alreadyThere", "events.rejected", "events.malformed", "events.outOfRange",
		"days.0.created", "days.2.now", "errors.0.objects", "rejections.0.events", "malformations.0.events", "effort.retries",
	} {
		if !shown[path] {
			t.Errorf("%s is not shown", path)
		}
	}
}

func checkLinks(t *testing.T, r *Report, links []string) {
	for _, l := range links {
		if !strings.HasPrefix(l, "https://ap-northeast-1.console.aws.amazon.com/") && l != "report.json" {
			t.Errorf("a link leads to %s", l)
		}
	}
	for _, g := range r.Errors {
		for _, p := range g.Places {
			if p.Execution != "" && !slices.Contains(links, r.ExecutionURL(p.Execution)) {
				t.Errorf("no link leads to %s", p.Execution)
			}
			if !slices.Contains(links, r.ObjectURL(p.Object)) {
				t.Errorf("no link leads to %s", p.Object.Key)
			}
		}
	}
}

func TestNoLinksWithoutConsole(t *testing.T) {
	w := newFixture(t, "local")
	w.machine = "arn:aws:states:us-east-1:000000000000:"
	w.plan.Execution = w.machine + "execution:rehydrate:local"
	w.settings.ArchiveEndpoint = "http://127.0.0.1:9000"
	o := w.list(w.plan.From)
	w.succeeded(o, damagedOutcome(o))
	if page := pageOf(t, w.build()); strings.Contains(page, "console") {
		t.Error("the page of a local run links to a console")
	}
}

func TestLinks(t *testing.T) {
	r := &Report{Settings: Settings{ArchiveBucket: "archive", Console: true}}
	r.Plan.Execution = "arn:aws-cn:states:cn-north-1:123456789012:execution:m:r"
	elsewhere := &Report{Settings: Settings{ArchiveBucket: "archive", ArchiveRegion: "cn-north-1", ArchiveBucketRegion: "cn-northwest-1", Console: true}, Plan: r.Plan}
	for _, c := range []struct{ got, want string }{
		{elsewhere.ObjectURL(run.Object{Key: "a"}), "https://cn-northwest-1.console.amazonaws.cn/s3/object/archive?prefix=a&region=cn-northwest-1"},
		{r.ExecutionURL(r.Plan.Execution), "https://cn-north-1.console.amazonaws.cn/states/home?region=cn-north-1#/v2/executions/details/arn:aws-cn:states:cn-north-1:123456789012:execution:m:r"},
		{r.ObjectURL(run.Object{Key: "a b/c?d&e=f"}), "https://cn-north-1.console.amazonaws.cn/s3/object/archive?prefix=a+b%2Fc%3Fd%26e%3Df&region=cn-north-1"},
		{r.ObjectURL(run.Object{Bucket: "runs", Key: "x"}), "https://cn-north-1.console.amazonaws.cn/s3/object/runs?prefix=x&region=cn-north-1"},
		{r.ExecutionURL(`arn:aws:states:x"onclick=":123456789012:execution:m:r`), ""},
		{r.ExecutionURL(""), ""},
	} {
		if c.got != c.want {
			t.Errorf("link %s, want %s", c.got, c.want)
		}
	}
}
