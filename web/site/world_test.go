package site

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"collector/connectors"
	"collector/connectors/all"
	"collector/control"
	"collector/grant"
	"collector/item"
	"collector/state"
	"collector/store"
	"collector/store/memory"
	"collector/store/sqlite"
	"collector/web"
	"collector/web/page"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// secret stands in everything that belongs to bob.
const secret = "BOBCANARY"

// world is a store behind the pages, with people who are signed in.
type world struct {
	t      *testing.T
	store  store.Store
	panel  *control.Panel
	grants *grant.Service
	now    time.Time // of all; a test may move it
	secure bool      // requests came over https
	config Config
	pages  http.Handler
}

// stores runs a test over each kind of store that needs nothing, with anna's and bob's
// networks in it: each has github (3 likes) and mastodon (2).
func stores(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) { test(t, seeded(t, memory.New())) })
	t.Run("sqlite", func(t *testing.T) {
		st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "c.db"), store.Options{Owner: "test", Lease: time.Minute, Now: func() time.Time { return noon }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = st.Close() })
		test(t, seeded(t, st))
	})
	if alsoOver != nil {
		t.Run("mongodb", func(t *testing.T) { test(t, seeded(t, alsoOver(t))) })
	}
}

// alsoOver opens an empty store that needs a server, where the tests are built with one.
var alsoOver func(*testing.T) store.Store

func seeded(t *testing.T, st store.Store) *world {
	t.Helper()
	w := newWorld(t, st)
	for _, who := range []struct{ user, mark string }{{"anna", "annas"}, {"bob", secret}} {
		w.network(who.user, "github", who.user+"-hub", likes(who.user, "github", who.mark, 3)...)
		w.network(who.user, "mastodon", "@"+who.user+"@social.example", likes(who.user, "mastodon", who.mark, 2)...)
	}
	return w
}

// newWorld is pages over an empty store.
func newWorld(t *testing.T, st store.Store) *world {
	t.Helper()
	w := &world{t: t, store: st, now: noon}
	w.panel = &control.Panel{
		Rates: new(control.Rates),
		Store: st, Connectors: all.Connectors(),
		Polls:  func(string) (time.Duration, time.Duration) { return time.Minute, time.Hour },
		Budget: func(connectors.Info) (int, string) { return 1000, "COLLECTOR_TWITTER_BUDGET" },
	}
	quiet := slog.New(slog.DiscardHandler)
	w.grants = grant.New(grant.NewMemory(), quiet)
	w.config = Config{
		Panel: w.panel, Grants: w.grants, Identify: w.identify,
		Secure: func(*http.Request) bool { return w.secure },
		From:   func(r *http.Request) netip.Addr { return netip.MustParseAddrPort(r.RemoteAddr).Addr() },
		Now:    func() time.Time { return w.now }, Version: "1.2.3", Store: "memory: STOREPLACE",
		Simulated: page.Simulated{Remark: "Time runs 60×."}, Log: quiet,
	}
	w.open()
	return w
}

// open makes the pages of w.config.
func (w *world) open() {
	w.t.Helper()
	h, err := New(w.config)
	w.must(err)
	w.pages = web.Wrap(web.Config{Handler: h, Log: slog.New(slog.DiscardHandler), Now: w.config.Now})
}

// identify is how a program does it that lets in who shows a grant.
func (w *world) identify(r *http.Request) (grant.Who, error) {
	who, err := w.grants.Of(r, w.now, w.config.From(r), w.secure)
	switch err {
	case grant.ErrNone, grant.ErrVoid:
		return who, web.ErrSignIn
	}
	return who, err
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// likes are n likes, of which each text holds a mark, the newest first, an hour apart.
func likes(user, service, mark string, n int) []item.Item {
	var list []item.Item
	for i := range n {
		id := string(rune('1' + i))
		list = append(list, item.Item{
			ID: id, Kind: "repository", Title: "raft " + mark + " " + id, Text: mark, URL: "https://" + service + ".example/" + user + "/" + id,
			Author: item.Author{Name: mark}, Tags: []string{"db", mark}, Language: "Go", LikedAt: noon.Add(-time.Duration(i) * time.Hour), LikedFrom: item.FromAPI,
		})
	}
	return list
}

// network adds a network that is up to date and holds items.
func (w *world) network(user, service, name string, items ...item.Item) state.Network {
	w.t.Helper()
	ctx, st := w.t.Context(), w.store
	id := user + "-" + service + "-" + name
	c, ok := w.panel.Offered(service)
	if !ok {
		w.t.Fatalf("no service %s", service)
	}
	server := ""
	if service == "mastodon" {
		server = "https://social.example"
	}
	acc := state.Account{ID: "acc-" + id, User: user, Provider: c.Info().Provider, Server: server, Name: name, RemoteID: "remote-" + id}
	w.must(st.AddAccount(ctx, acc))
	w.must(st.AddNetworks(ctx, []state.Network{{
		ID: id, AccountID: acc.ID, User: user, Service: service, Server: server, Account: name, RemoteID: acc.RemoteID,
		CreatedAt: noon.Add(-time.Hour), Progress: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: noon.Add(-time.Hour)},
	}}))
	w.page(id, items...)
	n, err := st.Network(ctx, id)
	w.must(err)
	return n
}

// page saves one page of a network, which is up to date then.
func (w *world) page(id string, items ...item.Item) {
	w.t.Helper()
	w.after(id, state.Progress{
		Mode: state.Normal, Condition: state.OK, ScheduledTo: noon.Add(time.Hour), Reason: "every hour", Walks: 1, LastOKAt: noon, LastRunAt: noon,
		Runs: []state.Run{{At: noon, Kind: "poll", Pages: 1, Added: len(items)}},
	}, items...)
}

