package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/control/bring"
	"collector/item"
)

const bookmarkFile = `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p>
<DT><A HREF="https://example.org/raft" ADD_DATE="1700000000" TAGS="go">Raft</A>
<DD>about consensus
<DT><A HREF="javascript:alert(1)">bookmarklet</A>
<DT><A HREF="https://">broken</A>
<DT><A HREF="https://example.org/paxos">Paxos</A>
</DL>`

// handed writes a file and says when it was made.
func handed(t *testing.T, name, text string, at time.Time) {
	t.Helper()
	write(t, name, text)
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

// zipped writes a zip archive.
func zipped(t *testing.T, name string, at time.Time, files map[string]string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: file, Method: zip.Deflate, Modified: at})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, files[file]) // into memory
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, name, b.String())
}

// reported runs an import and reads its report.
func reported(t *testing.T, code int, args ...string) bring.Report {
	t.Helper()
	o := program{now: atNoon}.run(t, append([]string{"import", "--json"}, args...)...)
	if o.code != code {
		t.Fatalf("%v: exit code %d, want %d\n%s%s", args, o.code, code, o.out, o.err)
	}
	var r bring.Report
	if err := json.Unmarshal([]byte(o.out), &r); err != nil {
		t.Fatalf("%v: %v in %q", args, err, o.out)
	}
	return r
}

// TestImportOfBookmarks: what can be read is in and can be found, the rest is told with
// its place and the reason, and the list is never collected.
func TestImportOfBookmarks(t *testing.T) {
	inFolder(t)
	handed(t, "bookmarks.html", bookmarkFile, noon.Add(-48*time.Hour))
	o := program{now: atNoon}.run(t, "import", "--dry-run", "bookmarks.html")
	if o.code != exitPermanent || !strings.Contains(o.err, "2 likes would go to bookmarks/imported (kept, not collected)") {
		t.Errorf("dry run: %d %s", o.code, o.err)
	}
	if _, err := os.Stat("collector.db"); err == nil {
		t.Error("a dry run made a store")
	}
	o = program{now: atNoon}.run(t, "import", "bookmarks.html")
	for _, want := range []string{
		"this is a bookmark file of 20 November 2026", "bookmarks/imported (kept, not collected): 2 added, 0 changed, 0 known",
		"left out: 1 entry: no web page (javascript:) (bookmarks.html, entry 2)", "not read: 1 entry: the address is no web address (bookmarks.html, entry 3)",
		"1 entry could not be read",
	} {
		if !strings.Contains(o.err, want) {
			t.Errorf("it does not say %q:\n%s", want, o.err)
		}
	}
	if o.code != exitPermanent || o.out != "" {
		t.Errorf("exit code %d, output %q", o.code, o.out)
	}
	r := reported(t, exitPermanent, "bookmarks.html")
	if len(r.Networks) != 1 || *r.Networks[0] != (bring.Tally{User: "me", Network: "bookmarks/imported", Imported: true, Read: 2, Known: 2}) ||
		r.Read != 4 || r.Format != "bookmarks" || len(r.Unread) != 1 || r.Unread[0].Where[0] != "bookmarks.html, entry 3" || len(r.LeftOut) != 1 {
		t.Errorf("the second time: %+v", r)
	}
	if o := (program{now: atNoon}).run(t, "search", "in:bookmarks", "consensus").must(t); !strings.Contains(o.out, "https://example.org/raft") || strings.Contains(o.out, "paxos") {
		t.Errorf("search: %s", o.out)
	}
	o = program{now: atNoon}.run(t, "status").must(t)
	for _, want := range []string{"bookmarks/imported   imported       2   -         never", "imported, not collected", "1 network: 1 imported"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("the status does not say %q:\n%s", want, o.out)
		}
	}
	if o := (program{now: atNoon}).run(t, "explain", "bookmarks/imported").must(t); !strings.Contains(o.out, "next run     never") || !strings.Contains(o.out, "imported, not collected") || strings.Contains(o.out, "paused") {
		t.Errorf("explain: %s", o.out)
	}
	if o := (program{now: atNoon}).run(t, "accounts", "resume", "bookmarks/imported"); o.code != exitUsage || !strings.Contains(o.err, "import a newer export") {
		t.Errorf("resuming it: %d %s", o.code, o.err)
	}
	program{now: atNoon}.run(t, "accounts", "resume", "--all").must(t)
	if o := (program{now: atNoon}).run(t, "sync", "--all").must(t); !strings.Contains(o.err, "imported and not collected") {
		t.Errorf("sync: %s", o.err)
	}
	if o := (program{now: atNoon}).run(t, "status").must(t); !strings.Contains(o.out, "1 network: 1 imported") {
		t.Errorf("the status after that: %s", o.out)
	}
}

