package connectors

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"collector/item"
)

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"plain":                    "plain",
		"<p>one</p><p>two</p>":     "one\n\ntwo",
		"<p>one<br>two<br />3</p>": "one\ntwo\n3",
		"a &amp; b &lt;c&gt; &quot;d&quot; &#233; &eacute; &nbsp;e": "a & b <c> \"d\" é é  e",
		`<a href="https://x.example/long"><span class="invisible">https://</span><span class="ellipsis">x.example/lo</span><span class="invisible">ng</span></a>`: "https://x.example/long",
		`<p>Hi <span class="h-card">@<span>ann</span></span>, <a href="#">#<span>Tag</span></a></p>`:                                                              "Hi @ann, #Tag",
		"<ul><li>a</li><li>b</li></ul>after":           "- a\n- b\n\nafter",
		"<script>alert(1)</script>x<style>y{}</style>": "x",
		"<p>unclosed <b>bold":                          "unclosed bold",
		"<p><p><p>x</p></p></p>\n\n\n<p> y </p>":       "x\n\ny",
		"1 < 2 and <3":                                 "1 < 2 and <3",
		"<!-- note -->x<!DOCTYPE html>":                "x",
		"<script>never closed":                         "",
	} {
		if got := PlainText(in); got != want {
			t.Errorf("%q:\n got %q\nwant %q", in, got, want)
		}
	}
}

func FuzzPlainText(f *testing.F) {
	f.Add("<p>a<br>b &amp; <a href='x'>c</a></p>")
	f.Add("<script><style></script>x")
	f.Fuzz(func(t *testing.T, s string) {
		got := PlainText(s)
		if strings.Contains(got, "\n\n\n") || strings.TrimSpace(got) != got && !strings.HasPrefix(got, "\v") && utf8.ValidString(s) && strings.TrimRight(got, "\n") != got {
			t.Errorf("%q gives %q", s, got)
		}
	})
}

func TestTime(t *testing.T) {
	for in, want := range map[string]string{
		"2024-05-01T12:00:00Z":          "2024-05-01T12:00:00Z",
		"2024-05-01T12:00:00.125+02:00": "2024-05-01T10:00:00.125Z",
		"1989-12-31T23:59:59Z":          "", "1970-01-01T00:00:00Z": "", "0001-01-01T00:00:00Z": "", "9999-01-01T00:00:00Z": "", "2101-01-01T00:00:00Z": "",
		"": "", "yesterday": "", "2024-05-01": "", "2024-13-01T00:00:00Z": "",
	} {
		got := Time(in)
		if got.IsZero() != (want == "") || want != "" && got.Format(time.RFC3339Nano) != want || got.Location() != time.UTC {
			t.Errorf("%q is %v, want %s", in, got, want)
		}
	}
}

func TestCutEndsAtARune(t *testing.T) {
	s := "aé日🌿"
	for n := range len(s) + 2 {
		if got := Cut(s, n); !utf8.ValidString(got) || len(got) > n || !strings.HasPrefix(s, got) || n >= len(s) && got != s {
			t.Errorf("%d bytes: %q", n, got)
		}
	}
}

