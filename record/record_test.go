package record

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"collector/auth"
	"collector/connectors"
	"collector/connectors/all"
	"collector/connectors/connectortest"
	"collector/connectors/github"
)

// nothing is secret where a test is about something else.
func nothing(string) bool { return false }

func queryOf(t *testing.T, files fs.FS) connectors.Query {
	t.Helper()
	q, err := connectortest.Query(files)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// recordings are those of a folder by name.
func recordings(t *testing.T, files fs.FS) map[string]connectortest.Recording {
	t.Helper()
	list, err := connectortest.Recordings(files)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]connectortest.Recording{}
	for _, r := range list {
		out[r.Name] = r
	}
	return out
}

// repliesOf takes the replies of a connector's own recordings for what its service
// answered.
func repliesOf(t *testing.T, files fs.FS) Replies {
	t.Helper()
	list := recordings(t, files)
	got := Replies{Query: queryOf(t, files)}
	for n := 1; ; n++ {
		r, ok := list[fmt.Sprintf("backfill/page-%d.http", n)]
		if !ok {
			break
		}
		got.Pages = append(got.Pages, r.Reply)
	}
	if r, ok := list["identity.http"]; ok {
		got.Identity = &r.Reply
	}
	return got
}

// asFolder is a recording as the folder that is written of it.
func asFolder(r Recording) fstest.MapFS {
	out := fstest.MapFS{}
	for _, f := range r.Files {
		out[f.Name] = &fstest.MapFile{Data: f.Text}
	}
	return out
}

// replayed is how many different items come out of a recording.
func replayed(t *testing.T, c connectors.Connector, files fs.FS) int {
	t.Helper()
	pages, err := connectortest.Backfill(c, files)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, page := range pages {
		for _, it := range page.Items {
			ids[it.ID] = true
		}
	}
	return len(ids)
}

// shown is all that a recording says.
func shown(r Recording) string {
	var b strings.Builder
	for _, f := range r.Files {
		b.WriteString(f.Name + "\n" + string(f.Text) + "\n")
	}
	return b.String()
}

// TestEachServiceIsReadAsBefore disguises the recordings of every connector, as if
// they were somebody's, and reads what comes out: as many items, and nothing of what
// they are called, of whom they are by or of what they say.
func TestEachServiceIsReadAsBefore(t *testing.T) {
	for _, c := range all.Connectors() {
		name := c.Info().Name
		t.Run(name, func(t *testing.T) {
			files := os.DirFS(path.Join("../connectors", name, "testdata"))
			got := repliesOf(t, files)
			made, err := Make(c, got, nothing)
			if err != nil {
				t.Fatal(err)
			}
			if want, n := replayed(t, c, files), replayed(t, c, asFolder(made)); n != want || made.Pages != len(got.Pages) || !made.Ended {
				t.Errorf("%d items of %d come out, %d pages of %d, ended %v", n, want, made.Pages, len(got.Pages), made.Ended)
			}
			text := shown(made)
			q := got.Query
			for _, page := range got.Pages {
				p, err := c.Parse(q, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, it := range p.Items {
					for what, word := range map[string]string{"id": it.ID, "title": it.Title, "text": it.Text, "author": it.Author.Name, "picture": it.Author.Avatar} {
						if len(word) >= 7 && !slices.Contains(harmless, word) && strings.Contains(text, word) {
							t.Errorf("the %s of an item is to be read: %q", what, word)
						}
					}
				}
				q.Cursor = p.Next
			}
			for _, who := range []string{q.Account.Name, q.Account.ID, strings.TrimPrefix(q.Server, "https://")} {
				if len(who) >= 5 && "https://"+who != c.Info().Server && strings.Contains(text, who) {
					t.Errorf("whose account it is can be read: %q", who)
				}
			}
		})
	}
}

// star is a page of one star, with more fields beside those that a connector reads.
func star(more string) connectors.Reply {
	return connectors.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`[{"starred_at":"2026-02-14T19:45:30Z","repo":{"id":97700812,` +
		`"full_name":"sanna-virt/knot-atlas","html_url":"https://github.com/sanna-virt/knot-atlas","private":false,"owner":{"login":"sanna-virt","id":6839056,` +
		`"avatar_url":"https://avatars.githubusercontent.com/u/6839056?v=4"}` + more + `}}]`)}
}

