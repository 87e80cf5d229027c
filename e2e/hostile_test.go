//go:build e2e

package e2e

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"collector/simulate"
)

// hostile are texts that run a script where a page takes them for markup, for an address or
// for a part of an attribute. Each would open a dialog.
func hostile() []string {
	return []string{
		`"><img src=x onerror=alert(1)>`,
		`<script>alert(2)</script>`,
		`javascript:alert(3)`,
		`</title></script><svg/onload=alert(4)>`,
		`" autofocus onfocus=alert(5) x="`,
		`<iframe srcdoc="<script>parent.alert(6)</script>"></iframe>`,
		`<img src=https://elsewhere.example/beacon.png>`,
		`<base href=https://elsewhere.example/>`,
		`<style>@import "https://elsewhere.example/x.css";</style>`,
		`{{7*7}}<a href="javascript:alert(8)">here</a>`,
	}
}

// spoiled is a page of posts in which every second one attacks: in its text, in its title, by
// its author, its tags and its addresses, each in turn with another text.
func spoiled(t *testing.T, page []byte) []byte {
	t.Helper()
	var posts []map[string]any
	if err := json.Unmarshal(page, &posts); err != nil {
		t.Errorf("the simulated list is no JSON: %v", err)
		return page
	}
	texts := hostile()
	for i, p := range posts {
		if i%2 == 0 {
			continue
		}
		text := texts[i/2%len(texts)]
		who, is := p["account"].(map[string]any)
		if !is {
			t.Errorf("a post without an author: %v", p)
			continue
		}
		p["content"] = "<p>shown: " + html.EscapeString(text) + "</p>" + text + `<p onclick="alert(9)">&lt;b&gt; end</p>`
		p["spoiler_text"] = text
		p["url"] = "javascript:alert(10)//https://social.example/"
		p["tags"] = []map[string]string{{"name": text, "url": "javascript:alert(11)"}}
		who["acct"], who["display_name"], who["url"], who["avatar"] = text+"@elsewhere.example", text, "javascript:alert(12)", "https://elsewhere.example/face.png"
	}
	out, err := json.Marshal(posts)
	if err != nil {
		t.Error(err)
	}
	return out
}

// hostileServer is a simulated Mastodon server whose lists are spoiled.
func hostileServer(t *testing.T, sim *simulate.Sim) *httptest.Server {
	t.Helper()
	server := sim.Handler(simulate.Mastodon)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != favourites {
			server.ServeHTTP(w, r)
			return
		}
		got := httptest.NewRecorder()
		server.ServeHTTP(got, r)
		body := got.Body.Bytes()
		if got.Code == http.StatusOK {
			body = spoiled(t, body)
		}
		for name, values := range got.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(got.Code)
		_, _ = w.Write(body)
	}))
	t.Cleanup(s.Close)
	sim.AddHost(strings.TrimPrefix(s.URL, "http://"), simulate.Mastodon)
	return s
}

// TestPagesKeepHostileTexts collects likes that attack whoever shows them, and looks at all
// pages that do in a browser: nothing runs, nothing is asked of anybody else, and the texts
// can be read as they were written.
func TestPagesKeepHostileTexts(t *testing.T) {
	e := newEyes(t)
	sim := simulate.New(simulate.Options{Seed: 7})
	who, err := sim.AddAccount(simulate.Spec{Service: simulate.Mastodon, Name: "ada", Likes: 100, Nasty: true})
	if err != nil {
		t.Fatal(err)
	}
	server := hostileServer(t, sim)
	p := install(t, build(t), "COLLECTOR_DISK_FLOOR=0", "COLLECTOR_ALLOW_PRIVATE=127.0.0.1", "COLLECTOR_MASTODON_URL="+server.URL, "COLLECTOR_LISTEN=127.0.0.1:0")
	p.must(t, who.Tokens[0], "connect", "mastodon", "--server", server.URL, "--token-stdin")
	d := p.start(t)
	eventually(t, "all likes are collected", func() string {
		s, all := p.status(t)
		if s.Items != 100 || s.Mode != "normal" || s.Quarantined > 0 {
			return all
		}
		return ""
	})
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(strings.ReplaceAll(d.text(), server.URL, ""))
	if address == "" {
		t.Fatal("no address of the pages is told")
	}
	texts, err := json.Marshal(hostile())
	if err != nil {
		t.Fatal(err)
	}
	didAll(t, e.run(t, "hostile.mjs", strings.TrimSpace(p.must(t, "", "login-link", "--address="+address)), string(texts)), 5)
	if code := d.stop(t); code != 0 {
		t.Errorf("the daemon ended with %d", code)
	}
}
