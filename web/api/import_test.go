package api_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/control"
	"collector/control/bring"
	"collector/state"
	"collector/store/memory"
)

const bookmarks = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF=\"https://example.org/raft\" ADD_DATE=\"1700000000\">Raft</A>\n<DT><A HREF=\"https://\">broken</A>\n</DL>\n"

// nothingLeft fails where a file that was sent is still there.
func (w *world) nothingLeft() {
	w.t.Helper()
	if left, err := os.ReadDir(w.ends.folder); err != nil || len(left) != 0 {
		w.t.Errorf("left behind: %v %v", left, err)
	}
}

// TestImport: a file is brought in as the command does it, into what is of who asks, and
// nothing of it is left in a folder.
func TestImport(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var got bring.Report
		w.ok("anna", "POST", "/api/import?dryRun=true&name=b.html", bookmarks, &got)
		if !got.DryRun || got.Read != 2 || got.Networks[0].Read != 1 || got.Format != "bookmarks" || got.Unread[0].Where[0] != "b.html, entry 2" {
			t.Errorf("dry: %+v", got)
		}
		if a := w.get("anna", "/api/explain?network=bookmarks/imported"); a.status != http.StatusNotFound {
			t.Errorf("a dry run made a list: %d", a.status)
		}
		for i, want := range []bring.Tally{
			{User: "anna", Network: "bookmarks/imported", Imported: true, Read: 1, Added: 1}, {User: "anna", Network: "bookmarks/imported", Imported: true, Read: 1, Known: 1},
		} {
			got = bring.Report{}
			w.ok("anna", "POST", "/api/import?asOf=2025-07-08", bookmarks, &got)
			if len(got.Networks) != 1 || *got.Networks[0] != want || got.MadeAt.Format(time.DateOnly) != "2025-07-08" || got.Schema != 1 {
				t.Errorf("%d: %+v %+v", i, got, got.Networks[0])
			}
		}
		if a := w.get("anna", "/api/search?q=in:bookmarks"); !strings.Contains(string(a.body), "https://example.org/raft") {
			t.Errorf("search: %s", a.body)
		}
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		part, err := z.Create("data/like.js")
		w.must(err)
		_, err = io.WriteString(part, `window.YTD.like.part0 = [{"like":{"tweetId":"20","fullText":"just setting up"}}]`)
		w.must(errors.Join(err, z.Close()))
		w.ok("operator", "POST", "/api/import?into=twitter/ada", b.String(), &got)
		if n := got.Networks[0]; n.User != control.Someone || n.Network != "twitter/ada" || n.Added != 1 {
			t.Errorf("an archive: %+v", n)
		}
		for query, want := range map[string]string{
			"": "none of the exports", "?format=x": "it is not", "?format=none": "there is no format", "?part=a.csv": "no file", "?asOf=soon": "no day and no time", "?into=x": "no name of a network",
			"?name=" + strings.Repeat("x", 256): "query.name", "?more=1": "unknown query parameter",
		} {
			body := bookmarks
			if query == "" {
				body = "some text"
			}
			w.refused("anna", "POST", "/api/import"+query, body, http.StatusUnprocessableEntity, want)
		}
		w.refused("anna", "POST", "/api/import", "", http.StatusUnprocessableEntity, "none of the exports")
		w.refused("anna", "POST", "/api/import", "PK\x03\x04 and no more", http.StatusUnprocessableEntity, "archive cannot be opened")
		w.refused("anna", "POST", "/api/import?user=bob", bookmarks, http.StatusForbidden, "nothing of other users")
		w.refused("reader", "POST", "/api/import", bookmarks, http.StatusForbidden, "change nothing")
		w.nothingLeft()
		w.panel.Room = func() error { return errors.New("the disk is nearly full") }
		w.refused("operator", "POST", "/api/import", bookmarks, http.StatusServiceUnavailable, "nearly full")
		w.panel.Room, w.panel.Simulated = nil, true
		w.refused("anna", "POST", "/api/import", bookmarks, http.StatusForbidden, "made up")
	})
}

