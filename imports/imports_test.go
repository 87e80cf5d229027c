package imports

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"collector/item"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// folder makes the parts of an export from their contents by name.
func folder(t *testing.T, files map[string]string) []Part {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content), ModTime: noon}
	}
	parts, err := Folder(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// alone is an export of one file.
func alone(name, content string) []Part {
	return []Part{{Name: name, Alone: true, Made: noon, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}}}
}

// entries recognises an export and reads all of it.
func entries(t *testing.T, format string, parts []Part) []Entry {
	t.Helper()
	f, found, err := Recognise(Formats(), parts, "")
	if err != nil || f.Name != format {
		t.Fatalf("recognised as %q, %v, want %q", f.Name, err, format)
	}
	var out []Entry
	if err := f.Read(t.Context(), found, func(e Entry) error { out = append(out, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// told puts an entry into a line.
func told(e Entry) string {
	if e.Err != nil {
		return "bad " + e.Where + ": " + e.Err.Error()
	}
	if e.Left != "" {
		return "left " + e.Where + ": " + e.Left
	}
	it := e.Item
	s := fmt.Sprintf("%s %s %s %q", e.List.Service, it.Kind, it.ID, it.Title)
	for _, more := range []struct {
		name string
		is   bool
		text string
	}{
		{"account", e.List.Account != "", e.List.Account + "=" + e.List.RemoteID},
		{"at", it.URL != it.ID, it.URL},
		{"text", it.Text != "", fmt.Sprintf("%q", it.Text)},
		{"tags", len(it.Tags) > 0, strings.Join(it.Tags, "|")},
		{"liked", !it.LikedAt.IsZero(), it.LikedAt.Format(time.RFC3339Nano) + " " + string(it.LikedFrom)},
		{"made", !it.CreatedAt.IsZero(), it.CreatedAt.Format(time.RFC3339Nano)},
		{"private", it.Private, "yes"},
		{"bare", it.Bare, "yes"},
	} {
		if more.is {
			s += " " + more.name + " " + more.text
		}
	}
	return s
}

func same(t *testing.T, got []Entry, want ...string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = told(got[i])
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("entry %d:\n got %s\nwant %s", i+1, g, w)
		}
	}
}

// TestFormatsAreToldApart: each export is recognised by its content, and nothing else is.
func TestFormatsAreToldApart(t *testing.T) {
	for name, files := range samples() {
		format, _, _ := strings.Cut(name, ",")
		f, _, err := Recognise(Formats(), folder(t, files), "")
		if err != nil || f.Name != format {
			t.Errorf("%s: recognised as %q, %v", name, f.Name, err)
		}
		if len(files) == 1 {
			for _, content := range files {
				f, _, err := Recognise(Formats(), alone("renamed.bin", content), "")
				if format != "reddit" && (err != nil || f.Name != format) {
					t.Errorf("%s, alone under another name: recognised as %q, %v", name, f.Name, err)
				}
			}
		}
	}
	for name, content := range map[string]string{
		"empty": "", "text": "hello\nworld", "JSON": `{"a":1}`, "a list": "[1,2]", "HTML": "<html><a href=https://example.org>x</a>", "CSV": "a,b\n1,2\n",
		"zeros": strings.Repeat("\x00", 1000), "a quotation mark": `"`, "another script": "window.YTD.tweet.part0 = []",
	} {
		if f, _, err := Recognise(Formats(), alone("x", content), ""); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: recognised as %q, %v", name, f.Name, err)
		}
	}
	if _, _, err := Recognise(Formats(), alone("x", "a,b"), "pocket"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "a Pocket export") {
		t.Errorf("a wish that does not fit: %v", err)
	}
	if _, _, err := Recognise(Formats(), nil, "poket"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "pocket-html") {
		t.Errorf("a format that does not exist: %v", err)
	}
}

// TestReadEndsWhereItsCallerSaysSo: no format goes on after an error of its caller.
func TestReadEndsWhereItsCallerSaysSo(t *testing.T) {
	enough := errors.New("enough")
	for _, name := range slices.Sorted(maps.Keys(samples())) {
		f, found, err := Recognise(Formats(), folder(t, samples()[name]), "")
		if err != nil {
			t.Fatal(err)
		}
		all := 0
		if err := f.Read(t.Context(), found, func(Entry) error { all++; return nil }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for stop := 1; stop <= all; stop++ {
			n := 0
			err := f.Read(t.Context(), found, func(Entry) error {
				if n++; n == stop {
					return enough
				}
				return nil
			})
			if !errors.Is(err, enough) || n != stop {
				t.Errorf("%s: told to stop at %d it read %d: %v", name, stop, n, err)
			}
		}
	}
}

// TestEntriesAreWhatAStoreTakes: each entry is a like with id, address and service, or
// says why not, and where.
func TestEntriesAreWhatAStoreTakes(t *testing.T) {
	for name, files := range samples() {
		format, _, _ := strings.Cut(name, ",")
		good := 0
		for _, e := range entries(t, format, folder(t, files)) {
			if err := sound(e); err != nil {
				t.Errorf("%s: %v: %+v", name, err, e)
			}
			if e.Err == nil && e.Left == "" {
				good++
			}
		}
		if good == 0 {
			t.Errorf("%s: no like in it", name)
		}
	}
}

// sound tells what is wrong with an entry.
func sound(e Entry) error {
	it := e.Item
	if e.Where == "" {
		return errors.New("no place")
	}
	if e.Err != nil || e.Left != "" {
		return nil
	}
	switch {
	case it.ID == "" || e.List.Service == "":
		return errors.New("no id or no service")
	case !strings.HasPrefix(strings.ToLower(it.URL), "http"):
		return errors.New("no web address")
	case it.LikedAt.IsZero() != (it.LikedFrom == ""):
		return errors.New("a like time without its source, or the reverse")
	case !it.LikedAt.IsZero() && it.LikedAt.Location() != time.UTC, it.LikedFrom != "" && !slices.Contains([]item.Source{item.FromAPI, item.FromOrder, item.FromFirstSeen}, it.LikedFrom):
		return errors.New("an odd like time")
	}
	return nil
}

// TestOnlyPartsThatMayHoldLikesAreOpened: an archive holds pictures by the thousand.
func TestOnlyPartsThatMayHoldLikesAreOpened(t *testing.T) {
	parts := folder(t, samples()["x"])
	for _, name := range []string{"data/tweets_media/1.jpg", "data/tweets_media/2.mp4", "README", "assets/x.svg"} {
		parts = append(parts, Part{Name: name, Open: func() (io.ReadCloser, error) {
			t.Errorf("%s was opened", name)
			return nil, errors.New("not this one")
		}})
	}
	if got := len(entries(t, "x", parts)); got == 0 {
		t.Error("nothing was read")
	}
}
