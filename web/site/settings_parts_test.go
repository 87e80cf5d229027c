package site

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"collector/deliver/webhook"
	"collector/grant"
	"collector/queue"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// forgetful is a store that has lost the searches and what it noted.
type forgetful struct {
	store.Store
	err error
}

func (f *forgetful) Meta(ctx context.Context, key string) (string, error) {
	if f.err != nil && (key == store.MetaBackedUp || strings.HasPrefix(key, "searches ")) {
		return "", f.err
	}
	return f.Store.Meta(ctx, key)
}

// lostGrants are grants that cannot be listed.
type lostGrants struct {
	grant.Store
	err error
}

func (l *lostGrants) List(ctx context.Context, user, after string, n int) ([]grant.Record, error) {
	if l.err != nil {
		return nil, l.err
	}
	return l.Store.List(ctx, user, after, n)
}

// TestABlockFailsByItself: what one store cannot tell hides nothing that others know, and
// the page says in its place that it could not be read.
func TestABlockFailsByItself(t *testing.T) {
	st := &forgetful{Store: memory.New()}
	w := seeded(t, st)
	hooked(w)
	grants := &lostGrants{Store: grant.NewMemory()}
	w.grants = grant.New(grants, slog.New(slog.DiscardHandler))
	w.config.Grants = w.grants
	inFile(w, "likes.db", 10)
	w.open()
	hooks, waiting := w.panel.Beside.Webhooks, w.panel.Beside.Waiting
	away := fmt.Errorf("WHEREITIS: %w", state.ErrUnavailable)
	const sentence = " could not be read: the store does not answer as it should. What to do: try again later"
	all := []string{"New token", "Firefox on Linux", "No saved searches yet", "No feeds yet", "wh_annas1", "As the system", "!WHEREITIS"}
	but := func(missing, says string) []string {
		out := []string{says}
		for _, a := range all {
			if a != missing {
				out = append(out, a)
			}
		}
		return append(out, "!"+missing)
	}
	b := w.as("anna")
	b.get("/settings").is(200, append(all, "!could not be read")...)
	w.panel.Beside.Webhooks = func(context.Context, bool, func(webhook.Store) error) error { return away }
	b.get("/settings").is(200, but("wh_annas1", "The webhooks"+sentence)...)
	w.as("").get("/settings").is(200, "The webhooks could not be read: WHEREITIS", "Back up now")
	w.panel.Beside.Webhooks = hooks
	w.panel.Beside.Waiting = func(context.Context, func(queue.Store) error) error { return away }
	b.get("/settings").is(200, but("wh_annas1", "The webhooks"+sentence)...)
	w.panel.Beside.Waiting = waiting
	grants.err = away
	b.get("/settings").is(200, append(but("Firefox on Linux", "Who has got in"+sentence)[:3], "wh_annas1")...)
	grants.err = nil
	st.err = errors.New("MISTAKE")
	b.get("/settings").is(200, append(but("No saved searches yet", "The saved searches could not be read: a mistake in collector. What to do: look into the log"), "!MISTAKE")...)
	w.as("").get("/settings").is(200, "When the last backup was made could not be read", "Back up now", "wh_bobs")
}

// TestManyWebhooks: no more are drawn than somebody reads, those that need somebody first,
// and the page says so.
func TestManyWebhooks(t *testing.T) {
	w := seeded(t, memory.New())
	hooks, _ := hooked(w)
	for i := range mostHooks {
		w.must(webhook.Add(t.Context(), hooks, webhook.Record{
			Endpoint: webhook.Endpoint{ID: fmt.Sprintf("wh_%03d", i), User: fmt.Sprintf("u%d", i/10), URL: "https://notes.example/", Kinds: []string{"poll"}, Parallel: 1, CreatedAt: noon.Add(time.Duration(i) * time.Minute)},
			Health:   webhook.Health{Failures: 1 - min(i, 1), Error: "it answered 500"},
		}))
	}
	w.as("anna").get("/settings").is(200, "wh_annas1", "wh_annas2", "!not shown here")
	a := w.as("").get("/settings").is(200, "3 webhooks are not shown here: collector webhooks list shows all.", "wh_000", "it answered 500", "wh_099", "wh_001", "!wh_annas1", "!wh_bobs")
	forms := 0
	for _, f := range a.all("form") {
		if to := value(f, "action"); len(to) > 19 && to[:19] == "/settings/webhooks/" {
			forms++
		}
	}
	if forms != mostHooks {
		t.Errorf("%d webhooks are drawn", forms)
	}
}

// TestFormsHaveNamesOfTheirOwn: a screen reader tells sessions, tokens and feeds of one name
// apart, also those that began in the same minute.
func TestFormsHaveNamesOfTheirOwn(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for range 2 {
			for range 2 {
				w.as("anna")
				w.has(grant.Ask{Kind: grant.Token, User: "anna", Name: "script", Scopes: []grant.Scope{grant.Read}})
				w.has(grant.Ask{Kind: grant.Feed, User: "anna", Name: "reader"})
			}
			w.now = w.now.Add(-time.Hour)
		}
		w.now = noon
		a := w.as("anna").get("/settings").is(http.StatusOK)
		seen := map[string]bool{}
		for _, f := range a.all("form") {
			label := value(f, "aria-label")
			if label == "" || seen[label] {
				t.Errorf("the form of %s is called %q, as another one is", value(f, "action"), label)
			}
			seen[label] = true
		}
		for _, want := range []string{"Token script of today 11:00", "Token script of today 11:00, number 2", "Session Firefox on Linux of today 11:00"} {
			if !seen[want] {
				t.Errorf("no form is called %q: %v", want, seen)
			}
		}
	})
}
