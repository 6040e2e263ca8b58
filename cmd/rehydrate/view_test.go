package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/rehydrate/rehydrate/local"
	"github.com/rehydrate/rehydrate/local/store"
)

var screenshot = flag.String("screenshot", "", "file to put a picture of the log view in")

// newTab is a tab of headless Chromium.
func newTab(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900), chromedp.Flag("disable-quic", true),
		chromedp.Env("TZ=America/New_York")) // neither the run's zone nor that of the documents
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("Chromium cannot be started, and the page must be seen in a browser: %v", err)
		}
		t.Skipf("Chromium cannot be started: the page is not looked at (%v)", err)
	}
	timed, cancel := context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(cancel)
	return timed
}

// What was put back is seen in a browser: the page opens with the range of what is
// stored, a query is typed, and it finds as many events as there are.
func TestLogView(t *testing.T) {
	tab := newTab(t)
	w := newScenario(t, small())
	w.run(t.Context(), "first", "--from", "2018-12-10", "--to", "2018-12-12")
	timeouts := 0
	var newest time.Time
	expected := w.truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-13"))
	for _, e := range expected {
		if strings.Contains(e.Message, "timeout") {
			timeouts++
		}
		if e.Time.After(newest) {
			newest = e.Time
		}
	}
	documents, err := store.Open(filepath.Join(w.out, local.StoreFolder))
	if err != nil {
		t.Fatal(err)
	}
	defer documents.Close()
	server, err := local.Listen(t.Context(), "127.0.0.1:0", documents)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()

	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(tab, chromedp.Navigate(server.URL+"/")); err != nil {
		t.Fatal(err)
	}
	sees(tab, t, `document.querySelector("canvas")`) // the histogram
	shows(tab, t, fmt.Sprintf("Total: %d", len(expected)))
	shows(tab, t, newest.In(tokyo).Format("2006-01-02 15:04:05")) // the zone of the run
	if _, err := chromedp.Run(tab, chromedp.Evaluate[chromedp.Void](`(t => { t.focus(); t.select(); })(document.querySelector("textarea"))`)); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(tab, chromedp.KeyEvent("timeout")); err != nil {
		t.Fatal(err)
	}
	sees(tab, t, `document.querySelector("textarea").value === "timeout"`)
	if err := chromedp.Do(tab, chromedp.KeyEvent("\r")); err != nil {
		t.Fatal(err)
	}
	shows(tab, t, fmt.Sprintf("Total: %d", timeouts))
	if *screenshot != "" {
		if err := chromedp.Do(tab, chromedp.Sleep(2*time.Second)); err != nil {
			t.Fatal(err)
		}
		picture, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(*screenshot, picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What was logged stays text in the page, and a page of another site can neither
// read nor change what is stored.
func TestLogViewIsSafe(t *testing.T) {
	tab := newTab(t)
	documents, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer documents.Close()
	server, err := local.Listen(t.Context(), "127.0.0.1:0", documents)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	hostile := `hostile <img src=x onerror="document.title='owned'"><script>document.title='owned'</script> [a](javascript:alert(1)) \u001b[31m`
	body := `{"create":{"_index":"i-2018-12-10","_id":"1"}}` + "\n" +
		`{"@timestamp":"2018-12-10T12:00:00.000Z","message":` + strconv.Quote(hostile) + "}\n"
	res, err := http.Post(server.URL+"/_bulk?refresh=true", "application/x-ndjson", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(answer), `"errors":false`) {
		t.Fatalf("%s %v", answer, err)
	}

	if err := chromedp.Do(tab, chromedp.Navigate(server.URL+"/")); err != nil {
		t.Fatal(err)
	}
	shows(tab, t, `hostile <img src=x onerror="document.title='owned'"><script>`)
	sees(tab, t, `document.title !== "owned" && !document.querySelector("img[src=x]")`)

	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<title>another site</title>")
	}))
	defer other.Close()
	if err := chromedp.Do(tab, chromedp.Navigate(strings.Replace(other.URL, "127.0.0.1", "localhost", 1))); err != nil {
		t.Fatal(err)
	}
	attack := fmt.Sprintf(`(async () => {
		const url = %q, tried = [];
		for (const [path, options] of [
			["/select/logsql/query?query=*", {}],
			["/select/logsql/query?query=*", {method: "POST", mode: "no-cors"}],
			["/i-2018-12-10", {method: "DELETE"}],
			["/_bulk", {method: "POST", mode: "no-cors", body: '{"create":{"_index":"i","_id":"2"}}\n{}\n'}],
		]) {
			try { tried.push(await (await fetch(url + path, options)).text()); } catch (e) { tried.push(""); }
		}
		return tried.join("");
	})()`, server.URL)
	if read, err := chromedp.Run(tab, chromedp.Evaluate[string](attack, chromedp.EvalAwaitPromise)); err != nil || read != "" {
		t.Errorf("a page of another site reads %q (%v)", read, err)
	}
	if n, err := documents.Count(t.Context(), store.Query{LogsQL: "*"}); n != 1 || err != nil {
		t.Errorf("there are %d documents after what another site tried, %v", n, err)
	}
}

// shows waits until the page's text holds what is wanted, numbers without what
// separates their thousands.
func shows(tab context.Context, t *testing.T, want string) {
	t.Helper()
	sees(tab, t, fmt.Sprintf(`document.body.innerText.replace(/(\d)[ ,\u00a0\u202f](?=\d{3})/g, "$1").replace(/\s+/g, " ").includes(%q)`, want))
}

// sees waits until a condition in JavaScript holds in the page.
func sees(tab context.Context, t *testing.T, condition string) {
	t.Helper()
	script := `new Promise((yes, no) => {
		const begun = Date.now();
		const look = setInterval(() => {
			const holds = Boolean(` + condition + `);
			if (!holds && Date.now() - begun < 20000) return;
			clearInterval(look);
			holds ? yes(true) : no(new Error("query: " + document.querySelector("textarea")?.value + "\n" + document.body.innerText.slice(0, 3000)));
		}, 50);
	})`
	if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise)); err != nil {
		t.Fatalf("in the page it never holds that %s:\n%v", condition, err)
	}
}
