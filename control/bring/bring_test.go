package bring

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"collector/control"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// report is what a dry run over nothing tells of a file or folder.
func report(t *testing.T, path, name string, o Options) (*Export, string) {
	t.Helper()
	x, err := Open(path, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	if err := x.Recognise(o, noon); err != nil {
		t.Fatal(err)
	}
	o.DryRun = true
	r, err := (Importer{Panel: &control.Panel{}, Now: func() time.Time { return noon }}).Import(t.Context(), x, o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return x, string(text)
}

// packed are the paths in an archive, sorted; none of what is no archive.
func packed(t *testing.T, data []byte) (names []string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if errors.Is(err, zip.ErrFormat) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

// TestPacked: what is sent elsewhere says there what it says here, and of a folder no more is
// sent than is read, under the paths that it has there.
func TestPacked(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"data/account.js":     `window.YTD.account.part0 = [{"account":{"username":"ada","accountId":"4711"}}]`,
		"data/like.js":        `window.YTD.like.part0 = [{"like":{"tweetId":"20","fullText":"just setting up"}},{"like":{}}]`,
		"data/large/film.mp4": string(make([]byte, 1<<20)),
	} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, noon.Add(-time.Hour), noon.Add(-time.Hour))); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(folder, "b.html")
	if err := os.WriteFile(file, []byte("<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF=\"https://\">x</A>\n</DL>"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(folder, "data")
	for path, c := range map[string]struct {
		Options
		sent []string // paths in the archive; none of a file, which is sent as it is
	}{
		data:       {Options{}, []string{"account.js", "like.js"}},
		folder:     {Options{Format: "x"}, []string{"data/account.js", "data/like.js"}},
		data + "/": {Options{Part: "like.js"}, []string{"like.js"}},
		file:       {},
	} {
		o := c.Options
		x, want := report(t, path, "", o)
		var sent bytes.Buffer
		if err := x.Pack(&sent); err != nil {
			t.Fatal(err)
		}
		if sent.Len() > 64<<10 {
			t.Errorf("%s: %d bytes are sent", path, sent.Len())
		}
		if got := packed(t, sent.Bytes()); !slices.Equal(got, c.sent) {
			t.Errorf("%s: %q are sent, want %q", path, got, c.sent)
		}
		there := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(there, sent.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		o.Format, o.AsOf = x.Format.Name, x.Made.Format(time.RFC3339Nano)
		if _, got := report(t, there, x.Name(), o); got != want {
			t.Errorf("%s is there\n%s, here\n%s", path, got, want)
		}
	}
}
