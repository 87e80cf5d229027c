package mastodon

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"collector/connectors"
	"collector/fault"
)

const server = "https://social.example"

// list is a body of n posts.
func list(n int) []byte {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(`{"id":"%d","url":"https://social.example/@a/%d","content":"<p>x</p>","account":{"acct":"a","url":"https://social.example/@a"}}`, i+1, i+1))
	}
	return []byte("[" + strings.Join(out, ",") + "]")
}

func link(pairs ...string) http.Header {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, fmt.Sprintf(`<%s>; rel="%s"`, pairs[i+1], pairs[i]))
	}
	if out == nil {
		return http.Header{}
	}
	return http.Header{"Link": {strings.Join(out, ", ")}}
}

func TestPlaces(t *testing.T) {
	older, newer := "/api/v1/favourites?limit=2&max_id=5", "/api/v1/favourites?limit=2&min_id=9"
	for _, c := range []struct {
		name          string
		walk          connectors.Walk
		at, resume    connectors.Cursor
		n             int
		header        http.Header
		next, resumes connectors.Cursor
		fails, doubt  bool
	}{
		{name: "the first page", n: 2, header: link("next", server+older, "prev", server+newer), next: connectors.Cursor(older), resumes: connectors.Cursor(newer)},
		{name: "a later page gives no resume point", at: connectors.Cursor(older), n: 2, header: link("next", server+older+"1", "prev", server+newer), next: connectors.Cursor(older + "1")},
		{name: "the last page", at: connectors.Cursor(older), n: 1, header: link("prev", server+newer)},
		{name: "an exact multiple ends with an empty page", at: connectors.Cursor(older), header: link()},
		{name: "a page that the server filtered empty goes on", at: connectors.Cursor(older), header: link("next", server+older+"1"), next: connectors.Cursor(older + "1")},
		{name: "relative links", n: 2, header: link("next", older, "prev", newer), next: connectors.Cursor(older), resumes: connectors.Cursor(newer)},
		{name: "unknown parameters stay", n: 2, header: link("next", server+"/api/v1/favourites?max_id=5&x=%2F&y"), next: "/api/v1/favourites?max_id=5&x=%2F&y"},
		{name: "a short page without a header", n: 1, header: link()},
		{name: "a full page without a header", n: 2, header: link(), fails: true},
		{name: "half a header", n: 2, header: http.Header{"Link": {"<https://social.example/api"}}, fails: true},

		{name: "a poll with news", walk: connectors.Poll, resume: connectors.Cursor(newer), n: 2, header: link("next", server+older, "prev", server+newer+"1"), next: connectors.Cursor(newer + "1"), resumes: connectors.Cursor(newer + "1")},
		{name: "a poll's later page", walk: connectors.Poll, at: connectors.Cursor(newer + "1"), resume: connectors.Cursor(newer), n: 1, header: link("prev", server+newer+"2"), next: connectors.Cursor(newer + "2"), resumes: connectors.Cursor(newer + "2")},
		{name: "a poll without news stays where it is", walk: connectors.Poll, resume: connectors.Cursor(newer), header: link(), resumes: connectors.Cursor(newer)},
		{name: "a poll's empty end stays at its last place", walk: connectors.Poll, at: connectors.Cursor(newer + "2"), resume: connectors.Cursor(newer), header: link(), resumes: connectors.Cursor(newer + "2")},
		{name: "a poll that cannot go on", walk: connectors.Poll, resume: connectors.Cursor(newer), n: 2, header: link("next", server+older), fails: true},
		{name: "a server with since_id alone, few news", walk: connectors.Poll, resume: "/f?since_id=9", n: 1, header: link("prev", server+"/f?since_id=10"), next: "/f?since_id=10", resumes: "/f?since_id=10"},
		{name: "a server with since_id alone, more than a page", walk: connectors.Poll, resume: "/f?since_id=9", n: 2, header: link("next", server+older, "prev", server+"/f?since_id=12"), next: "/f?since_id=12", resumes: "/f?since_id=12", doubt: true},
		{name: "a poll without a resume point reads newest first", walk: connectors.Poll, n: 2, header: link("next", server+older, "prev", server+newer), next: connectors.Cursor(older), resumes: connectors.Cursor(newer)},
	} {
		q := connectors.Query{Walk: c.walk, Cursor: c.at, Resume: c.resume, PageSize: 2, Server: server}
		page, err := New().Parse(q, connectors.Reply{Status: 200, Header: c.header, Body: list(c.n)})
		if (err != nil) != c.fails || page.Next != c.next || page.Resume != c.resumes || (page.Doubt != "") != c.doubt {
			t.Errorf("%s: Next %q, Resume %q, %v; want %q, %q, error %v", c.name, page.Next, page.Resume, err, c.next, c.resumes, c.fails)
		}
	}
}