func TestWebURL(t *testing.T) {
	for _, s := range []string{"https://a.example", "http://a.example/x?y#z", "https://a.example/ü"} {
		if WebURL(s) != s {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range []string{"", "a.example", "/x", "//a.example", "javascript:alert(1)", "data:text/html,x", "ftp://a.example", "https://", "https:///x", "at://did/x", "https://a.example/" + strings.Repeat("x", 3000), "https://a b/"} {
		if got := WebURL(s); got != "" {
			t.Errorf("%q is taken as %q", s, got)
		}
	}
}

func TestRawID(t *testing.T) {
	for raw, want := range map[string]string{
		`{"id":"a"}`: "a", `{"id":7}`: "7", `{"id":0}`: "", `{"id":7.5}`: "", `{"id":null}`: "", `{"id":{}}`: "", `{}`: "", `null`: "", `7`: "", ``: "", `[]`: "",
		`{"id":9007199254740993}`: "9007199254740993", `{"id":"a\u0000b"}`: "ab",
	} {
		if got := RawID([]byte(raw), "id"); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
	if got := RawID([]byte(`{"a":{"b":{"c":"deep"}}}`), "a", "b", "c"); got != "deep" {
		t.Errorf("nested: %q", got)
	}
}

// TestAHostileItemIsHeldToItsForm: too long, wrong charset, NUL, scripts.
func TestAHostileItemIsHeldToItsForm(t *testing.T) {
	long := strings.Repeat("日", MaxString)
	it := item.Item{
		ID: "1", URL: "https://a.example/1", Kind: long, Title: "two\nlines\t" + long, Text: long + "\x00", Language: long,
		Author: item.Author{Name: long + "\xff", URL: "javascript:x", Avatar: "data:x"}, Image: "https://a.example/" + long,
		Tags: []string{"#Über", " ", "a b\nc", "\xff\x00", long}, Raw: []byte(`"` + strings.Repeat("x", MaxRow) + `"`),
		LikedAt: time.Date(2024, 1, 1, 0, 0, 0, 0, time.FixedZone("CET", 3600)),
	}
	for i := range 500 {
		it.Tags = append(it.Tags, fmt.Sprintf("tag%d", i))
	}
	if why := clean(&it); why != "" {
		t.Fatal(why)
	}
	size := len(it.ID) + len(it.URL) + len(it.Kind) + len(it.Title) + len(it.Text) + len(it.Language) + len(it.Author.Name) + len(it.Author.URL) + len(it.Author.Avatar) + len(it.Image)
	for _, tag := range it.Tags {
		size += len(tag)
	}
	for _, s := range []string{it.Kind, it.Title, it.Text, it.Author.Name, it.Language} {
		if len(s) > MaxString || !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			t.Errorf("a text of %d bytes, valid %v", len(s), utf8.ValidString(s))
		}
	}
	if size > MaxRow || it.Raw != nil || len(it.Tags) > 100 || len(it.Title) < MaxString-4 {
		t.Errorf("%d bytes, raw of %d, %d tags, title of %d", size, len(it.Raw), len(it.Tags), len(it.Title))
	}
	if it.Author.URL != "" || it.Author.Avatar != "" || it.Image != "" || strings.ContainsAny(it.Title, "\n\t") || it.LikedAt.Location() != time.UTC {
		t.Errorf("addresses %q %q %q, time %v", it.Author.URL, it.Author.Avatar, it.Image, it.LikedAt)
	}
	if it.Tags[0] != "über" || it.Tags[1] != "a b c" {
		t.Errorf("tags are %.3q", it.Tags)
	}
	for _, bad := range []item.Item{{URL: "https://a.example"}, {ID: "1"}, {ID: "1", URL: "/x"}, {ID: "1", URL: "javascript:x"}, {ID: strings.Repeat("1", 3000), URL: "https://a.example"}} {
		if clean(&bad) == "" {
			t.Errorf("%.80v is kept", bad)
		}
	}
}

// The short cut for plain addresses takes nothing that url.Parse would not.
func TestPlainAddressesAreAddresses(t *testing.T) {
	pieces := []string{"http://", "https://", "https:/", "ftp://", "a", "b.example", "A", "-", ".", "/", "//", "?", "&", "=", "~", "_", "%", "%41", "#", ":", "@", "[", "]", " ", "\x7f", "\n", "é", "\\", ""}
	n := 0
	var try func(s string, left int)
	try = func(s string, left int) {
		if plainURL(s) {
			n++
			if u, err := url.Parse(s); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				t.Errorf("%q: %v", s, err)
			}
		}
		if left > 0 {
			for _, p := range pieces {
				try(s+p, left-1)
			}
		}
	}
	try("", 4)
	if n < 500 || !plainURL("https://github.com/octocat/Hello-World") || !plainURL("https://avatars.example/u/5?v=4") {
		t.Errorf("only %d are plain", n)
	}
}
