package site

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/control"
	"collector/grant"
	"collector/state"
	"collector/store"
	"collector/store/memory"
	"collector/web/page"
)

// watching is a stream that somebody reads.
type watching struct {
	mu   sync.Mutex
	out  *httptest.ResponseRecorder
	over bool // the handler returned
	end  context.CancelFunc
}

func (s *watching) Header() http.Header { return s.out.Header() }
func (s *watching) Flush()              {}

func (s *watching) WriteHeader(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.WriteHeader(status)
}

func (s *watching) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(b)
}

func (s *watching) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Body.String()
}

// ended says whether the handler returned.
func (s *watching) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// watch opens a stream. The test is in a bubble.
func (b *browserOf) watch(path string, header ...string) *watching {
	b.w.t.Helper()
	ctx, end := context.WithCancel(b.w.t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	r.Host = "localhost"
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	s := &watching{out: httptest.NewRecorder(), end: end}
	go func() {
		b.w.pages.ServeHTTP(s, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.over = true
	}()
	b.w.t.Cleanup(end)
	synctest.Wait()
	return s
}

// later lets time pass, and all that happens until then: a little more, so that what is due
// at the end of it comes before.
func later(d time.Duration) {
	time.Sleep(d + time.Millisecond)
	synctest.Wait()
}

// TestTheStream tells everybody of his own as it is written, each narrowed as he asked.
func TestTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := seeded(t, memory.New())
		anna, bob, all := w.as("anna"), w.as("bob"), w.as("")
		of := map[string]*watching{
			"anna": anna.watch("/stream?of=activity"), "bob": bob.watch("/stream?of=activity"), "all": all.watch("/stream?of=activity"),
			"other account": anna.watch("/stream?of=activity&account=mastodon/@anna@social.example"),
			"other kind":    anna.watch("/stream?of=activity&kind=gone"),
			"waits":         anna.watch("/stream?of=activity&kind=wait"),
			"failures":      anna.watch("/stream?of=activity&kind=fail"),
			"the list":      anna.watch("/stream?of=accounts"),
			"bob's list":    bob.watch("/stream?of=accounts"),
		}
		w.wrote("anna-github-anna-hub", 1, 2)
		later(lookEvery)
		for name, texts := range map[string][]string{
			"anna": {"event: event\n", "2 new", "!anna</small>", "!changed", "!user="}, "all": {"2 new", "anna</small>", `href="/accounts/github/anna-hub?user=anna"`}, "bob": {"!data"},
			"other account": {"!data"}, "other kind": {"!data"}, "waits": {"!data"}, "failures": {"!data"}, "the list": {"event: changed\n", "!2 new"}, "bob's list": {"!data"},
		} {
			for _, want := range texts {
				if not, ok := strings.CutPrefix(want, "!"); strings.Contains(of[name].text(), strings.TrimPrefix(want, "!")) == ok {
					t.Errorf("%s: found is not what %q asks for: %s", name, not, of[name].text())
				}
			}
		}
		if h := of["anna"].out.Header(); h.Get("Content-Type") != "text/event-stream" || h.Get("Cache-Control") != "no-store" {
			t.Error(h)
		}
		before := len(of["anna"].text())
		later(beatEvery)
		if got := of["anna"].text()[before:]; got != ": it lives\n\n" {
			t.Errorf("%q", got)
		}
		for _, name := range []string{"waits", "failures"} { // the log does not have them: the page is read again for them
			if got := strings.Count(of[name].text(), changedEvent); got != 1 {
				t.Errorf("%s: read again %d times: %s", name, got, of[name].text())
			}
		}
		for _, s := range of {
			s.end()
		}
		later(lookEvery) // no reader is left: the bubble would not end
	})
}

// TestTheStreamOfHostileNames: a line is one line, and its names are text.
func TestTheStreamOfHostileNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, memory.New())
		n := w.network("anna", "github", "x<img src=x onerror=alert(1)>\n\nevent: changed\ndata: \u2028y")
		s := w.as("anna").watch("/stream?of=activity")
		w.wrote(n.ID, 1, 1)
		later(lookEvery)
		if got := s.text(); strings.Contains(got, "<img") || strings.Contains(got, "\nevent: changed") || !strings.Contains(got, "&lt;img") {
			t.Error(got)
		}
		s.end()
		synctest.Wait()
	})
}