func one(pages ...connectors.Reply) Replies {
	return Replies{Query: connectors.Query{PageSize: 30, Account: connectors.Identity{ID: "4711222", Name: "tove-lind"}}, Pages: pages}
}

// TestTheSameIsTheSame: ids and names are invented once, whether they stand alone, as
// numbers, as texts, in addresses, on another page or in the answer to who it is.
func TestTheSameIsTheSame(t *testing.T) {
	first := star(`,"watcher":"tove-lind","watcher_id":"4711222","by":4711222,"stargazers_count":7,"size":26149,"mail":"tove-lind@sanna.example","location":{"lat":59.3293}`)
	first.Header.Set("Link", `<https://api.github.com/user/4711222/starred?direction=desc&page=2&per_page=30&sort=created>; rel="next", <https://api.github.com/user/starred?page=2&per_page=30>; rel="last"`)
	got := one(first, star(`,"name":"tove-lind"`))
	got.Identity = &connectors.Reply{Status: http.StatusOK, Header: http.Header{}, Body: []byte(`{"login":"tove-lind","id":4711222,"url":"https://api.github.com/users/tove-lind"}`)}
	made, err := Make(github.New(), got, nothing)
	if err != nil {
		t.Fatal(err)
	}
	list := recordings(t, asFolder(made))
	find := func(file, pattern string) string {
		t.Helper()
		r := list[file]
		m := regexp.MustCompile(pattern).FindStringSubmatch(string(r.Reply.Body) + r.Reply.Header.Get("Link"))
		if m == nil {
			t.Fatalf("no %s in %s: %s", pattern, file, r.Reply.Body)
		}
		return m[1]
	}
	page, next := "backfill/page-1.http", "backfill/page-2.http"
	for what, all := range map[string][]string{
		"the account's id": {
			queryOf(t, asFolder(made)).Account.ID, find("identity.http", `"id": (\d{7})\b`), find(page, `"watcher_id": "(\d{7})"`), find(page, `"by": (\d{7})`),
			find(page, `api.github.com/user/(\d{7})/starred`),
		},
		"the account's name": {
			queryOf(t, asFolder(made)).Account.Name, find("identity.http", `"login": "([a-z]{4}-[a-z]{4})"`), find(page, `"watcher": "([a-z-]+)"`),
			find(page, `"mail": "([a-z-]+)@`), find(next, `"name": "([a-z-]+)"`), find("identity.http", `/([a-z-]+)"`),
		},
		"the owner's name": {find(page, `"full_name": "([a-z-]+)/`), find(page, `"login": "([a-z-]+)"`), find(page, `https://github.com/([a-z-]+)/`), find(next, `"login": "([a-z-]+)"`)},
		"the owner's id":   {find(page, `"id": (\d{7}),\n`), find(page, `/(\d{7})\?v=4`), find(next, `/(\d{7})\?v=4`)},
	} {
		for _, one := range all {
			if one != all[0] || slices.Contains([]string{"4711222", "tove-lind", "sanna-virt", "6839056"}, one) {
				t.Errorf("%s is %q", what, all)
			}
		}
	}
	for _, kept := range []string{`"starred_at": "2026-02-14T19:45:30Z"`, `"stargazers_count": 7`, `"size": 26149`, `"private": false`, `"lat": 0`} {
		if !strings.Contains(string(list[page].Reply.Body), kept) {
			t.Errorf("%s is not kept: %s", kept, list[page].Reply.Body)
		}
	}
}

const canary = "tok+Canary/4711=x"

// spelled is the canary in the spellings in which services repeat what they were sent.
func spelled() map[string]string {
	quoted := strconv.QuoteToASCII(canary)
	escaped := ""
	for _, r := range canary {
		escaped += fmt.Sprintf(`\u%04x`, r)
	}
	return map[string]string{
		"as it is": canary, "in an address": url.QueryEscape(canary), "in a path": url.PathEscape(canary),
		"in base64": base64.StdEncoding.EncodeToString([]byte(canary)), "in base64 with a name": base64.StdEncoding.EncodeToString([]byte("tove:" + canary)),
		"quoted": quoted[1 : len(quoted)-1], "in hex": fmt.Sprintf("%x", canary), "escaped whole": escaped, "escaped as PHP does": strings.ReplaceAll(canary, "/", `\/`),
	}
}

