package imports

import (
	"io"
	"strings"
	"testing"
)

// fuzz reads anything as one format: nothing panics, nothing is told twice as an error
// of the caller, and every entry is one that a store takes.
func fuzz(f *testing.F, format Format, name string) {
	for sample, files := range samples() {
		if prefix, _, _ := strings.Cut(sample, ","); prefix == format.Name {
			for _, content := range files {
				f.Add([]byte(content))
			}
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		part := Part{Name: name, Alone: true, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(content))), nil }}
		if _, err := format.Find([]Part{part}); err != nil {
			t.Fatalf("one file leaves no choice: %v", err)
		}
		n := 0
		err := format.Read(t.Context(), []Part{part}, func(e Entry) error {
			n++
			return sound(e)
		})
		if err != nil {
			t.Fatal(err)
		}
		if n > len(content)+1 {
			t.Fatalf("%d entries of %d bytes", n, len(content))
		}
	})
}

func FuzzBookmarks(f *testing.F)   { fuzz(f, bookmarks(), "x.html") }
func FuzzPocketTable(f *testing.F) { fuzz(f, pocketTable(), "x.csv") }
func FuzzPocketPage(f *testing.F)  { fuzz(f, pocketPage(), "x.html") }
func FuzzX(f *testing.F)           { fuzz(f, xArchive(), "like.js") }
func FuzzReddit(f *testing.F)      { fuzz(f, reddit(), "saved_posts.csv") }
func FuzzTakeout(f *testing.F)     { fuzz(f, takeout(), "x.csv") }
func FuzzOwnLines(f *testing.F)    { fuzz(f, ownLines(), "x.jsonl") }
func FuzzOwnTable(f *testing.F)    { fuzz(f, ownTable(), "x.csv") }

// FuzzArchive opens anything as an archive.
func FuzzArchive(f *testing.F) {
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, content []byte) {
		parts, err := Archive(strings.NewReader(string(content)), int64(len(content)))
		if err != nil {
			return
		}
		for _, p := range parts {
			if r, err := p.Open(); err == nil {
				_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20)) // what is broken says so
				r.Close()
			}
		}
	})
}
