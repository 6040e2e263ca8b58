package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900), chromedp.Flag("disable-quic", true))
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
	expected := w.truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-13"))
	for _, e := range expected {
		if strings.Contains(e.Message, "timeout") {
			timeouts++
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

	if err := chromedp.Do(tab, chromedp.Navigate(server.URL+"/")); err != nil {
		t.Fatal(err)
	}
	sees(tab, t, `document.querySelector("canvas")`) // the histogram
	shows(tab, t, fmt.Sprintf("Total: %d", len(expected)))
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