// TestNoSecretComesOut puts a secret in every spelling into every place of a reply:
// either it is not in the recording, or there is none.
func TestNoSecretComesOut(t *testing.T) {
	scrub := auth.NewScrubber()
	scrub.Know("a", auth.Credential{Access: auth.NewSecret(canary)})
	holds := func(text string) bool { return scrub.Scrub(text) != text }
	refused, written := map[string]int{}, map[string]int{}
	for spelling, s := range spelled() {
		for place, reply := range map[string]connectors.Reply{
			"in a text":                 star(`,"description":"you sent ` + s + ` to us"`),
			"alone":                     star(`,"debug":"` + s + `"`),
			"as the name of a field":    star(`,"` + s + `":1`),
			"as a word of the protocol": star(`,"type":"` + s + `"`),
			"as an error":               star(`,"error":"` + s + `"`),
			"in an address":             star(`,"url":"https://api.github.com/x/` + s + `?access_token=` + s + `#` + s + `"`),
			"in markup":                 star(`,"body":"<a href='https://x.example/?t=` + s + `'>` + s + `</a> &` + s + `;"`),
			"in no JSON":                {Status: 500, Body: []byte("<html>" + s + "<" + s + " &" + s + ";")},
			"in a cut body":             {Status: 500, Body: []byte(`{"type":"` + s)},
			"in a cookie":               headed("Set-Cookie", s),
			"in a header of its own":    headed("X-Debug-Token", s),
			"in a header that is kept":  headed("X-RateLimit-Remaining", s),
			"in a link":                 headed("Link", "<https://api.github.com/user/starred?page=1&access_token="+s+`>; rel="first"`),
			"in a tag":                  headed("ETag", `W/"`+s+`"`),
			"in a challenge":            headed("WWW-Authenticate", `Bearer realm="`+s+`", error="`+s+`"`),
		} {
			made, err := Make(github.New(), one(reply), holds)
			switch {
			case errors.Is(err, ErrSecret):
				refused[place]++
				if len(made.Files) > 0 {
					t.Errorf("%s, %s: refused, and handed out", spelling, place)
				}
				if strings.Contains(err.Error(), s) || holds(err.Error()) {
					t.Errorf("%s, %s: the refusal tells it: %v", spelling, place, err)
				}
			case err != nil:
				t.Errorf("%s, %s: %v", spelling, place, err)
			default:
				written[place]++
				for name, form := range spelled() {
					if strings.Contains(shown(made), form) {
						t.Errorf("%s, %s: %s it is in the recording:\n%s", spelling, place, name, shown(made))
					}
				}
			}
		}
	}
	// Where a recording keeps words it can only be refused; everywhere else nothing is left.
	if refused["as a word of the protocol"] == 0 || refused["as an error"] == 0 || written["in a text"] != len(spelled()) || written["in a cookie"] != len(spelled()) {
		t.Errorf("refused %v, written %v", refused, written)
	}
}

func headed(name, value string) connectors.Reply {
	r := star("")
	r.Header.Set(name, value)
	return r
}

// TestARefusalIsTheLastPage: what a service refuses is recorded with its status and
// form, and without its words.
func TestARefusalIsTheLastPage(t *testing.T) {
	page := "<!doctype html><html><head><title>502 Bad Gateway for tove-lind</title></head><body>&nbsp;<b>Ask Müller, 555 0199</b></body></html>"
	made, err := Make(github.New(), one(connectors.Reply{Status: 502, Header: http.Header{"Content-Type": {"text/html"}, "Server": {"frontend-17.example"}}, Body: []byte(page)}), nothing)
	if err != nil || made.Pages != 1 || made.Items != 0 || made.Ended {
		t.Fatalf("%+v: %v", made, err)
	}
	r := recordings(t, asFolder(made))["backfill/page-1.http"]
	want := "<!doctype html><html><head><title>000 xxx xxxxxxx xxx xxxx-xxxx</title></head><body>&nbsp;<b>xxx xxxxxx, 000 0000</b></body></html>"
	if r.Reply.Status != 502 || string(r.Reply.Body) != want || r.Reply.Header.Get("Content-Type") != "text/html" || r.Reply.Header.Get("Server") != "" {
		t.Errorf("%d %v %s", r.Reply.Status, r.Reply.Header, r.Reply.Body)
	}
	cut := star("")
	cut.Body = cut.Body[:len(cut.Body)/2]
	if made, err = Make(github.New(), one(cut), nothing); err != nil || made.Pages != 1 || made.Ended || strings.Contains(shown(made), "sanna") {
		t.Errorf("half a body: %v\n%s", err, shown(made))
	}
}