// TestTheStreamGoesOn where the page, or the stream before, ended: what came between is said.
func TestTheStreamGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := seeded(t, memory.New())
		anna := w.as("anna")
		last, err := w.store.LastChange(t.Context())
		w.must(err)
		w.wrote("bob-github-bob-hub", 1, 1)
		at := func(query string, header ...string) string {
			s := anna.watch("/stream?of=activity"+query, header...)
			defer s.end()
			return s.text()
		}
		since := "&since=" + strconv.FormatInt(last, 10)
		if got := at(since); strings.Contains(got, "data") {
			t.Errorf("bob's change was told: %s", got)
		}
		w.wrote("anna-github-anna-hub", 2, 1)
		if got := at(since); !strings.Contains(got, changedEvent) {
			t.Error(got)
		}
		if got := at(since, "Last-Event-ID", strconv.FormatInt(last+2, 10)); strings.Contains(got, "data") {
			t.Error(got)
		}
		if got := at("&since=-4"); !strings.Contains(got, "is none") {
			t.Error(got)
		}
		synctest.Wait()
	})
}

// TestNoLineComesTwice: what the page shows already, written since the log was looked at for
// those who watched before, is not told again.
func TestNoLineComesTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := seeded(t, memory.New())
		anna := w.as("anna")
		first := anna.watch("/stream?of=activity")
		w.wrote("anna-github-anna-hub", 1, 2)
		last, err := w.store.LastChange(t.Context())
		w.must(err)
		late := anna.watch("/stream?of=activity&since=" + strconv.FormatInt(last, 10))
		later(lookEvery)
		if got := first.text(); strings.Count(got, "2 new") != 1 {
			t.Error(got)
		}
		if got := late.text(); strings.Contains(got, "data") {
			t.Errorf("told again: %s", got)
		}
		w.wrote("anna-github-anna-hub", 2, 1)
		later(lookEvery)
		if got := late.text(); strings.Count(got, "event: event") != 1 {
			t.Error(got)
		}
		first.end()
		late.end()
		synctest.Wait()
	})
}

// asking is a log whose end somebody looks at while it is asked for.
type asking struct {
	store.Store
	look func()
}

func (a asking) LastChange(ctx context.Context) (int64, error) {
	a.look()
	return a.Store.LastChange(ctx)
}

// TestNobodyWaitsForAnothersStore: nothing is locked while the log is read for the first viewer,
// be it for long.
func TestNobodyWaitsForAnothersStore(t *testing.T) {
	w := seeded(t, memory.New())
	h, looked := w.hub(), 0
	w.panel.Store = asking{w.store, func() {
		if looked++; !h.mu.TryLock() {
			t.Error("the others wait")
			return
		}
		h.mu.Unlock()
	}}
	one := &watcher{}
	w.must(h.join(t.Context(), one))
	h.leave(one)
	if looked != 1 {
		t.Error(looked)
	}
}

// TestTheStreamEnds when who reads it is signed in no more.
func TestTheStreamEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := seeded(t, memory.New())
		b := w.as("anna")
		s := b.watch("/stream?of=activity")
		later(beatEvery)
		if s.ended() {
			t.Fatal("it ended by itself")
		}
		if got := b.post("/logout"); got.status != 200 {
			t.Fatal(got.status)
		}
		later(beatEvery)
		if !s.ended() {
			t.Error("it goes on after the sign-out")
		}
	})
}

// TestTheStreamOfWorkers is the operator's, and has the page read anew.
func TestTheStreamOfWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := seeded(t, memory.New())
		w.as("anna").get("/stream?of=workers").is(403)
		w.as("", grant.Read).get("/stream?of=workers").is(403)
		w.as("anna").get("/stream?of=nonsense").is(422, "no such stream")
		w.stranger().get("/stream?of=activity").is(401)
		for _, of := range []string{"workers", "activity", "likes"} { // nobody would take it: it ends at once
			w.as("").ask(http.MethodHead, "/stream?of="+of, "").is(200)
		}
		s := w.as("").watch("/stream?of=workers")
		later(2 * workersEvery)
		if got := strings.Count(s.text(), changedEvent); got != 2 {
			t.Error(got, s.text())
		}
		s.end()
		synctest.Wait()
	})
}

