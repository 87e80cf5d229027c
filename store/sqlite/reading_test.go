package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/state"
	"collector/store"
)

// readOnly takes the right to write to a store and its folder, as a file system
// does that has become read-only; the mode bits count for the superuser too.
func readOnly(t *testing.T, path string) {
	t.Helper()
	for name, mode := range map[string]os.FileMode{path: 0o400, filepath.Dir(path): 0o500} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { os.Chmod(filepath.Dir(path), 0o700) })
}

func readable(t *testing.T, path string) (store.Store, error) {
	t.Helper()
	o := options("")
	o.Reading = true
	s, err := Open(t.Context(), path, o)
	if err == nil {
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return s, err
}

// Promise R14: what is stored can be read where nothing can be written, also what
// a collector that has the file open wrote last.
func TestReadOnlyStoreIsRead(t *testing.T) {
	for name, running := range map[string]bool{"closed": false, "open": true} {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			w := open(t, path)
			if err := w.SetMeta(t.Context(), "word", "kept"); err != nil {
				t.Fatal(err)
			}
			if !running {
				w.Close()
			}
			readOnly(t, path)
			if _, err := Open(t.Context(), path, options("")); !errors.Is(err, store.ErrReadOnly) {
				t.Errorf("opened for writing: %v", err)
			}
			s, err := readable(t, path)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.Meta(t.Context(), "word"); err != nil || got != "kept" {
				t.Errorf("read %q, %v", got, err)
			}
			if _, err := s.Tally(t.Context(), noon); err != nil {
				t.Error(err)
			}
			if _, err := s.Search(t.Context(), store.Query{}); err != nil {
				t.Error(err)
			}
			for what, err := range map[string]error{
				"a value": s.SetMeta(t.Context(), "word", "lost"), "a purge": purge(t.Context(), s),
			} {
				if !errors.Is(err, state.ErrUnavailable) {
					t.Errorf("writing %s: %v", what, err)
				}
			}
		})
	}
}

func purge(ctx context.Context, s store.Store) error {
	_, err := s.PurgeUser(ctx, "me")
	return err
}

// What cannot be read without writing is told, with the reason.
func TestReadOnlyStoreIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		make func(path string)
		is   error
		text string
	}{
		"an older schema": {func(path string) { sqlOn(t, path, "DELETE FROM "+versions+" WHERE version_id > 1") }, store.ErrReadOnly, "must be upgraded"},
		"a newer schema":  {func(path string) { sqlOn(t, path, "INSERT INTO "+versions+" (version_id, is_applied) VALUES (99, 1)") }, store.ErrNewer, "schema 99"},
		"another program": {func(path string) { sqlOn(t, path, "PRAGMA application_id = 7") }, store.ErrForeign, "another program"},
		"no store": {func(path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("no store ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, store.ErrForeign, "no SQLite file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			open(t, path).Close()
			c.make(path)
			readOnly(t, path)
			if _, err := readable(t, path); !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("error %v, want %v with %q", err, c.is, c.text)
			}
		})
	}
}
