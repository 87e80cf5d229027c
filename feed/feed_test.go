package feed

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"

	"collector/item"
	"collector/store"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// hostile is what people put into names of things, as titles, texts, authors, tags and ids.
func hostile() []string {
	return []string{
		`<script>alert(1)</script>`, `]]></content><entry><id>forged</id></entry>`, `]]>`, `<![CDATA[x]]>`, `&lt;b&gt; & "quoted" 'so'`, `<img src=x onerror=alert(1)>`,
		"a\x00b\x1b[31mc\x7f", "\xff\xfe broken", "turned \u202etxt.exe\u2066", "\ufffe\uffff", "line\r\nbreak\u2028here", "  ", "", `<!--`, `-->`, `%41:/?#`, "☃ \U0001F600",
		`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;`,
	}
}

func like(id string, at time.Time) store.Liked {
	return store.Liked{
		Item: item.Item{
			ID: id, URL: "https://example.org/" + id, Title: "title " + id, Text: "one\ntwo", Author: item.Author{Name: "ada", URL: "https://example.org/@ada", Avatar: "https://example.org/a.png"},
			Image: "https://example.org/i.png", Tags: []string{"go", "raft"}, LikedAt: at, LikedFrom: item.FromAPI,
		},
		User: "me", Service: "github", NetworkID: "n1", Network: "github/octocat", Account: "octocat", FirstSeenAt: at,
	}
}

// many are likes of which each holds one hostile text in all its fields.
func many() []store.Liked {
	var out []store.Liked
	for i, s := range hostile() {
		it := like("x", noon.Add(-time.Duration(i)*time.Hour))
		it.ID, it.Title, it.Text, it.Author.Name, it.Tags = s+string(rune('a'+i)), s, s, s, []string{s, "go"}
		it.URL, it.Author.URL, it.Image = "https://example.org/?q="+s, "javascript:"+s, "data:text/html,"+s
		out = append(out, it)
	}
	return out
}

func document(t *testing.T, format string, items []store.Liked, o Options) Document {
	t.Helper()
	d, err := Of(items, o).Document(format, noon)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func plain() Options {
	return Options{Title: "Likes", Author: "me", Name: "f1", Home: "https://likes.example/?q=go"}
}

// TestReadBack: another program reads the same of each format, hostile texts and all.
func TestReadBack(t *testing.T) {
	items := many()
	want := Of(items, plain())
	for _, format := range Formats() {
		got, err := gofeed.NewParser().Parse(bytes.NewReader(document(t, format, items, plain()).Body))
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if got.Title != "Likes" || len(got.Items) != len(items) || got.FeedType != format {
			t.Errorf("%s: %q, %d entries, %s", format, got.Title, len(got.Items), got.FeedType)
		}
		for i, e := range want.Entries {
			g := got.Items[i]
			text := g.Content
			if format == "rss" {
				e.Text, text = asHTML(e.Text), g.Description
			}
			if g.GUID != e.ID || g.Title != e.Title || text != e.Text || g.Link != e.URL || g.PublishedParsed == nil || !g.PublishedParsed.Equal(e.Liked) {
				t.Errorf("%s %d: read %q %q %q %q %v\nwrote %+v", format, i, g.GUID, g.Title, text, g.Link, g.PublishedParsed, e)
			}
			if !slices.Equal(g.Categories, e.Tags) {
				t.Errorf("%s %d: tags %q, not %q", format, i, g.Categories, e.Tags)
			}
			if e.Author.Name != "" && !strings.ContainsAny(e.Author.Name, "<(") && (len(g.Authors) != 1 || g.Authors[0].Name != e.Author.Name) {
				t.Errorf("%s %d: author %+v, not %q", format, i, g.Authors, e.Author.Name)
			}
		}
	}
}

// tagURI is RFC 4151, section 2.1, with a domain as authority.
var tagURI = regexp.MustCompile(`^tag:[a-z0-9.-]+,\d{4}(-\d\d){0,2}:([A-Za-z0-9._~!$&'()*+,;=@/?-]|%[0-9A-F]{2})+$`)

// elements are those that a document may have: what a stranger wrote makes no other.
func elements() []string {
	return []string{
		"feed", "id", "title", "updated", "author", "name", "uri", "link", "generator", "entry", "published", "category", "content",
		"rss", "channel", "description", "lastBuildDate", "item", "guid", "pubDate", "creator",
	}
}

// count reads a document to its end as XML, and returns how often each element has each parent.
func count(t *testing.T, body []byte) map[string]int {
	t.Helper()
	out := map[string]int{}
	d := xml.NewDecoder(bytes.NewReader(body))
	path := []string{""}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("no XML: %v\n%s", err, body)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			if !slices.Contains(elements(), e.Name.Local) {
				t.Errorf("an element <%s>", e.Name.Local)
			}
			out[path[len(path)-1]+"/"+e.Name.Local]++
			path = append(path, e.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.Directive, xml.Comment:
			t.Errorf("%T %s", tok, tok)
		}
	}
}