// TestImportsOfEveryKind: each kind goes to the list of its service.
func TestImportsOfEveryKind(t *testing.T) {
	inFolder(t)
	at := noon.Add(-24 * time.Hour)
	zipped(t, "pocket.zip", at, map[string]string{"part_000000.csv": "title,url,time_added,tags,status\nA,https://example.org/a,1700000000,x,unread\n"})
	zipped(t, "x.zip", at, map[string]string{
		"data/account.js": `window.YTD.account.part0 = [{"account":{"username":"ada","accountId":"4711"}}]`,
		"data/like.js":    `window.YTD.like.part0 = [{"like":{"tweetId":"20","fullText":"just setting up"}}]`,
	})
	zipped(t, "reddit.zip", at, map[string]string{
		"saved_posts.csv": "id,permalink\nabc,/r/golang/comments/abc/maps/\n",
		"post_votes.csv":  "id,permalink,direction\ndef,/r/golang/comments/def/chans/,up\nghi,/r/golang/comments/ghi/x/,down\n",
	})
	zipped(t, "takeout.zip", at, map[string]string{"Takeout/YouTube/playlists/Liked videos.csv": "Video ID,Time Added\naaaaaaaaaaa,2021-05-01 12:00:00 UTC\n"})
	for _, c := range []struct {
		file, format string
		networks     []string
	}{
		{"pocket.zip", "pocket", []string{"pocket/imported"}},
		{"x.zip", "x", []string{"twitter/ada"}},
		{"reddit.zip", "reddit", []string{"reddit-upvoted/imported", "reddit/imported"}},
		{"takeout.zip", "takeout", []string{"youtube/imported"}},
	} {
		r := reported(t, exitOK, c.file)
		var names []string
		for _, n := range r.Networks {
			names = append(names, n.Network)
			if n.Added != 1 {
				t.Errorf("%s: %+v", c.file, n)
			}
		}
		if r.Format != c.format || strings.Join(names, " ") != strings.Join(c.networks, " ") || !r.MadeAt.Equal(at) {
			t.Errorf("%s: %s of %v into %v", c.file, r.Format, r.MadeAt, names)
		}
	}
	zipped(t, "playlists.zip", at, map[string]string{"Eins.csv": "Video-ID,Zeit\naaaaaaaaaaa,2021-05-01\n", "Zwei.csv": "Video-ID,Zeit\nbbbbbbbbbbb,2021-05-01\n"})
	if o := (program{now: atNoon}).run(t, "import", "playlists.zip"); o.code != exitUsage || !strings.Contains(o.err, "Eins.csv, Zwei.csv") || !strings.Contains(o.err, "--part NAME") {
		t.Errorf("two playlists: %d %s", o.code, o.err)
	}
	if r := reported(t, exitOK, "--dry-run", "--part", "Zwei.csv", "playlists.zip"); r.Networks[0].Read != 1 {
		t.Errorf("one of them: %+v", r.Networks[0])
	}
	if err := os.MkdirAll("folder/data", 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, "folder/data/like.js", `window.YTD.like.part0 = [{"like":{"tweetId":"20","fullText":"just setting up"}}]`)
	if r := reported(t, exitOK, "folder"); r.Networks[0].Network != "twitter/ada" || r.Networks[0].Known != 1 {
		t.Errorf("a folder: %+v", r.Networks[0])
	}
	r := reported(t, exitOK, "--into", "reddit/octo_cat", "reddit.zip")
	if len(r.Networks) != 2 || r.Networks[0].Network != "reddit-upvoted/octo_cat" || r.Networks[1].Network != "reddit/octo_cat" || r.Added() != 2 {
		t.Errorf("both lists under another name: %+v %+v", r.Networks[0], r.Networks[1])
	}
	if n := strings.Count(program{now: atNoon}.run(t, "search", "--json", "in:twitter or in:reddit or in:reddit-upvoted or in:youtube or in:pocket").must(t).out, "\n"); n != 7 {
		t.Errorf("%d items found, want 7", n)
	}
	if o := accountsOf(t, program{now: atNoon}); strings.Count(o, "reddit-upvoted/imported") != 1 || strings.Count(o, "\n") != 5 {
		t.Errorf("the lists of Reddit are of one account a name: %s", o)
	}
}

