package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"collector/store"
	"collector/store/sqlite"
)

func served(t *testing.T) *floor {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var rows []string
		for i := range 25 {
			rows = append(rows, fmt.Sprintf(`{"starred_at":"2026-01-02T03:04:05Z","repo":{"id":%d,"full_name":"%s/r%d","created_at":"2020-01-02T03:04:05Z","topics":["go"],"owner":{"login":"ada"}}}`,
				i+1, r.Header.Get("Authorization")[7:], i))
		}
		body := "[" + strings.Join(rows, ",") + "]"
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		fmt.Fprint(w, body)
	}))
	t.Cleanup(srv.Close)
	f := &floor{url: srv.URL, db: "sqlite:" + filepath.Join(t.TempDir(), "floor.db"), flying: 3, search: true}
	if err := f.read(strings.NewReader("one two three\nfour")); err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(t.Context(), strings.TrimPrefix(f.db, "sqlite:"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEveryRowIsStoredAndFound(t *testing.T) {
	f := served(t)
	for round, want := range []Done{{4, 100}, {4, 0}} {
		if done, err := f.run(t.Context()); err != nil || done != want {
			t.Fatalf("round %d: %+v, %v", round, done, err)
		}
	}
	w, err := openSQLite(t.Context(), strings.TrimPrefix(f.db, "sqlite:"), true)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	var rows, found int
	err = w.conn.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM items), (SELECT count(*) FROM word_index WHERE word_index MATCH 'words:r7')").Scan(&rows, &found)
	if err != nil || rows != 100 || found != 4 {
		t.Errorf("%d rows, %d found, %v", rows, found, err)
	}
}

func TestMeasure(t *testing.T) {
	f := served(t)
	out, err := f.measure(t.Context(), 3)
	if err != nil || out.Rows != 75 || out.Bytes == 0 || out.Decode <= 0 || out.Wall <= 0 {
		t.Errorf("%+v, %v", out, err)
	}
}
