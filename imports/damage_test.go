package imports

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// packed makes a zip archive of files.
func packed(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: noon})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, files[name]) // into memory
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unpacked(t *testing.T, archive []byte) []Part {
	t.Helper()
	if !IsArchive(bytes.NewReader(archive)) {
		t.Error("an archive is not known as one")
	}
	parts, err := Archive(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// TestArchives: a zip archive says the same as the folder it is unpacked to.
func TestArchives(t *testing.T) {
	for name, files := range samples() {
		format, _, _ := strings.Cut(name, ",")
		want := entries(t, format, folder(t, files))
		parts := unpacked(t, packed(t, files))
		got := entries(t, format, parts)
		slices.SortFunc(want, func(a, b Entry) int { return strings.Compare(told(a), told(b)) })
		slices.SortFunc(got, func(a, b Entry) int { return strings.Compare(told(a), told(b)) })
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s:\n got %v\nwant %v", name, got, want)
		}
		if !parts[0].Made.Equal(noon) {
			t.Errorf("%s: made at %v", name, parts[0].Made)
		}
	}
}

// TestDamage cuts each export off at many places and spoils bytes of it: what could be
// read is read, the rest is told, and nothing else happens.
func TestDamage(t *testing.T) {
	for name, files := range samples() {
		format, _, _ := strings.Cut(name, ",")
		whole := 0
		for _, e := range entries(t, format, folder(t, files)) {
			if e.Err == nil {
				whole++
			}
		}
		for file, content := range files {
			for at := 0; at < len(content); at += 7 {
				for _, damaged := range []string{content[:at], content[:at] + "\xff\"{" + content[at+1:]} {
					broken := maps.Clone(files)
					broken[file] = damaged
					f, found, err := Recognise(Formats(), folder(t, broken), format)
					if err != nil {
						continue // no longer to be recognised
					}
					good := 0
					err = f.Read(t.Context(), found, func(e Entry) error {
						if err := sound(e); err != nil {
							t.Errorf("%s, %s damaged at %d: %v", name, file, at, err)
						}
						if e.Err == nil {
							good++
						}
						return nil
					})
					if err != nil || good > whole+1 {
						t.Errorf("%s, %s damaged at %d: %d entries of %d, %v", name, file, at, good, whole, err)
					}
				}
			}
		}
	}
}

// TestATruncatedArchiveOfXSaysWhereItEnds: what stands before the end is imported.
func TestATruncatedArchiveOfXSaysWhereItEnds(t *testing.T) {
	got := entries(t, "x", alone("like.js", `window.YTD.like.part0 = [{"like":{"tweetId":"20"}},{"like":{"twee`))
	if len(got) != 2 || got[0].Err != nil || got[1].Err == nil || got[1].Where != "like.js, entry 2" {
		t.Errorf("%+v", got)
	}
	got = entries(t, "x", alone("like.js", `window.YTD.like.part0 = [{"like":{"tweetId":"20"}}`))
	if len(got) != 2 || got[1].Err == nil || !errors.Is(got[1].Err, io.ErrUnexpectedEOF) {
		t.Errorf("without the bracket at its end: %+v", got)
	}
}

// TestEncodings: what other programs save is read as what it says.
func TestEncodings(t *testing.T) {
	const table = "title,url,time_added,tags,status\nÄpfel über Öl,https://example.org/a,1700000000,,unread\n"
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"UTF-8": table, "with a byte order mark": "\xef\xbb\xbf" + table, "UTF-16": utf16} {
		got := entries(t, "pocket", alone("part.csv", content))
		if len(got) != 1 || got[0].Item.Title != "Äpfel über Öl" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	page := func(charset, title string) string {
		return "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<META HTTP-EQUIV=Content-Type CONTENT=\"text/html; charset=" + charset + "\">\n<DL><DT><A HREF=\"https://example.org/\">" + title + "</A></DL>"
	}
	latin, err := charmap.Windows1252.NewEncoder().String("Äpfel")
	if err != nil {
		t.Fatal(err)
	}
	if got := entries(t, "bookmarks", alone("b.html", page("ISO-8859-1", latin))); len(got) != 1 || got[0].Item.Title != "Äpfel" {
		t.Errorf("Latin-1: %+v", got)
	}
	if got := entries(t, "bookmarks", alone("b.html", page("UTF-8", latin))); len(got) != 1 || got[0].Item.Title != "\ufffdpfel" {
		t.Errorf("Latin-1 that says it is UTF-8: %+v", got)
	}
	if got := entries(t, "bookmarks", alone("b.html", page("shift_jis", "x"))); len(got) != 1 || got[0].Err == nil || !strings.Contains(got[0].Err.Error(), "shift_jis") {
		t.Errorf("an encoding that is not read: %+v", got)
	}
}

// TestBombs: what unpacks to more than an export holds is read to the limit and told.
func TestBombs(t *testing.T) {
	zeros := strings.Repeat(" ", bombFrom+1<<20)
	r, err := unpacked(t, packed(t, map[string]string{"bomb": zeros}))[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); !errors.Is(err, ErrTooLarge) || n > bombFrom {
		t.Errorf("%d bytes unpacked, %v", n, err)
	}
	for name, files := range map[string]map[string]string{
		"a script": {"like.js": "window.YTD.like.part0 = [" + zeros + "]"},
		"a table":  {"part_000000.csv": "title,url,time_added,tags,status\n" + strings.Repeat("\n", len(zeros))},
		"a page":   {"bookmarks.html": "<!DOCTYPE NETSCAPE-Bookmark-file-1>" + zeros},
	} {
		format := map[string]string{"a script": "x", "a table": "pocket", "a page": "bookmarks"}[name]
		got := entries(t, format, unpacked(t, packed(t, files)))
		if len(got) != 1 || !errors.Is(got[0].Err, ErrTooLarge) && !errors.Is(got[0].Err, errLongEntry) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestAnEntryThatIsNeverClosed does not fill the memory.
func TestAnEntryThatIsNeverClosed(t *testing.T) {
	endless := func(head, more string) []Part {
		return []Part{{Name: "x", Alone: true, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader(head), io.LimitReader(&again{text: more}, 100<<20))), nil
		}}}
	}
	for format, parts := range map[string][]Part{
		"pocket":    endless("title,url,time_added,tags,status\n\"", "abc\n"),
		"csv":       endless("service,network,id,url,likedAtSource\n\"", "abc\n"),
		"x":         endless(`window.YTD.like.part0 = [{"like":{"fullText":"`, "abc "),
		"jsonl":     endless(`{"service":"github","network":"x","id":"1","url":"x","likedAtSource":"","text":"`, "abc "),
		"bookmarks": endless("<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><DT><A HREF=\"https://example.org/", "abc "),
	} {
		f, found, err := Recognise(Formats(), parts, format)
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var got []Entry
		err = f.Read(t.Context(), found, func(e Entry) error { got = append(got, e); return nil })
		runtime.ReadMemStats(&after)
		if err != nil || len(got) != 1 || got[0].Err == nil {
			t.Errorf("%s: %d entries, %v", format, len(got), err)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 80 {
			t.Errorf("%s: %d MB allocated", format, took)
		}
	}
}

// again repeats a text for ever.
type again struct {
	text string
	at   int
}

func (a *again) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = a.text[a.at]
		a.at = (a.at + 1) % len(a.text)
	}
	return len(b), nil
}

