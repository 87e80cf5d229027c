package site

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/deliver/webhook"
	"collector/grant"
	"collector/queue"
	queuememory "collector/queue/memory"
	"collector/store/memory"
	"collector/web/page"
)

// hooked gives a world webhooks: two of anna's, of which one gave a message up, and one of bob's.
func hooked(w *world) (webhook.Store, *queuememory.Store) {
	w.t.Helper()
	hooks, jobs := webhook.NewMemory(), queuememory.New()
	for _, e := range []webhook.Endpoint{
		{ID: "wh_annas1", User: "anna", URL: "https://notes.example/" + hunter, Query: "lang:go", Kinds: []string{"poll"}, Parallel: 1, CreatedAt: noon},
		{ID: "wh_annas2", User: "anna", URL: "https://other.example/", Kinds: []string{"poll"}, Parallel: 1, CreatedAt: noon, Paused: true},
		{ID: "wh_bobs", User: "bob", URL: "https://" + strings.ToLower(secret) + ".example/", Kinds: []string{"poll"}, Parallel: 1, CreatedAt: noon},
	} {
		w.must(webhook.Add(w.t.Context(), hooks, webhook.Record{Endpoint: e}))
	}
	of := webhook.QueueOf("wh_annas1")
	_, err := jobs.Add(w.t.Context(), noon, "", []queue.Job{{ID: "j1", Queue: of, Kind: "k", MaxAttempts: 1}})
	w.must(err)
	got, err := jobs.Claim(w.t.Context(), queue.Claim{Queue: of, N: 1, Owner: "o", Now: noon, Until: noon.Add(time.Minute)})
	w.must(err)
	_, err = jobs.Finish(w.t.Context(), noon, []queue.Outcome{{Ref: got[0].Ref(), Verb: queue.Bury, Error: "refused"}})
	w.must(err)
	w.panel.Beside.Webhooks = func(_ context.Context, _ bool, fn func(webhook.Store) error) error { return fn(hooks) }
	w.panel.Beside.Waiting = func(_ context.Context, fn func(queue.Store) error) error { return fn(jobs) }
	return hooks, jobs
}

// buttonsTo are the deeds of the form that is sent to an address, in their order.
func (a reply) buttonsTo(to page.Path) (out []string) {
	for _, form := range a.all("form") {
		if value(form, "action") == string(to) {
			for _, b := range under(form, "button") {
				out = append(out, value(b, "value"))
			}
		}
	}
	return out
}

// TestWebhooksAreListed: their own to everybody, those of all to the operator, and of their
// addresses the host alone.
func TestWebhooksAreListed(t *testing.T) {
	w := seeded(t, memory.New())
	w.as("anna").get("/settings").is(200, "!Webhooks")
	hooked(w)
	a := w.as("anna").get("/settings").is(200,
		"Webhooks", "wh_annas1 notes.example lang:go Works 1 given up never Pause Send again Remove…", "wh_annas2 other.example all Paused never Resume Remove…",
		"!wh_bobs", "!"+hunter, "!"+strings.ToLower(secret))
	if got := a.buttonsTo(hookPath("wh_annas1")); !slices.Equal(got, []string{"pause", "replay", "delete"}) {
		t.Errorf("the buttons are %v", got)
	}
	w.as("").get("/settings").is(200, "wh_annas1 · anna", "wh_bobs · bob", "!"+hunter)
	w.as("", grant.Read, grant.Write).get("/settings").is(200, "!wh_annas1", "!Webhooks")
	looks := w.as("anna", grant.Read).get("/settings").is(200, "wh_annas1")
	if got := looks.buttonsTo(hookPath("wh_annas1")); got != nil {
		t.Errorf("who may only look has %v", got)
	}
	w.as("carol").get("/settings").is(200, "No webhooks yet", "New webhook")
}

// TestWebhooksAreChanged by the forms, after a question where it cannot be undone.
func TestWebhooksAreChanged(t *testing.T) {
	w := seeded(t, memory.New())
	hooks, jobs := hooked(w)
	b, to := w.as("anna"), string(hookPath("wh_annas1"))
	paused := func() bool {
		r, err := hooks.Get(t.Context(), "wh_annas1")
		w.must(err)
		return r.Paused
	}
	b.follow(b.post(to, "do", "pause")).is(200, "wh_annas1 is paused", "lang:go Paused")
	if !paused() {
		t.Error("it is not paused")
	}
	b.follow(b.post(to, "do", "resume")).is(200, "wh_annas1 is called again", "lang:go Works")
	if paused() {
		t.Error("it is still paused")
	}
	b.follow(b.post(to, "do", "replay")).is(200, "1 message is sent again", "1 waiting", "!given up")
	if list, err := jobs.Stats(t.Context()); err != nil || len(list) != 1 || list[0].Ready+list[0].Scheduled != 1 || list[0].Dead != 0 {
		t.Errorf("after a replay: %+v, %v", list, err)
	}
	b.post(to, "do", "nonsense").is(422)
	b.post(to, "do", "delete").is(200, "Remove the webhook wh_annas1?", "notes.example is called no more", "!"+hunter)
	if _, err := hooks.Get(t.Context(), "wh_annas1"); err != nil {
		t.Fatal("removed without an answer", err)
	}
	b.follow(b.post(to, "do", "delete", "sure", "yes")).is(200, "wh_annas1 is removed.", "wh_annas2", "!notes.example")
	if _, err := hooks.Get(t.Context(), "wh_annas1"); !errors.Is(err, webhook.ErrUnknown) {
		t.Errorf("it is there: %v", err)
	}
	if list, err := jobs.Stats(t.Context()); err != nil || len(list) > 0 && list[0].Ready+list[0].Scheduled > 0 {
		t.Errorf("what waited for it is left: %+v, %v", list, err)
	}
	b.post(to, "do", "pause").is(404)
}

// TestNobodyChangesAnothersWebhook: it is as one that is not there; and who may only look,
// or is the operator without the scope for what belongs to all, changes none.
func TestNobodyChangesAnothersWebhook(t *testing.T) {
	w := seeded(t, memory.New())
	hooks, _ := hooked(w)
	to := string(hookPath("wh_bobs"))
	for _, do := range []string{"pause", "resume", "replay", "delete"} {
		for _, sure := range []string{"", "yes"} {
			w.as("anna").post(to, "do", do, "sure", sure).is(404, "!"+strings.ToLower(secret))
			w.as("bob", grant.Read).post(to, "do", do, "sure", sure).is(403)
			w.as("", grant.Read, grant.Write).post(to, "do", do, "sure", sure).is(403)
			w.stranger().post(to, "do", do, "sure", sure).is(401)
		}
	}
	if r, err := hooks.Get(t.Context(), "wh_bobs"); err != nil || r.Paused || r.Resumes != 0 {
		t.Errorf("it is changed: %+v, %v", r, err)
	}
	b := w.as("")
	b.follow(b.post(to, "do", "pause")).is(200, "wh_bobs is paused")
}