// TestImportGoesToTheNetworkOfItsService, where that is not in doubt.
func TestImportGoesToTheNetworkOfItsService(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		s.network("me", "twitter", "", "ada", []item.Item{{ID: "20", URL: "https://x.com/jack/status/20", Title: "collected"}}, normal())
		s.network("you", "twitter", "", "bob", nil, normal())
	})
	like := `window.YTD.like.part0 = [{"like":{"tweetId":"20","fullText":"x"}},{"like":{"tweetId":"21","fullText":"y"}}]`
	handed(t, "like.js", like, noon.Add(time.Hour)) // of a wrong clock: it counts as made now
	r := reported(t, exitOK, "like.js")
	if len(r.Networks) != 1 || *r.Networks[0] != (bring.Tally{User: "me", Network: "twitter/ada", Read: 2, Added: 1, Known: 1}) || !r.MadeAt.Equal(noon) {
		t.Errorf("%+v of %v", r.Networks[0], r.MadeAt)
	}
	if o := (program{now: atNoon}).run(t, "search", "collected", "--json").must(t); !strings.Contains(o.out, `"id":"20"`) {
		t.Errorf("what was collected changed: %s", o.out)
	}
	if o := (program{now: atNoon}).run(t, "status", "twitter/ada").must(t); !strings.Contains(o.out, "of 1 item no more is known than an import told") {
		t.Errorf("its notes: %s", o.out)
	}
	if r := reported(t, exitOK, "--user", "you", "like.js"); r.Networks[0].Network != "twitter/bob" || r.Networks[0].Added != 2 {
		t.Errorf("for another user: %+v", r.Networks[0])
	}

	// The archive of somebody else is another list.
	zipped(t, "x.zip", noon, map[string]string{"data/like.js": like, "data/account.js": `window.YTD.account.part0 = [{"account":{"username":"eve","accountId":"99"}}]`})
	if r := reported(t, exitOK, "x.zip"); r.Networks[0].Network != "twitter/eve" || !r.Networks[0].Imported {
		t.Errorf("somebody else's archive went to %+v", r.Networks[0])
	}
	// Now there are two, and the export does not say which.
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"like.js"}, exitUsage, "--into twitter/ada"},
		{[]string{"--into", "twitter/eve", "like.js"}, exitOK, "twitter/eve (kept, not collected): 0 added, 0 changed, 2 known"},
		{[]string{"--into", "twitter/new", "like.js"}, exitOK, "twitter/new (kept, not collected): 2 added"},
		{[]string{"--into", "reddit/ada", "like.js"}, exitUsage, "these likes are of the service twitter"},
		{[]string{"--dry-run", "--into", "twitter/newer", "like.js"}, exitOK, "2 likes would go to twitter/newer (kept, not collected)"},
		{[]string{"--into", "ada", "like.js"}, exitUsage, "is no name of a network"},
		{[]string{"--format", "pocket", "like.js"}, exitUsage, "it is not a Pocket export"},
		{[]string{"--format", "poket", "like.js"}, exitUsage, "there is no format"},
		{[]string{"--as-of", "yesterday", "like.js"}, exitUsage, "--as-of=yesterday"},
		{[]string{"--part", "data/nothing.js", "x.zip"}, exitUsage, "there is no file"},
		{[]string{"nothing.js"}, exitUsage, "there is no file or folder nothing.js"},
		{[]string{"collector.db"}, exitUsage, "none of the exports"},
		{[]string{"--user", "a b", "like.js"}, exitUsage, "cannot be used"},
	} {
		if o := (program{now: atNoon}).run(t, append([]string{"import"}, c.args...)...); o.code != c.code || !strings.Contains(o.err, c.want) {
			t.Errorf("%v: exit code %d, want %d and %q:\n%s", c.args, o.code, c.code, c.want, o.err)
		}
	}
}

