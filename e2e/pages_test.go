//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/web/page"
	"collector/web/page/pagetest"
)

// eyes is what the pages are looked at with: a browser and what drives it.
type eyes struct{ packages, chromium string }

func newEyes(t *testing.T) eyes {
	t.Helper()
	script := exec.CommandContext(t.Context(), "sh", "pages/install.sh")
	script.Stderr = os.Stderr
	out, err := script.Output()
	if err != nil {
		t.Fatalf("installing what looks at the pages: %v", err)
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("there is no browser: %v", err)
	}
	return eyes{strings.TrimSpace(string(out)), chromium}
}

// run runs a script of the folder pages and returns its lines.
func (e eyes) run(t *testing.T, script string, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{filepath.Join("pages", script)}, args...)...)
	cmd.Env = append(os.Environ(), "PACKAGES="+e.packages, "CHROMIUM="+e.chromium)
	cmd.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", script, err, said.String(), out)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// servePages starts scripts/pages and returns its address.
func servePages(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "pages")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../scripts/pages").CombinedOutput(); err != nil {
		t.Fatalf("building scripts/pages: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), program, "-listen", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("scripts/pages says no address: %v", err)
	}
	return strings.TrimSuffix(strings.TrimSpace(line), "/")
}

// pictures is the folder for pictures of the pages.
func pictures(t *testing.T) string {
	if folder := os.Getenv("COLLECTOR_PICTURES"); folder != "" {
		return folder
	}
	return t.TempDir()
}

// views are the lines that say of every page that it is well, in each theme and width.
func views(names ...string) []string {
	var out []string
	for _, name := range names {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int{1280, 320} {
				out = append(out, fmt.Sprintf("ok %s %s %d", name, theme, width))
			}
		}
	}
	return out
}

// TestPagesLook opens every page in Chromium, light and dark, wide and at 320 px: axe-core
// finds nothing, nothing is wider than the window, nothing is said on the console, nothing
// is asked of anybody else. COLLECTOR_PICTURES names a folder for a picture of each view.
func TestPagesLook(t *testing.T) {
	drawn := pictures(t)
	var names []string
	for _, p := range pagetest.All() {
		names = append(names, p.Name)
	}
	got := newEyes(t).run(t, "look.mjs", append([]string{servePages(t), drawn}, names...)...)
	want := views(names...)
	slices.Sort(got)
	slices.Sort(want)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		for _, line := range got {
			if !strings.HasPrefix(line, "ok ") {
				t.Error(line)
			}
		}
		t.Errorf("%d lines, want %d views that are well", len(got), len(want))
	}
	files, err := filepath.Glob(filepath.Join(drawn, "*.png"))
	if err != nil || len(files) < len(want) {
		t.Errorf("%d pictures of %d views, %v", len(files), len(want), err)
	}
}

// TestPagesLookFindsFaults shows a page with each fault that TestPagesLook is to find.
func TestPagesLookFindsFaults(t *testing.T) {
	const body = `<!doctype html><html lang="en"><title>x</title><body style="width:900px"><main><h1>x</h1>
<p style="color:#ccc">grey</p><input><img src="http://elsewhere.example/x.png" alt=""><script>throw new Error("loud")</script></main>`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/strict" {
			page.Headers(w.Header())
		}
		fmt.Fprint(w, body)
	}))
	defer s.Close()
	got := strings.Join(newEyes(t).run(t, "look.mjs", s.URL, t.TempDir(), "bad", "strict"), "\n")
	for _, want := range []string{
		"bad bad light 1280: script: loud", "bad bad light 1280: elsewhere: http://elsewhere.example/x.png",
		"bad bad light 1280: axe color-contrast (serious)", "bad bad light 320: axe label (critical)",
		"bad bad light 1280: theme: ", "bad bad light 320: wide: 9", "bad strict light 1280: console: ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestPagesAct uses the pages by keys, forms and live updates.
func TestPagesAct(t *testing.T) {
	r, err := page.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	own := http.NewServeMux()
	own.Handle("GET /static/", r.Static())
	own.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		page.Headers(w.Header())
		if err := r.Render(w, page.Door{Frame: page.Frame{Now: pagetest.Now(), Stranger: true}, Kind: page.Enter, Token: "x"}); err != nil {
			t.Error(err)
		}
	})
	own.HandleFunc("POST /login", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if err := new(http.CrossOriginProtection).Check(req); err != nil {
			fmt.Fprint(w, err)
			return
		}
		fmt.Fprint(w, "yes")
	})
	s := httptest.NewServer(own)
	defer s.Close()
	// By a name that is not this machine's a browser sends no Sec-Fetch-Site without TLS.
	lines := newEyes(t).run(t, "act.mjs", servePages(t), strings.Replace(s.URL, "127.0.0.1", "collector.example", 1))
	didAll(t, lines, 10)
}

// TestPagesSound listens to the page of activity: what reaches the sound card, how loud, and
// what becomes of the connection.
func TestPagesSound(t *testing.T) {
	didAll(t, newEyes(t).run(t, "hear.mjs", servePages(t)), 9)
}

// didAll holds that so many things were done, and well.
func didAll(t *testing.T, lines []string, n int) {
	t.Helper()
	for _, line := range lines {
		if !strings.HasPrefix(line, "ok ") {
			t.Error(line)
		}
	}
	if len(lines) != n {
		t.Errorf("%d things were done, want %d", len(lines), n)
	}
}
