package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/store"
	"collector/store/memory"
	"collector/web"
	"collector/web/api"
)

// TestBackup is sent whole, with what is in it, to the operator alone; nothing of it is left
// behind.
func TestBackup(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, who := range []string{"anna", "browser", "reader", "watcher", "figures"} {
			w.refused(who, "POST", "/api/backup", "", http.StatusForbidden, "for the operator alone")
		}
		left := func(when string) {
			t.Helper()
			if found, err := filepath.Glob(filepath.Join(w.ends.folder, ".collector-copy-*")); err != nil || len(found) > 0 {
				t.Errorf("%s: left behind %v %v", when, found, err)
			}
		}
		if strings.HasPrefix(w.store.Describe(), "in memory") {
			w.refused("operator", "POST", "/api/backup", "", http.StatusUnprocessableEntity, "in no file")
			left("refused")
			return
		}
		a := w.ask("operator", "POST", "/api/backup", "")
		sum := sha256.Sum256([]byte(secret))
		if a.status != http.StatusOK || string(a.body) != secret || a.header.Get(web.DigestHeader) != web.Digest(sum[:]) ||
			a.header.Get("Content-Length") != "9" || a.header.Get("Content-Type") != web.BackupType {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
		text := a.header.Get(web.CopyHeader)
		var made control.Copy
		if err := json.Unmarshal([]byte(text), &made); err != nil || made.Items != 10 || !strings.HasPrefix(made.Key, "it is in /ключ/") || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%s is %+v, %v", text, made, err)
		}
		left("sent")
		noted := func() string {
			t.Helper()
			text, err := w.store.Meta(t.Context(), store.MetaBackedUp)
			w.must(err)
			return text
		}
		if got := noted(); got != noon.Format(time.RFC3339)+" 9" {
			t.Errorf("once it was sent the store knows %q", got)
		}
		w.must(w.store.SetMeta(t.Context(), store.MetaBackedUp, ""))
		r := httptest.NewRequest("POST", "/api/backup", nil)
		r.Host = "localhost"
		w.as["operator"].ServeHTTP(unwritten{httptest.NewRecorder()}, r)
		if got := noted(); got != "" {
			t.Errorf("once it was not sent the store knows %q", got)
		}
		left("not sent")

		begun, end := make(chan struct{}), make(chan struct{})
		w.panel.Beside.Backup = func(_ context.Context, file string) (control.Copy, error) {
			close(begun)
			<-end
			return control.Copy{}, os.WriteFile(file, nil, 0o600)
		}
		done := make(chan answer)
		go func() { done <- w.ask("operator", "POST", "/api/backup", "") }()
		<-begun
		w.refused("operator", "POST", "/api/backup", "", http.StatusTooManyRequests, "another backup")
		close(end)
		if a := <-done; a.status != http.StatusOK {
			t.Errorf("the first of two: %d %s", a.status, a.body)
		}
		left("two")
	})
}

// unwritten is an answer that nobody takes.
type unwritten struct{ *httptest.ResponseRecorder }

func (unwritten) Write([]byte) (int, error) { return 0, errors.New("nobody takes it") }

// TestWhatAKilledProcessLeftGoesAtTheStart, and nothing that another one may be making now.
func TestWhatAKilledProcessLeftGoesAtTheStart(t *testing.T) {
	w := newWorld(t, memory.New())
	folder := t.TempDir()
	old, young, upload := filepath.Join(folder, ".collector-copy-1"), filepath.Join(folder, ".collector-copy-2"), filepath.Join(folder, ".collector-upload-1")
	for name, at := range map[string]time.Time{old: noon.Add(-25 * time.Hour), young: noon.Add(-23 * time.Hour), upload: noon.Add(-25 * time.Hour)} {
		w.must(os.Mkdir(name, 0o700))
		w.must(os.Chtimes(name, at, at))
	}
	_, err := api.New(api.Config{Panel: w.panel, Grants: w.kept.let, Now: atNoon, Version: "test", Folder: folder, Copies: web.NewCopies(w.panel, folder, atNoon)})
	w.must(err)
	if left, err := filepath.Glob(filepath.Join(folder, ".*")); err != nil || !slices.Equal(left, []string{young}) {
		t.Errorf("left: %v %v", left, err)
	}
}