// TestALongExportNeedsTheMemoryOfOneEntry reads fifty thousand of them.
func TestALongExportNeedsTheMemoryOfOneEntry(t *testing.T) {
	const rows = 50_000
	row := "A title,https://example.org/a,1700000000,a|b,unread\n"
	part := []Part{{Name: "part_000000.csv", Alone: true, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("title,url,time_added,tags,status\n"), io.LimitReader(&again{text: row}, int64(rows*len(row))))), nil
	}}}
	f, found, err := Recognise(Formats(), part, "")
	if err != nil {
		t.Fatal(err)
	}
	n, most := 0, uint64(0)
	err = f.Read(t.Context(), found, func(e Entry) error {
		if n++; n%10_000 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
		return e.Err
	})
	if err != nil || n != rows {
		t.Errorf("%d entries, %v", n, err)
	}
	if most > 64<<20 {
		t.Errorf("%d MB of memory held", most>>20)
	}
}

// TestSeveralPlaylists: where no file says that it is the list of likes, a person chooses.
func TestSeveralPlaylists(t *testing.T) {
	files := map[string]string{
		"Takeout/YouTube/Playlists/Eins.csv": "Video-ID,Zeit\naaaaaaaaaaa,2023-05-05T05:05:05+00:00\n",
		"Takeout/YouTube/Playlists/Zwei.csv": "Video-ID,Zeit\nbbbbbbbbbbb,2023-05-05T05:05:05+00:00\n",
	}
	_, _, err := Recognise(Formats(), folder(t, files), "")
	if !errors.Is(err, ErrWhich) || !strings.Contains(err.Error(), "Eins.csv, Zwei.csv") {
		t.Errorf("%v", err)
	}
	delete(files, "Takeout/YouTube/Playlists/Eins.csv")
	if got := entries(t, "takeout", folder(t, files)); len(got) != 1 || got[0].Item.ID != "bbbbbbbbbbb" {
		t.Errorf("the only one: %+v", got)
	}
}

// TestAnEncryptedArchive is told as such.
func TestAnEncryptedArchive(t *testing.T) {
	archive := packed(t, samples()["x"])
	for i := 0; i+10 < len(archive); i++ {
		switch string(archive[i : i+4]) {
		case "PK\x03\x04":
			archive[i+6] |= 1
		case "PK\x01\x02":
			archive[i+8] |= 1
		}
	}
	_, err := unpacked(t, archive)[0].Open()
	if err == nil || !strings.Contains(err.Error(), "encrypted") {
		t.Errorf("%v", err)
	}
}