// TestSlowViewersMiss lines, and are told so; the others get theirs. Nothing piles up.
func TestSlowViewersMiss(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		h := w.hub()
		slow := &watcher{user: "anna", wants: control.WantedChanges("", ""), lines: make(chan liveLine, mostWaiting), changed: make(chan struct{}, 1)}
		fast := &watcher{user: "anna", wants: control.WantedChanges("", ""), lines: make(chan liveLine, 100), changed: make(chan struct{}, 1)}
		bob := &watcher{user: "bob", wants: control.WantedChanges("", ""), lines: make(chan liveLine, 100), changed: make(chan struct{}, 1)}
		h.watchers = map[*watcher]bool{slow: true, fast: true, bob: true}
		since, err := w.store.LastChange(t.Context())
		w.must(err)
		for i := range mostWaiting + 3 {
			w.wrote("anna-github-anna-hub", i, 1)
		}
		next, err := h.look(t.Context(), since)
		if err != nil || next != since+mostWaiting+3 {
			t.Fatal(next, err)
		}
		if len(slow.lines) != mostWaiting || len(slow.changed) != 1 {
			t.Error(len(slow.lines), len(slow.changed))
		}
		if len(fast.lines) != mostWaiting+3 || len(fast.changed) != 0 {
			t.Error(len(fast.lines), len(fast.changed))
		}
		if len(bob.lines)+len(bob.changed) != 0 {
			t.Error("bob was told of what is anna's")
		}
		for i := range int64(3) {
			if l := <-fast.lines; l.seq != since+1+i {
				t.Error(l)
			}
		}
	})
}

// TestTheHubIsFarBehind: it goes on at the end, and everybody reads anew.
func TestTheHubIsFarBehind(t *testing.T) {
	w := newWorld(t, memory.New())
	for name, log := range map[string]*farApart{"many": {every: 1, last: 5000}, "pruned": {every: 1, last: 5000, kept: 4000}} {
		w.panel.Store = farBehind{w.store, log}
		h := w.hub()
		one := &watcher{user: "anna", wants: control.WantedChanges("", ""), lines: make(chan liveLine, mostWaiting), changed: make(chan struct{}, 1)}
		h.watchers = map[*watcher]bool{one: true}
		next, err := h.look(t.Context(), 10)
		if err != nil || next != 5000 || len(one.changed) != 1 {
			t.Error(name, next, err, len(one.changed))
		}
	}
}

// farApart is a log in which every so many changes are somebody's.
type farApart struct{ every, last, kept int64 }

func (f *farApart) Changes(_ context.Context, _ string, since int64, n int) (out []store.Change, err error) {
	if since < f.kept {
		return nil, store.ErrGone
	}
	for seq := since - since%f.every + f.every; seq <= f.last && len(out) < n; seq += f.every {
		out = append(out, store.Change{Seq: seq})
	}
	return out, nil
}

type farBehind struct {
	store.Store
	log *farApart
}

func (f farBehind) Changes(ctx context.Context, user string, since int64, n int) ([]store.Change, error) {
	return f.log.Changes(ctx, user, since, n)
}
func (f farBehind) LastChange(context.Context) (int64, error) { return f.log.last, nil }

// silent is a log that does not answer.
type silent struct{ store.Store }

func (silent) Changes(context.Context, string, int64, int) ([]store.Change, error) {
	return nil, state.ErrUnavailable
}
func (silent) LastChange(context.Context) (int64, error) { return 0, state.ErrUnavailable }

// TestTooManyWatch: one more is told so, and a page still shows everything.
func TestTooManyWatch(t *testing.T) {
	w := seeded(t, memory.New())
	h := w.hub()
	for range mostWatchers {
		h.watchers[&watcher{}] = true
	}
	if err := h.join(t.Context(), &watcher{}); err == nil {
		t.Error("one more was let in")
	}
	clear(h.watchers)
	for range mostOfOne {
		h.watchers[&watcher{user: "anna"}] = true
	}
	if err := h.join(t.Context(), &watcher{user: "anna"}); err == nil {
		t.Error("one user takes more than his part")
	}
	bob := &watcher{user: "bob"}
	w.must(h.join(t.Context(), bob))
	clear(h.watchers)
	h.leave(bob)
}

// TestTheStoreFailsWhileSomebodyWatches: the stream stays, and goes on when it is back.
func TestTheStoreFailsWhileSomebodyWatches(t *testing.T) {
	w := seeded(t, memory.New())
	h := w.hub()
	w.panel.Store = silent{w.store}
	if err := h.join(t.Context(), &watcher{}); err == nil || len(h.watchers) != 0 {
		t.Error(err, len(h.watchers))
	}
	if next, err := h.look(t.Context(), 3); err == nil || next != 3 {
		t.Error(next, err)
	}
}

// hub is one that nobody reads for.
func (w *world) hub() *hub {
	w.t.Helper()
	d, err := page.NewRenderer()
	w.must(err)
	return newHub(&site{Config: w.config, draw: d, notes: newSeal()})
}