func TestLinksToAnotherHostStall(t *testing.T) {
	q := connectors.Query{PageSize: 2, Server: server}
	for _, h := range []http.Header{link("next", "https://evil.example/api"), link("next", server+"/a", "prev", "https://evil.example/api"), link("next", "http://social.example/a")} {
		if _, err := New().Parse(q, connectors.Reply{Status: 200, Header: h, Body: list(2)}); !errors.Is(err, connectors.ErrForeignLink) {
			t.Errorf("%q: %v", h, err)
		}
	}
	r := connectors.Reply{Status: 200, Header: link("next", "http://127.0.0.1:3000/api/v1/favourites?max_id=1"), Body: list(2), Origin: "http://127.0.0.1:3000"}
	if page, err := New().Parse(q, r); err != nil || page.Next != "/api/v1/favourites?max_id=1" {
		t.Errorf("an overridden address: %q, %v", page.Next, err)
	}
}

func TestARequestNeedsAServer(t *testing.T) {
	if _, err := New().Request(connectors.Query{PageSize: 2}); fault.KindOf(err) != fault.Bug {
		t.Errorf("%v", err)
	}
}

func TestOddPosts(t *testing.T) {
	for _, c := range []struct{ name, object, text, author, url string }{
		{"a boost", `{"id":"1","url":"https://a.example/1","content":"","account":{"acct":"booster","url":"https://a.example/@booster"},"reblog":{"id":"2","content":"<p>original</p>","account":{"acct":"o@b.example"}}}`, "original", "@o@b.example", "https://a.example/1"},
		{"no author", `{"id":"1","url":"https://a.example/1","content":"x","account":null}`, "x", "", "https://a.example/1"},
		{"no page of its own", `{"id":"1","url":null,"uri":"https://a.example/objects/1","content":"x"}`, "x", "", "https://a.example/objects/1"},
		{"an odd address", `{"id":"1","url":"tag:a.example,2024:1","uri":"https://a.example/objects/1","content":"x"}`, "x", "", "https://a.example/objects/1"},
		{"an author without a profile", `{"id":"1","url":"https://a.example/1","content":"x","account":{"acct":"ann"}}`, "x", "@ann", "https://a.example/1"},
		{"nulls", `{"id":"1","url":"https://a.example/1","content":null,"tags":null,"media_attachments":null,"card":null,"language":null,"spoiler_text":null}`, "", "", "https://a.example/1"},
	} {
		page, err := New().Parse(connectors.Query{PageSize: 40, Server: server}, connectors.Reply{Status: 200, Header: http.Header{}, Body: []byte("[" + c.object + "]")})
		if err != nil || len(page.Items) != 1 || page.Items[0].Text != c.text || page.Items[0].Author.Name != c.author || page.Items[0].URL != c.url {
			t.Errorf("%s: %+v, %v", c.name, page, err)
		}
	}
}

func TestIdentityFallsBackToTheServerThatAnswered(t *testing.T) {
	who := New().(connectors.Identifier)
	got, err := who.Identity(connectors.Reply{Status: 200, Origin: "https://snac.example", Body: []byte(`{"id":"7","username":"ann","acct":"ann"}`)})
	if err != nil || got.Name != "@ann@snac.example" || got.ID != "7" {
		t.Errorf("%+v, %v", got, err)
	}
}