// TestAtomHasWhatIsRequired: RFC 4287, sections 4.1.1 and 4.1.2.
func TestAtomHasWhatIsRequired(t *testing.T) {
	for _, items := range [][]store.Liked{nil, many()} {
		body := document(t, "atom", items, plain()).Body
		n := count(t, body)
		for _, one := range []string{"feed/id", "feed/title", "feed/updated", "feed/author"} {
			if n[one] != 1 {
				t.Errorf("%d %s", n[one], one)
			}
		}
		for _, each := range []string{"entry/id", "entry/title", "entry/updated", "entry/content"} {
			if n[each] != len(items) || n["feed/entry"] != len(items) {
				t.Errorf("%d %s for %d entries", n[each], each, len(items))
			}
		}
		linked := 0
		for _, e := range Of(items, plain()).Entries {
			if e.URL != "" {
				linked++
			}
		}
		if n["entry/link"] != linked || linked < len(items)-4 { // of the type alternate, at most one each
			t.Errorf("%d links of %d entries", n["entry/link"], len(items))
		}
		var f atomFeed
		if err := xml.Unmarshal(body, &f); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, id := range append([]string{f.ID}, ids(f)...) {
			if !tagURI.MatchString(id) || seen[id] {
				t.Errorf("the id %q is no tag: URI, or twice there", id)
			}
			seen[id] = true
		}
		for _, at := range append([]string{f.Updated}, times(f)...) {
			if _, err := time.Parse(time.RFC3339, at); err != nil {
				t.Error(err)
			}
		}
	}
}

func ids(f atomFeed) (out []string) {
	for _, e := range f.Entries {
		out = append(out, e.ID)
	}
	return out
}

func times(f atomFeed) (out []string) {
	for _, e := range f.Entries {
		out = append(out, e.Updated, e.Published)
	}
	return out
}

// TestRSSHasWhatIsRequired: title, link and description of the channel; each item has a
// title or a description, a guid that is no address and says so, and a date of RFC 822.
func TestRSSHasWhatIsRequired(t *testing.T) {
	for _, items := range [][]store.Liked{nil, many()} {
		body := document(t, "rss", items, plain()).Body
		n := count(t, body)
		for _, one := range []string{"/rss", "rss/channel", "channel/title", "channel/link", "channel/description"} {
			if n[one] != 1 {
				t.Errorf("%d %s", n[one], one)
			}
		}
		for _, each := range []string{"item/title", "item/description", "item/guid", "item/pubDate"} {
			if n[each] != len(items) {
				t.Errorf("%d %s for %d items", n[each], each, len(items))
			}
		}
		var r rss
		if err := xml.Unmarshal(body, &r); err != nil {
			t.Fatal(err)
		}
		if r.Version != "2.0" || strings.Count(string(body), `isPermaLink="false"`) != len(items) {
			t.Errorf("version %q\n%s", r.Version, body)
		}
		for _, it := range r.Channel.Items {
			if _, err := time.Parse(time.RFC1123, it.Published); err != nil || strings.ContainsAny(strings.ReplaceAll(it.Description, "<br>\n", ""), "<>") {
				t.Errorf("%v, %q", err, it.Description)
			}
		}
	}
}