// TestExportAndImportLoseNothing: what is exported and imported elsewhere is exported
// again as the same bytes.
func TestExportAndImportLoseNothing(t *testing.T) {
	inFolder(t)
	odd := things(3)
	odd[0].Title, odd[0].Text = "A title\twith \x00 \x1b[31modd\x1b[0m 'characters' ☃", "Many\nlines\r\n\u2028of text"
	odd[0].Image, odd[0].Author.Avatar, odd[0].Tags, odd[0].Private = "https://example.org/i.png", "https://example.org/a.png", []string{"b", "a", "c d"}, true
	odd[1] = item.Item{ID: "id/with:odd chars é", URL: "https://example.org/a?b=c#d", Bare: true, LikedAt: noon.Add(-time.Hour).Add(7 * time.Millisecond), LikedFrom: item.FromOrder}
	odd[2].LikedAt, odd[2].LikedFrom, odd[2].Title, odd[2].Author.Name = time.Time{}, "", "=1+1", "'tis"
	seeded(t, func(s *seeder) {
		s.network("me", "github", "", "octocat", odd, normal())
		s.network("anna", "mastodon", "https://social.example", "@anna@social.example", things(1200), normal())
		s.network("anna", "unheard-of", "", "x", things(1), normal())
	})
	for _, format := range []string{"jsonl", "csv"} {
		name := "likes." + format
		write(t, name, program{now: atNoon}.run(t, "export", "--format", format).must(t).out)
		other := "--store=sqlite:" + format + ".db"
		o := program{now: atNoon}.run(t, "import", other, name).must(t)
		if !strings.Contains(o.err, "mastodon/@anna@social.example (kept, not collected): 1,200 added") {
			t.Errorf("%s: %s", format, o.err)
		}
		for range 2 { // a second import changes nothing
			again := program{now: atNoon}.run(t, "export", other, "--format", format).must(t).out
			if again != string(read(t, name)) {
				differs(t, format, string(read(t, name)), again)
			}
			program{now: atNoon}.run(t, "import", other, name).must(t)
		}
		if o := (program{now: atNoon}).run(t, "accounts", "list", "--json", other).must(t); format == "jsonl" && !strings.Contains(o.out, "https://social.example") {
			t.Errorf("the server that the name of the account tells is not kept: %s", o.out)
		}
	}
}

func differs(t *testing.T, what, want, got string) {
	t.Helper()
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range w {
		if i >= len(g) || w[i] != g[i] {
			t.Errorf("%s, line %d:\n got %s\nwant %s", what, i+1, append(g, "nothing", "")[min(i, len(g))], w[i])
			return
		}
	}
	t.Errorf("%s: %d lines, want %d", what, len(g), len(w))
}

// TestImportOfATornFile stops at nothing and can be run again with a whole one.
func TestImportOfATornFile(t *testing.T) {
	inFolder(t)
	var b strings.Builder
	b.WriteString("window.YTD.like.part0 = [")
	for i := range 12_000 {
		fmt.Fprintf(&b, `{"like":{"tweetId":"%d"}},`, i+1)
	}
	whole := strings.TrimSuffix(b.String(), ",") + "]"
	handed(t, "like.js", whole[:len(whole)/2], noon)
	r := reported(t, exitPermanent, "like.js")
	half := r.Networks[0].Added
	if half < 5000 || half > 7000 || len(r.Unread) != 1 {
		t.Errorf("%+v", r.Networks[0])
	}
	handed(t, "like.js", whole, noon)
	if r := reported(t, exitOK, "like.js"); r.Networks[0].Added != 12_000-half || r.Networks[0].Known != half {
		t.Errorf("the rest: %+v, %d were there", r.Networks[0], half)
	}
}