// blind is a connector that reads names as a program must not.
type blind struct{ connectors.Connector }

func (b blind) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	page, err := b.Connector.Parse(q, r)
	if !strings.Contains(string(r.Body), "sanna-virt") {
		page.Items = nil
	}
	return page, err
}

// TestWhatIsReadOtherwiseIsRefused: a recording from which something else comes out
// than from the replies proves nothing.
func TestWhatIsReadOtherwiseIsRefused(t *testing.T) {
	made, err := Make(blind{github.New()}, one(star("")), nothing)
	if !errors.Is(err, ErrDiffers) || len(made.Files) > 0 || !strings.Contains(fmt.Sprint(err), "page-1") {
		t.Errorf("%v: %v", made.Files, err)
	}
}

// TestBodiesKeepTheirForm: order, repeated names, large numbers and lists written as
// objects.
func TestBodiesKeepTheirForm(t *testing.T) {
	in := `{"b":[],"a":{},"n":12345678901234567890,"f":-1.50,"e":1e3,"x":null,"b":[true,false,{"visibility":"unlisted"}],` +
		`"files":{"secret-plan":{"filename":"secret-plan"}},"people":{"4711222":{"n":1}},"note":"Call me. Call me, Zoë!","blank":" ","mark":"--","tags":["wine","wine"]}`
	d := newDisguise(github.New().Info(), Replies{})
	out := string(d.body([]byte(in)))
	for _, want := range []string{`{
 "b": [],
 "a": {},
 "n": 12345678901234567890,
 "f": -1.50,
 "e": 1e3,
 "x": null,
 "b": [
  true,
  false,
  {
   "visibility": "unlisted"
  }
 ],`, `"files": {`, `"people": {`, `"blank": " "`, `"mark": "--"`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in %s", want, out)
		}
	}
	for _, gone := range []string{"secret-plan", "4711222", "Call", "Zo", "wine"} {
		if strings.Contains(out, gone) {
			t.Errorf("%s is still in %s", gone, out)
		}
	}
	if m := regexp.MustCompile(`"([a-z-]+)": \{\n\s+"filename": "([a-z-]+)"`).FindStringSubmatch(out); m == nil || m[1] != m[2] {
		t.Errorf("a file is no longer called as inside: %s", out)
	}
	if m := regexp.MustCompile(`"tags": \[\n\s+"(\w+)",\n\s+"(\w+)"`).FindStringSubmatch(out); m == nil || m[1] != m[2] {
		t.Errorf("two equal tags are two: %s", out)
	}
}

// FuzzBody: whatever a body is, it comes out in its form, and the same each time.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`[{"id":1,"a":"b c","url":"https://x.example/a?b=c#d"}]`, `{"a":{"a":"a"}}`, `"at://did:plc:x/y/z"`, "<html>", "", `[1,`, `{"kind":"t3","name":"t3_a"}`, "\xff", `["--","__","é"]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		once := newDisguise(github.New().Info(), Replies{}).body(body)
		if again := newDisguise(github.New().Info(), Replies{}).body(body); string(once) != string(again) {
			t.Errorf("two disguises of %q: %q and %q", body, once, again)
		}
		before, err := decode(body)
		if err != nil {
			return
		}
		after, err := decode(once)
		if err != nil || form(before) != form(after) {
			t.Errorf("%q came out as %q", body, once)
		}
	})
}

// form is a part of a body without what it says.
func form(v any) string {
	switch v := v.(type) {
	case object:
		var b strings.Builder
		for _, m := range v {
			b.WriteString(form(m.value))
		}
		return "{" + b.String() + "}"
	case array:
		var b strings.Builder
		for _, one := range v {
			b.WriteString(form(one))
		}
		return "[" + b.String() + "]"
	}
	return fmt.Sprintf("%T", v)
}
