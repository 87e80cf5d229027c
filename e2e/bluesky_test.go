//go:build e2e

package e2e

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/e2e/pds"
)

// world is a Bluesky server with people, the gate before it and the AppView.
type world struct {
	data, secret string
	server       *pds.Server
	gate         *gate
	view         *appView
	ada, bob     *pds.Account      // ada likes what bob writes
	app          string            // ada's password for the collector
	texts        map[string]string // of posts, by address
	records      map[string]string // of likes: the record's address by the post's
	start        time.Time
	liked        int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{data: t.TempDir(), secret: rand.Text(), texts: map[string]string{}, records: map[string]string{}, start: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)}
	w.server = startPDS(t, w.data, w.secret)
	t.Cleanup(func() {
		if err := w.server.Stop(); err != nil {
			t.Error(err)
		}
	})
	var err error
	if w.ada, err = w.server.NewAccount(ctx, "ada.test"); err != nil {
		t.Fatal(err)
	}
	if w.bob, err = w.server.NewAccount(ctx, "bob.test"); err != nil {
		t.Fatal(err)
	}
	if w.app, err = w.ada.AppPassword(ctx, "collector"); err != nil {
		t.Fatal(err)
	}
	w.gate = newGate(t, w.server.Origin)
	w.view = newAppView(t, w.server, map[string]string{w.ada.DID: "ada.test", w.bob.DID: "bob.test"})
	return w
}