// TestJSONFeedHasWhatIsRequired: version, title, an array of items, each with an id and a content.
func TestJSONFeedHasWhatIsRequired(t *testing.T) {
	for _, items := range [][]store.Liked{nil, many()} {
		body := document(t, "json", items, plain()).Body
		var f map[string]any
		if err := json.Unmarshal(body, &f); err != nil || !utf8.Valid(body) {
			t.Fatal(err)
		}
		list, is := f["items"].([]any)
		if f["version"] != "https://jsonfeed.org/version/1.1" || f["title"] != "Likes" || !is || len(list) != len(items) {
			t.Errorf("%s", body)
		}
		for _, it := range list {
			one, _ := it.(map[string]any)
			for _, field := range []string{"id", "content_text", "date_published"} {
				if s, is := one[field].(string); !is || s == "" {
					t.Errorf("%s is %v", field, one[field])
				}
			}
			for _, field := range []string{"url", "image"} {
				if s, is := one[field].(string); is && !strings.HasPrefix(s, "https://") {
					t.Errorf("%s is %q", field, s)
				}
			}
		}
	}
}

// TestWhatAFeedLeavesOut: likes that were taken back, and private ones unless asked for.
func TestWhatAFeedLeavesOut(t *testing.T) {
	private, removed := like("private", noon), like("removed", noon)
	private.Private, removed.RemovedAt = true, noon
	for _, format := range Formats() {
		for _, asked := range []bool{false, true} {
			o := plain()
			o.Private = asked
			body := string(document(t, format, []store.Liked{like("open", noon), private, removed}, o).Body)
			if strings.Contains(body, "removed") || strings.Contains(body, "/private") != asked || !strings.Contains(body, "/open") {
				t.Errorf("%s, private %v: %s", format, asked, body)
			}
		}
	}
}

// TestSimulatedIsSaid in each title.
func TestSimulatedIsSaid(t *testing.T) {
	o := plain()
	o.Simulated = true
	f := Of(many(), o)
	for _, title := range append([]string{f.Title}, titles(f)...) {
		if !strings.HasPrefix(title, "[simulated] ") {
			t.Errorf("%q", title)
		}
	}
}

func titles(f Feed) (out []string) {
	for _, e := range f.Entries {
		out = append(out, e.Title)
	}
	return out
}

// TestWhatReadersRemember: an id stays while all else of a like changes, is another in
// another network, and the feed is as new as its newest entry.
func TestWhatReadersRemember(t *testing.T) {
	was := like("1", noon.Add(-time.Hour))
	now, other := was, was
	now.Title, now.URL, now.Account, now.Network = "another", "https://elsewhere.example/", "renamed", "github/renamed"
	other.NetworkID = "n2"
	f := Of([]store.Liked{was, now, other}, plain())
	if f.Entries[0].ID != f.Entries[1].ID || f.Entries[0].ID == f.Entries[2].ID {
		t.Errorf("%q", f.Entries)
	}
	if f.Entries[0].ID != "tag:collector.invalid,2026:n1/1" {
		t.Errorf("readers know it by another id than %q", f.Entries[0].ID)
	}
	late := like("late", noon.Add(-48*time.Hour)) // an old like that was found a moment ago
	late.FirstSeenAt = noon.Add(-time.Minute)
	if f = Of([]store.Liked{late, was}, plain()); !f.Updated.Equal(late.FirstSeenAt) || f.Entries[0].URL != was.URL {
		t.Errorf("%v, %+v", f.Updated, f.Entries)
	}
	late.LikedAt = time.Time{}
	if f = Of([]store.Liked{late}, plain()); !f.Entries[0].Liked.Equal(late.FirstSeenAt) {
		t.Errorf("without a like time: %v", f.Entries[0].Liked)
	}
}

func FuzzDocuments(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		it := like("1", noon)
		it.ID, it.Title, it.Text, it.Author.Name, it.Tags, it.URL, it.Author.URL = one, one, other, other, []string{one, other}, "https://example.org/"+one, other
		o := plain()
		o.Title = one
		for _, format := range Formats() {
			d := document(t, format, []store.Liked{it}, o)
			got, err := gofeed.NewParser().Parse(bytes.NewReader(d.Body))
			if err != nil || len(got.Items) != 1 || got.Items[0].Title == "" || !tagURI.MatchString(got.Items[0].GUID) {
				t.Fatalf("%s: %v\n%s", format, err, d.Body)
			}
			if l := got.Items[0].Link; l != "" && !strings.HasPrefix(l, "https://example.org/") {
				t.Errorf("%s: links to %q", format, l)
			}
		}
	})
}
