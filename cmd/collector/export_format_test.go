package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"collector/export"
	"collector/imports"
	"collector/item"
	"collector/queue"
	"collector/simulate"
	"collector/store/datasette"
)

// TestFormatsOfExport holds those that people look at to what they look like.
func TestFormatsOfExport(t *testing.T) {
	dir := here(t)
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	for _, format := range []string{"html", "md"} {
		golden(t, dir, "export-"+format, p.run(t, "export", "--format", format).must(t).out)
	}
	for _, format := range export.Formats() {
		o := p.run(t, "export", "--format", format, "--query=lang:none").must(t)
		if !strings.Contains(o.err, "0 items written") || o.out == "" && format != "jsonl" {
			t.Errorf("nothing as %s: %q %q", format, o.out, o.err)
		}
	}
}

// TestSQLiteExportLosesNothing: it is imported elsewhere, and what is there then is what
// was here.
func TestSQLiteExportLosesNothing(t *testing.T) {
	inFolder(t)
	passing := t.TempDir() // other programs export, too
	t.Setenv("TMPDIR", passing)
	t.Setenv("TMP", passing)
	odd := things(3)
	odd[0].Title, odd[0].Text = "A title\twith \x00 \x1b[31modd\x1b[0m 'characters' ☃", "Many\nlines\r\n\u2028of text"
	odd[0].Image, odd[0].Author.Avatar, odd[0].Tags, odd[0].Private = "https://example.org/i.png", "https://example.org/a.png", []string{"b", "a", "c d"}, true
	odd[1] = item.Item{ID: "id/with:odd chars é", URL: "https://example.org/a?b=c#d", Bare: true, LikedAt: noon.Add(-time.Hour).Add(7 * time.Millisecond), LikedFrom: item.FromOrder}
	odd[2].LikedAt, odd[2].LikedFrom, odd[2].Title, odd[2].Author.Name = time.Time{}, "", "=1+1", "'tis"
	seeded(t, func(s *seeder) {
		s.network("me", "github", "", "octocat", odd, normal())
		s.network("anna", "mastodon", "https://social.example", "@anna@social.example", things(300), normal())
	})
	p := program{now: atNoon}
	write(t, "likes.sqlite", p.run(t, "export", "--format=sqlite").must(t).out)
	if o := p.run(t, "import", "--store=sqlite:other.db", "likes.sqlite").must(t); !strings.Contains(o.err, "300 added") {
		t.Error(o.err)
	}
	want, got := p.run(t, "export").must(t).out, p.run(t, "export", "--store=sqlite:other.db").must(t).out
	if got != want {
		differs(t, "sqlite", want, got)
	}
	if o := p.run(t, "import", "--store=sqlite:other.db", "likes.sqlite").must(t); !strings.Contains(o.err, "0 added") {
		t.Errorf("again: %s", o.err)
	}
	if left, err := os.ReadDir(passing); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestBookmarksLoseNothing: a list of bookmarks is exported, imported elsewhere, and is the
// same there.
func TestBookmarksLoseNothing(t *testing.T) {
	inFolder(t)
	p := program{now: atNoon}
	made := noon.Add(-time.Hour)
	handed(t, "first.html", `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p>
<DT><A HREF="https://example.org/?a=1&amp;b=%22&lt;" ADD_DATE="1700000000" TAGS="go,c d" PRIVATE="1">A &lt;b&gt; "title" &amp;amp; more</A>
<DD>lines &lt;/DD&gt;&lt;DT&gt;
of text
<DT><A HREF="https://example.org/2" ADD_DATE="1700000001">2</A>
</DL>`, made)
	p.run(t, "import", "first.html").must(t)
	out := p.run(t, "export", "--format=html").must(t).out
	handed(t, "likes.html", out, made)
	p.run(t, "import", "--store=sqlite:other.db", "likes.html").must(t)
	if again := p.run(t, "export", "--store=sqlite:other.db", "--format=html").must(t).out; again != out {
		differs(t, "html", out, again)
	}
	want, got := p.run(t, "export").must(t).out, p.run(t, "export", "--store=sqlite:other.db").must(t).out
	if got != want || !strings.Contains(got, `"c d"`) {
		differs(t, "jsonl", want, got)
	}
}

// TestHostileExports: what strangers wrote is text in a bookmark file and in Markdown.
func TestHostileExports(t *testing.T) {
	inFolder(t)
	var items []item.Item
	for i, s := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</A></DL><DT><A HREF="https://evil.example">x</A>`, "[x](javascript:alert(1))", "![x](https://evil.example/i.png)",
		"# heading", "1. list", "- list", "```", "&lt;b&gt;", "a | b", "text\n\n# heading\n<b>", "`code` \\`",
	} {
		it := thing(fmt.Sprint(i), s)
		it.Text = s + "\n" + s // more than the title, which is not said twice
		it.Tags, it.Author.Name, it.URL = []string{s}, s, "https://example.org/"+s
		items = append(items, it)
	}
	script := thing("script", "script")
	script.URL = "javascript:alert(1)"
	seeded(t, func(s *seeder) { s.network("me", "github", "", "octocat", append(items, script), normal()) })
	p := program{now: atNoon}
	page := p.run(t, "export", "--format=html").must(t).out
	if n := strings.Count(page, "<A HREF=\"https://example.org/"); n != len(items) || strings.Contains(page, "javascript:alert(1)\"") {
		t.Errorf("%d links: %s", n, page)
	}
	if tags := regexp.MustCompile(`</?([A-Za-z][A-Za-z0-9]*)`).FindAllStringSubmatch(page, -1); len(tags) != 0 {
		for _, tag := range tags {
			if !strings.Contains(" META TITLE H1 DL DT DD A p ", " "+tag[1]+" ") {
				t.Errorf("a tag <%s>", tag[1])
			}
		}
	}
	text := p.run(t, "export", "--format=md").must(t).out
	for l := range strings.Lines(text) {
		if regexp.MustCompile(`^(  > )?(# h|\d+\.|- l|` + "```" + `)`).MatchString(l) {
			t.Errorf("markup of a stranger: %s", l)
		}
		bare := regexp.MustCompile(`\\.|<https://[^<> ]*>`).ReplaceAllString(strings.TrimPrefix(l, "  > "), "")
		if strings.ContainsAny(bare, "<>`*_|&") || strings.Count(bare, "[") > 1 {
			t.Errorf("markup of a stranger: %s", l)
		}
	}
}