// like makes n posts of bob and n likes of ada through the server's own API.
func (w *world) like(t *testing.T, about string, n int) []pds.Ref {
	t.Helper()
	when := w.start.Add(time.Duration(w.liked) * time.Minute)
	w.liked += n
	words := texts(about, n)
	posts, err := w.bob.Post(t.Context(), words, when)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range posts {
		w.texts[p.URI] = words[i]
	}
	made, err := w.ada.Like(t.Context(), posts, when.Add(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range posts {
		w.records[p.URI] = made[i].URI
	}
	return posts
}

// settings are the collector's for this world.
func (w *world) settings() []string {
	return []string{
		"COLLECTOR_DISK_FLOOR=0",
		"COLLECTOR_ALLOW_PRIVATE=127.0.0.1",   // the server that the user names
		"COLLECTOR_BLUESKY_URL=" + w.view.URL, // the provider's own hosts: here the AppView
		"COLLECTOR_BLUESKY_POLL_MIN=1s", "COLLECTOR_BLUESKY_POLL_MAX=2s",
		"COLLECTOR_BACKOFF_MIN=200ms", "COLLECTOR_BACKOFF_MAX=2s",
	}
}

// credential is the JSON that a user gives on standard input.
func (w *world) credential(t *testing.T, more map[string]string) string {
	t.Helper()
	c := map[string]string{"identifier": w.ada.Handle, "appPassword": w.app}
	for k, v := range more {
		c[k] = v
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// differs compares the export with what the server holds now: the same likes with
// the same like times. It returns "" or the first differences.
func (w *world) differs(t *testing.T, export []line) string {
	t.Helper()
	likes, err := w.server.Likes(t.Context(), w.ada.DID)
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]time.Time{}
	for _, l := range likes {
		held[l.Subject.URI] = l.At
	}
	var wrong []string
	got := map[string]bool{}
	for _, l := range export {
		at, there := held[l.ID]
		switch {
		case got[l.ID]:
			wrong = append(wrong, l.ID+" is exported twice")
		case !there:
			wrong = append(wrong, l.ID+" is not on the server")
		case l.LikedAt == nil || !l.LikedAt.Equal(at):
			wrong = append(wrong, fmt.Sprintf("%s was liked at %s, exported is %v", l.ID, at, l.LikedAt))
		}
		got[l.ID] = true
	}
	for id := range held {
		if !got[id] {
			wrong = append(wrong, id+" is missing")
		}
	}
	if len(wrong) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d likes exported, %d differences: %s", len(export), len(held), len(wrong), strings.Join(wrong[:min(3, len(wrong))], "; "))
}

// untold returns what is wrong with the contents that the AppView fills in.
func (w *world) untold(export []line) string {
	empty := 0
	for _, l := range export {
		want, known := w.texts[l.ID]
		switch {
		case l.Text == "" && l.Title == "":
			empty++
		case known && !strings.Contains(l.Text+l.Title, want):
			return fmt.Sprintf("%s says %q, the post is %q", l.ID, l.Text, want)
		case !strings.Contains(l.Author.Name, "bob.test"):
			return fmt.Sprintf("%s is by %q, not by bob.test", l.ID, l.Author.Name)
		}
	}
	if empty > 0 {
		return fmt.Sprintf("%d of %d texts are not there yet", empty, len(export))
	}
	return ""
}

const list = "com.atproto.repo.listRecords"

// TestBlueskyCollected is the main job on a real server: the backfill with the
// process killed in the middle, polls, the server gone and back, and at the end
// the export equal to what the server holds.
func TestBlueskyCollected(t *testing.T) {
	w := newWorld(t)
	first := w.like(t, "early", 230)
	p := install(t, build(t), w.settings()...)
	connected := p.run(t, w.credential(t, nil), "connect", "bluesky", "--server", w.gate.URL, "--token-stdin")
	if connected.code != 0 {
		t.Fatalf("connect ended with %d:\n%s%s", connected.code, connected.out, connected.talk)
	}
	t.Logf("connect says:\n%s%s", connected.out, connected.talk)

	w.killedInTheMiddle(t, p, func() { // the first page is stored, the oldest likes are not read yet
		w.like(t, "meanwhile", 3)
		if err := w.ada.Unlike(t.Context(), w.records[first[7].URI]); err != nil {
			t.Fatal(err)
		}
	})

	d := p.start(t)
	eventually(t, "the backfill of 230 likes, less one taken back and with 3 made meanwhile", func() string { return w.differs(t, p.export(t)) })
	eventually(t, "the texts of the posts", func() string { return w.untold(p.export(t)) })
	if !strings.Contains(p.must(t, "", "search", "meanwhile", "number2"), "number2") {
		t.Error("the search does not find a text that was filled in")
	}
	for _, l := range p.export(t) {
		if l.LikedAtSource != "api" || l.Service != "bluesky" || !strings.HasPrefix(l.URL, "https://") || l.CreatedAt == nil {
			t.Fatalf("an exported like: %+v", l)
		}
	}

	asked := len(w.gate.calls(list))
	w.like(t, "late", 120) // more than one page of a poll
	eventually(t, "120 new likes polled", func() string { return w.differs(t, p.export(t)) })
	for _, c := range w.gate.calls(list)[asked:] {
		if c.Query.Get("reverse") != "true" {
			t.Errorf("a poll asked for %v: a forward poll asks from its resume point on", c.Query)
		}
	}
	if err := w.ada.LikeAgain(t.Context(), first[3], w.start.Add(365*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a post liked a second time", func() string { return w.differs(t, p.export(t)) })

	w.serverStartsAgain(t)
	w.like(t, "after the restart", 5)
	eventually(t, "likes made after the server started again", func() string { return w.differs(t, p.export(t)) })
	eventually(t, "their texts", func() string { return w.untold(p.export(t)) })
	if code := d.stop(t); code != 0 {
		t.Errorf("the daemon ended with %d", code)
	}
	if wrong := w.differs(t, p.export(t)); wrong != "" {
		t.Errorf("after the end: %s", wrong)
	}
	t.Logf("%d likes exported, equal to what the server holds; %d list calls, %d calls of the AppView", len(p.export(t)), len(w.gate.calls(list)), w.view.asked.Load())
}

// serverStartsAgain stops the server and starts it with another secret: every
// session token that was given out is void from now on.
func (w *world) serverStartsAgain(t *testing.T) {
	t.Helper()
	if err := w.server.Stop(); err != nil {
		t.Fatal(err)
	}
	w.secret = rand.Text()
	w.server = startPDS(t, w.data, w.secret)
	w.gate.point(t, w.server.Origin)
	w.view.at.Store(w.server)
	for _, a := range []*pds.Account{w.ada, w.bob} {
		if err := a.Moved(t.Context(), w.server); err != nil {
			t.Fatal(err)
		}
	}
}

// killedInTheMiddle runs the backfill and kills the daemon with SIGKILL at named
// moments. Every run after the first must go on where the last one was. A page is
// asked for while the one before it is being stored: where the call waits at the
// gate, the pages before it must come to be stored before the process is killed.
// meanwhile runs once the process is dead for the first time.
func (w *world) killedInTheMiddle(t *testing.T, p *program, meanwhile func()) {
	t.Helper()
	later := func(c seen) bool { return c.Method == list && c.Query.Get("cursor") != "" }
	stored := 0
	for _, round := range []struct {
		moment string
		hold   int // > 0: the call waits at the gate until this many likes are stored and the process is dead
		is     func(c seen) bool
	}{
		{"the second page asked for", 100, later},
		{"a later page just answered", 0, later},
		{"the last page asked for", 200, func(c seen) bool { return later(c) && c.Query.Get("cursor") != w.cursors()[0] }},
	} {
		struck, dead := make(chan seen, 1), make(chan struct{})
		hit := func(c seen) {
			if !round.is(c) {
				return
			}
			select {
			case struck <- c:
				if round.hold > 0 {
					<-dead
				}
			default:
			}
		}
		before := len(w.gate.calls(list))
		if round.hold > 0 {
			w.gate.at(hit, nil)
		} else {
			w.gate.at(nil, hit)
		}
		d := p.start(t)
		over := time.NewTimer(patience)
		select {
		case <-struck:
		case <-over.C:
			t.Fatalf("killing at %q: that moment never came; the daemon says:\n%s", round.moment, tail(d.text(), 40))
		}
		over.Stop()
		if round.hold > 0 {
			eventually(t, "the likes of the pages before "+round.moment, func() string {
				if n := len(p.export(t)); n < round.hold {
					return fmt.Sprintf("%d of %d are stored", n, round.hold)
				}
				return ""
			})
		}
		d.kill()
		close(dead)
		w.gate.at(nil, nil)
		now := len(p.export(t))
		t.Logf("killed with %s: %d likes in the store", round.moment, now)
		if now < stored || now == 0 {
			t.Errorf("killed with %s: %d likes in the store after %d", round.moment, now, stored)
		}
		if calls := w.gate.calls(list); stored > 0 && len(calls) > before && calls[before].Query.Get("cursor") == "" {
			t.Errorf("started again with %d likes, the daemon asked for the first page: it forgot where it was", stored)
		}
		if stored = now; meanwhile != nil {
			meanwhile()
			meanwhile = nil
		}
	}
}

// cursors returns the cursors that were asked for so far, in order.
func (w *world) cursors() []string {
	out := []string{""}
	for _, c := range w.gate.calls(list) {
		if cursor := c.Query.Get("cursor"); cursor != "" {
			out = append(out, cursor)
		}
	}
	return out[min(1, len(out)-1):]
}