// after runs a network once: it ends with a progress.
func (w *world) after(id string, p state.Progress, items ...item.Item) {
	w.t.Helper()
	lease := w.lease(id)
	_, err := w.store.Commit(w.t.Context(), lease, state.Page{ID: id + "/1/" + time.Duration(len(items)).String(), Kind: "backfill", Walk: 1, ObservedAt: noon.Add(-time.Minute), Items: items, After: p})
	w.must(err)
	w.must(w.store.Release(w.t.Context(), lease, p))
}

// gone says of likes of a network that they were taken back, at noon.
func (w *world) gone(id string, ids ...string) {
	w.t.Helper()
	lease := w.lease(id)
	now, err := w.store.Network(w.t.Context(), id)
	w.must(err)
	got, err := w.store.Commit(w.t.Context(), lease, state.Page{ID: id + "/gone", Kind: "poll", Walk: 1, ObservedAt: noon, Removed: ids, After: now.Progress})
	w.must(err)
	if got.Removed != len(ids) {
		w.t.Fatalf("%d are gone", got.Removed)
	}
	w.must(w.store.Release(w.t.Context(), lease, now.Progress))
}

// lease claims a network.
func (w *world) lease(id string) state.Lease {
	w.t.Helper()
	w.must(w.store.WishSync(w.t.Context(), id, false, noon.Add(-time.Minute)))
	got, err := w.store.Claim(w.t.Context(), state.Claim{Owner: "test", Now: noon.Add(-time.Minute), Until: noon.Add(-30 * time.Second), Network: id})
	w.must(err)
	if len(got) != 1 {
		w.t.Fatalf("claimed %v", got)
	}
	return got[0].Lease
}

// browser is somebody with cookies. It follows no redirect by itself.
type browserOf struct {
	w       *world
	cookies map[string]string
	from    string // "" is the browser of everybody's machine
	token   string // a program's, in place of a session
}

// stranger is a browser that is not signed in.
func (w *world) stranger() *browserOf { return &browserOf{w: w, cookies: map[string]string{}} }

// link makes a login link.
func (w *world) link(user string, scopes ...grant.Scope) string {
	w.t.Helper()
	if len(scopes) == 0 {
		scopes = []grant.Scope{grant.Read, grant.Write, grant.Feeds}
		if user == "" {
			scopes = grant.Scopes()
		}
	}
	link, _, err := w.grants.Make(w.t.Context(), w.now, grant.Operator(), grant.Ask{Kind: grant.Login, User: user, Scopes: scopes})
	w.must(err)
	return link
}

// as is a browser that is signed in by a link; user "" is the operator.
func (w *world) as(user string, scopes ...grant.Scope) *browserOf {
	w.t.Helper()
	b := w.stranger()
	if got := b.post("/login", "login", w.link(user, scopes...)); got.status != http.StatusSeeOther {
		w.t.Fatalf("signing in as %q: %d\n%s", user, got.status, got.body)
	}
	return b
}

// reply is what came back.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (b *browserOf) ask(method, path, body string, header ...string) reply {
	b.w.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, in)
	r.Host = "localhost"
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if b.from != "" {
		r.RemoteAddr = b.from
	}
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	out := httptest.NewRecorder()
	b.w.pages.ServeHTTP(out, r)
	for _, c := range out.Result().Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return reply{b.w.t, out.Code, out.Header(), out.Body.String()}
}

func (b *browserOf) get(path string) reply { b.w.t.Helper(); return b.ask(http.MethodGet, path, "") }

// post sends a form: names and values in turn.
func (b *browserOf) post(path string, fields ...string) reply {
	b.w.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.ask(http.MethodPost, path, form.Encode())
}

// follow reads where a reply leads.
func (b *browserOf) follow(a reply) reply {
	b.w.t.Helper()
	if a.status != http.StatusSeeOther {
		b.w.t.Fatalf("%d leads nowhere\n%s", a.status, a.body)
	}
	return b.get(a.header.Get("Location"))
}

// is holds a reply to a status and texts in it; one that begins with ! must not be there.
func (a reply) is(status int, texts ...string) reply {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("the status is %d, want %d", a.status, status)
	}
	read := a.text()
	for _, want := range texts {
		if not, ok := strings.CutPrefix(want, "!"); strings.Contains(read, strings.TrimPrefix(want, "!")) == ok {
			a.t.Errorf("found is not what %q asks for: %s", not, read)
		}
	}
	return a
}

// text is what of a page is read, each blank once.
func (a reply) text() string {
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		return a.body
	}
	var b strings.Builder
	for n := range a.doc().Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (a reply) doc() *html.Node {
	a.t.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		a.t.Fatal(err)
	}
	return doc
}

// all are the elements of a name.
func (a reply) all(element string) (out []*html.Node) {
	for n := range a.doc().Descendants() {
		if n.Type == html.ElementNode && n.Data == element {
			out = append(out, n)
		}
	}
	return out
}

// value is an attribute of an element, "" where it has none.
func value(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// find are the elements of a name and a class, "" for any.
func (a reply) find(element, class string) (out []*html.Node) {
	for _, n := range a.all(element) {
		if class == "" || strings.Contains(" "+value(n, "class")+" ", " "+class+" ") {
			out = append(out, n)
		}
	}
	return out
}

// under are the elements of a name within another.
func under(n *html.Node, element string) (out []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == element {
			out = append(out, d)
		}
	}
	return out
}

// read are the words of an element.
func read(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// pageLink is where the newer or the older page is, "" where there is none.
func (a reply) pageLink(which string) string {
	for _, n := range a.all("a") {
		if value(n, "data-page") == which {
			return value(n, "href")
		}
	}
	return ""
}