// TestWhoSendsOwnsIt: our own export names a user, who is believed from the operator alone.
func TestWhoSendsOwnsIt(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		a := w.get("bob", "/api/export?format=jsonl")
		before := w.bobs()
		var got bring.Report
		w.ok("anna", "POST", "/api/import", string(a.body), &got)
		for _, n := range got.Networks {
			if n.User != "anna" {
				t.Errorf("it went to %+v", n)
			}
		}
		if w.bobs() != before {
			t.Error("bob's networks are changed")
		}
		w.ok("operator", "POST", "/api/import", string(a.body), &got)
		if len(got.Networks) != 2 || got.Networks[0].User != "bob" || got.Networks[0].Known == 0 || got.Networks[0].Added != 0 {
			t.Errorf("the operator's: %+v", got.Networks[0])
		}
	})
}

// TestAnImportWaits for whoever works on the list, and only so many are under way.
func TestAnImportWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, memory.New())
		got, err := w.store.Claim(t.Context(), state.Claim{Owner: "host-1", Now: noon, Until: noon.Add(time.Minute), Network: "anna-github"})
		if err != nil || len(got) != 1 {
			t.Fatalf("claimed %v: %v", got, err)
		}
		line, err := json.Marshal(map[string]any{"network": "github/anna-hub", "service": "github", "account": "anna-hub", "user": "anna", "id": "77", "url": "https://github.example/x", "title": "x", "likedAtSource": "service"})
		w.must(err)
		answers := make(chan answer, 2)
		for range 2 {
			go func() { answers <- w.ask("anna", "POST", "/api/import", string(line)) }()
		}
		synctest.Wait() // both wait for the list
		w.refused("anna", "POST", "/api/import", bookmarks, http.StatusTooManyRequests, "2 imports are under way")
		select {
		case a := <-answers:
			t.Fatalf("it did not wait: %d %s", a.status, a.body)
		case <-time.After(time.Minute):
		}
		w.must(w.store.Release(t.Context(), got[0].Lease, got[0].Progress))
		for range 2 {
			if a := <-answers; a.status != http.StatusOK {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		w.nothingLeft()
	})
}

// endless is a body without an end.
type endless struct{ n int64 }

func (e *endless) Read(b []byte) (int, error) { e.n += int64(len(b)); return len(b), nil }

// TestUploadsAreBounded: what is said to be too large is not read, and what breaks off leaves
// nothing; what a process has left that was killed is removed.
func TestUploadsAreBounded(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		body := &endless{}
		r := httptest.NewRequest("POST", "/api/import", io.LimitReader(body, 1<<31))
		r.Host, r.ContentLength = "localhost", 1<<31
		out := httptest.NewRecorder()
		w.as["anna"].ServeHTTP(out, r)
		if out.Code != http.StatusRequestEntityTooLarge || body.n != 0 || !strings.Contains(out.Body.String(), "larger than 1 GiB") {
			t.Errorf("%d after %d bytes: %s", out.Code, body.n, out.Body)
		}
		r = httptest.NewRequest("POST", "/api/import", io.MultiReader(strings.NewReader(bookmarks), torn{}))
		r.Host = "localhost"
		out = httptest.NewRecorder()
		w.as["anna"].ServeHTTP(out, r)
		if out.Code != http.StatusBadRequest || !strings.Contains(out.Body.String(), "to its end") {
			t.Errorf("broken off: %d %s", out.Code, out.Body)
		}
		w.nothingLeft()
		old, young := filepath.Join(w.ends.folder, ".collector-upload-1"), filepath.Join(w.ends.folder, ".collector-upload-2")
		for name, at := range map[string]time.Time{old: noon.Add(-25 * time.Hour), young: noon} {
			w.must(os.Mkdir(name, 0o700))
			w.must(os.Chtimes(name, at, at))
		}
		w.ok("anna", "POST", "/api/import", bookmarks, &bring.Report{})
		if left, err := filepath.Glob(filepath.Join(w.ends.folder, ".*")); err != nil || fmt.Sprint(left) != fmt.Sprint([]string{young}) {
			t.Errorf("left: %v %v", left, err)
		}
	})
}

// torn is a connection that ends.
type torn struct{}

func (torn) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
