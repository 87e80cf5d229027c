package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/grant"
	"collector/search"
	"collector/state"
	"collector/store"
	"collector/web"
	"collector/web/page"
)

// TestTheFrame says who needs somebody, what the store is to the operator alone, and that
// data is made up.
func TestTheFrame(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.after("bob-github-bob-hub", state.Progress{Mode: state.Normal, Condition: state.NeedsSignIn, ScheduledTo: noon, Walks: 1})
		w.as("anna").get("/help").is(200, "times in UTC", "!STOREPLACE", "!needs you", "!SIMULATED")
		w.as("bob").get("/help").is(200, "1 account needs you", "!STOREPLACE")
		w.as("").get("/help").is(200, "1 account needs you", "STOREPLACE")

		w.panel.Simulated = true
		a := w.as("anna").get("/help").is(200, "SIMULATED", "Time runs 60×.", "[simulated]")
		if !strings.Contains(a.body, "<title>[simulated] ") {
			t.Error("the title does not say it")
		}
		w.stranger().get("/help").is(401, "SIMULATED")
		w.as("anna").get("/nowhere").is(404, "SIMULATED")
	})
}

// TestWithoutSignIn everybody is the operator.
func TestWithoutSignIn(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.config.Identify = nil
		w.open()
		b := w.stranger()
		b.get("/help").is(200, "STOREPLACE")
		if to := b.get("/login?back=/help").header.Get("Location"); to != "/help" {
			t.Errorf("the door leads to %q", to)
		}
		b.follow(b.post("/logout")).is(200, "Nobody has to sign in here", "10 likes")
	})
}

// TestTheme is kept by the browser, and drawn by the server.
func TestTheme(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		theme := func() string { return value(b.get("/help").all("html")[0], "data-theme") }
		for _, c := range []struct{ ask, want string }{{"dark", "dark"}, {"light", "light"}, {"", ""}, {"dark", "dark"}, {`"><script>`, ""}} {
			if a := b.post("/theme", "theme", c.ask, "back", "/help"); a.status != 303 || a.header.Get("Location") != "/help" {
				t.Fatal(a.status, a.header)
			}
			if got := theme(); got != c.want {
				t.Errorf("%q: the theme is %q", c.ask, got)
			}
		}
		b.cookies[themeCookie] = "nonsense"
		if got := theme(); got != "" {
			t.Errorf("the theme is %q", got)
		}
	})
}

// TestProblemsArePages, with the right status and a way on.
func TestProblemsArePages(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		a := b.get("/nowhere/<script>").is(404, "There is no such page", "Nothing is broken.", "Go to my likes")
		if len(a.all("h1")) != 1 || len(a.all("nav")) == 0 {
			t.Error(a.body)
		}
		b.post("/help").is(404)
		b.post("/theme", "theme", strings.Repeat("x", mostForm+1)).is(413, "at most 66 kB")
	})
}

// TestKindsOfProblems: what is ours is not told, but under which number the log has it.
func TestKindsOfProblems(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		err    error
		status int
		texts  []string
	}{
		{errors.New("hunter2"), 500, []string{"We made a mistake", "!hunter2", "Try again", "name this:"}},
		{wrong("name one", "that is no number"), 422, []string{"That is no number.", "What to do: name one.", "!Try again"}},
		{mayNot(grant.Write), 403, []string{"You may look here", "write"}},
		{&control.Problem{Kind: control.Gone, Reason: "x", Next: "y"}, 410, []string{"no longer kept"}},
		{state.ErrUnavailable, 503, []string{"The store does not answer now", "Try again"}},
		{state.ErrNotFound, 404, nil},
		{fmt.Errorf("mongodb://me:hunter2@db-host: %w", state.ErrUnavailable), 503, []string{"db-host", "!hunter2"}}, // of the operator
		{&control.Problem{Kind: control.Conflict, Reason: "it runs", Next: "wait"}, 409, []string{"This cannot be done now"}},
		{&control.Problem{Kind: control.Busy, Reason: "x", Next: "y"}, 429, []string{"This is too much at once"}},
	} {
		w.config.Identify = nil
		w.config.Clean = func(s string) string { return strings.ReplaceAll(s, "hunter2", "(secret)") }
		d, err := page.NewRenderer()
		w.must(err)
		s := &site{Config: w.config, draw: d, notes: newSeal()}
		mux := http.NewServeMux()
		mux.Handle("/", s.handler(route{serve: func(*visit) error { return c.err }}))
		w.pages = web.Wrap(web.Config{Handler: mux, Log: w.config.Log, Now: w.config.Now})
		w.stranger().get("/x").is(c.status, c.texts...)
	}
}