// TestMarkdownHoldsTexts also where there is no title, as most that people write has none.
func TestMarkdownHoldsTexts(t *testing.T) {
	inFolder(t)
	long, brief := thing("1", ""), thing("2", "")
	long.Text, brief.Text = strings.Repeat("word ", 100)+"the end", "a few words"
	seeded(t, func(s *seeder) { s.network("me", "github", "", "octocat", []item.Item{long, brief}, normal()) })
	text := program{now: atNoon}.run(t, "export", "--format=md").must(t).out
	if !strings.Contains(text, "the end") || strings.Count(text, "a few words") != 1 {
		t.Error(text)
	}
}

// TestSQLiteInTheBackground: a running collector writes a file that can be opened.
func TestSQLiteInTheBackground(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 120})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	id := strings.TrimSpace(p.run(t, "export", "--format=sqlite", "--background").must(t).out)
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))               // as in a container that can only write its volumes
	killed := filepath.Join("collector.db.exports", ".likes-"+id+".1.2") // by an attempt that was killed
	if err := os.MkdirAll(killed, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(killed, "likes.db"), "half")
	p.run(t, "--once").must(t)
	if v := jobNow(t, p, id); v.State != queue.Done {
		t.Errorf("%+v", v)
	}
	file := filepath.Join("collector.db.exports", "likes-"+id+".sqlite")
	for _, secret := range acc[0].Tokens {
		if strings.Contains(string(read(t, file)), secret) {
			t.Error("the file holds a token")
		}
	}
	if all, err := os.ReadDir("collector.db.exports"); err != nil || len(all) != 1 {
		t.Errorf("beside the file is %v, %v", all, err)
	}
	n := 0
	parts := []imports.Part{{Name: file, Path: file, Alone: true, Open: func() (io.ReadCloser, error) { return os.Open(file) }}}
	if err := datasette.Format().Read(t.Context(), parts, func(e imports.Entry) error { n++; return e.Err }); err != nil || n != 120 {
		t.Errorf("%d items, %v", n, err)
	}
}