// TestPanicsArePages, and an answer that has begun is cut off.
func TestPanicsArePages(t *testing.T) {
	w := newWorld(t, nil)
	d, err := page.NewRenderer()
	w.must(err)
	s := &site{Config: w.config, draw: d, notes: newSeal()}
	mux := http.NewServeMux()
	mux.Handle("/", s.handler(route{serve: func(*visit) error { panic("hunter2") }}))
	mux.Handle("/begun", s.handler(route{serve: func(v *visit) error {
		_ = v.show(http.StatusOK, page.Door{Frame: v.bare("x")})
		panic("hunter2")
	}}))
	w.pages = web.Wrap(web.Config{Handler: mux, Log: w.config.Log, Now: w.config.Now})
	a := w.stranger().get("/x").is(500, "We made a mistake", "!hunter2", "name this:")
	if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "text/html") {
		t.Error(got)
	}
	w.stranger().get("/begun").is(200, "Sign in with a link", "!We made a mistake")
}

// TestWhatCannotBeDrawnIsAProblem, with the status of one.
func TestWhatCannotBeDrawnIsAProblem(t *testing.T) {
	w := newWorld(t, nil)
	d, err := page.NewRenderer()
	w.must(err)
	s := &site{Config: w.config, draw: d, notes: newSeal()}
	w.pages = s.handler(route{serve: func(v *visit) error {
		return v.show(http.StatusOK, page.Workers{Frame: v.bare("x"), Instances: []page.Instance{{State: page.Pill{Icon: "none such"}}}})
	}})
	w.stranger().get("/x").is(500, "We made a mistake")
}

// TestTheStoreFails: the page that says so needs no store.
func TestTheStoreFails(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b, all := w.as("anna"), w.as("")
		w.panel.Store = broken{w.store}
		b.get("/help").is(503, "The store does not answer now", "ask who runs the collector", "Try again", "!1/1", "!MACHINE")
		all.get("/help").is(503, "MACHINE")
		w.config.Identify = func(*http.Request) (grant.Who, error) { return grant.Who{}, errUnreachable }
		w.open()
		w.stranger().get("/help").is(503, "!MACHINE")
	})
}

// TestTheLanguageIsUnderstood: what help tells to write is understood, and nothing is left out.
func TestTheLanguageIsUnderstood(t *testing.T) {
	fields := map[string]bool{}
	for _, l := range language {
		if _, bad := search.Parse(l.Example, noon); bad != nil {
			t.Errorf("%s: %v", l.Example, bad)
		}
		name, _, _ := strings.Cut(l.Example, ":")
		fields[strings.TrimLeft(name, "-")] = true
	}
	for _, f := range []string{"in", "account", "by", "lang", "kind", "is", "liked", "age", "#databases"} {
		if !fields[f] {
			t.Errorf("%s is not explained", f)
		}
	}
}

// TestNotesAreShownOnce, and only those of this process.
func TestNotesAreShownOnce(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		d, err := page.NewRenderer()
		w.must(err)
		s := &site{Config: w.config, draw: d, notes: newSeal()}
		mux := http.NewServeMux()
		for _, r := range s.door() {
			mux.Handle(r.pattern, s.handler(r))
		}
		said := "It is done: <b>" + strings.Repeat("é", 2000)
		mux.Handle("POST /do", s.handler(route{"", grant.Read, func(v *visit) error { return v.leadOn("/help", done(said)) }}))
		mux.Handle("GET /help", s.handler(route{"", grant.Read, (*visit).help}))
		w.pages = mux
		b := w.as("anna")
		a := b.post("/do")
		note := b.cookies[noteCookie]
		if a = b.follow(a).is(200, "It is done: <b>é"); len(a.all("b")) > 1 {
			t.Error("a note became markup")
		}
		b.get("/help").is(200, "!It is done")
		b.cookies[noteCookie] = note
		b.get("/help").is(200, "It is done")
		for _, bad := range []string{"", "x", note[:len(note)-4], "AAAA" + note[4:]} {
			b.cookies[noteCookie] = bad
			b.get("/help").is(200, "!It is done")
		}
		other := w.as("bob") // whom anna shall not have a page say something
		other.cookies[noteCookie] = note
		other.get("/help").is(200, "!It is done")
		w.now = w.now.Add(noteFor + time.Second)
		b.cookies[noteCookie] = note
		b.get("/help").is(200, "!It is done")
		w.now = noon
		s.notes = newSeal() // another process
		b.cookies[noteCookie] = note
		b.get("/help").is(200, "!It is done")
		said = strings.Repeat("<&>", 2000)
		if c := b.post("/do").header.Get("Set-Cookie"); len(c) > 4096 {
			t.Errorf("a browser does not keep %d bytes", len(c))
		}
	})
}

// broken is a store that answers nothing.
type broken struct{ store.Store }

func (broken) Networks(context.Context, store.Filter) ([]state.Network, error) {
	return nil, errUnreachable
}

func (broken) Tally(context.Context, time.Time) (store.Tally, error) {
	return store.Tally{}, errUnreachable
}

// errUnreachable says where the store is, as stores do.
var errUnreachable = fmt.Errorf("%w: MACHINE:27017 does not answer", state.ErrUnavailable)
