package site

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/deliver/webhook"
	"collector/grant"
	"collector/queue"
	"collector/store"
	"collector/store/memory"
)

// called notes how the calls of a webhook went.
func (w *world) called(hooks webhook.Store, id string, h webhook.Health) {
	w.t.Helper()
	w.must(hooks.Note(w.t.Context(), []webhook.Note{{ID: id, Health: &h}}))
}

// TestActivityOfWebhooks: the last call that went well and since when none does, to whose they are
// and to the operator, of the address the host alone.
func TestActivityOfWebhooks(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.as("anna").get("/activity").is(200, "!Webhook")
		hooks, _ := hooked(w)
		w.called(hooks, "wh_annas1", webhook.Health{LastOK: noon.Add(-2 * time.Minute), Failing: noon.Add(-time.Minute), Failures: 3, Error: "it answered 503"})
		w.called(hooks, "wh_annas2", webhook.Health{Failing: noon.Add(-time.Second), Failures: 1, Error: "gone", Stopped: "it answered that it is gone for good (410)"})
		w.called(hooks, "wh_bobs", webhook.Health{LastOK: noon})
		anna := w.as("anna")
		all := anna.get("/activity").is(200,
			"11:58:00 Webhook to notes.example answered well, the last time wh_annas1", "11:59:00 Webhook to notes.example has failed since, 3 calls in a row: it answered 503",
			"Webhook to other.example has failed since, 1 call in a row: gone. It is called no more: it answered that it is gone for good (410)", "3 new",
			"Of a webhook there is the last call that went well, and since when none does.",
			"!wh_bobs", "!"+hunter, "!"+strings.ToLower(secret), "!Of instances")
		lines := under(all.find("ol", "log")[0], "li")
		if got := read(lines[0]); !strings.Contains(got, "It is called no more") {
			t.Errorf("the newest line is %s", got)
		}
		anna.get("/activity?kind=webhook").is(200, "answered well", "has failed since", "!3 new", "!Kept for")
		anna.get("/activity?kind=fail").is(200, "has failed since", "!answered well")
		anna.get("/activity?kind=new").is(200, "!Webhook to")
		anna.get("/activity?account=github/anna-hub").is(200, "3 new", "!Webhook to")
		anna.get("/activity?before=3").is(200, "!Webhook to")
		w.as("").get("/activity").is(200, "wh_annas1 · anna", "wh_bobs · bob", "!"+hunter)
		looks := w.as("", grant.Read)
		looks.get("/activity").is(200, "!Webhook to")
		looks.get("/activity?kind=webhook").is(422)
	})
}

// TestManyWebhooksAreNotLookedAt: of all users there are none then, and the page says so. One user sees
// her own, and those of others are not read for it.
func TestManyWebhooksAreNotLookedAt(t *testing.T) {
	w := seeded(t, memory.New())
	hooks, jobs := hooked(w)
	queues := &countedQueues{Store: jobs}
	w.panel.Beside.Waiting = func(_ context.Context, fn func(queue.Store) error) error { return fn(queues) }
	w.called(hooks, "wh_annas1", webhook.Health{LastOK: noon})
	w.as("anna").get("/activity").is(200, "answered well", "!too many")
	for i := range control.ActivityRuns {
		_, err := hooks.Put(t.Context(), webhook.Record{Endpoint: webhook.Endpoint{ID: fmt.Sprint("wh_", i), User: fmt.Sprint("u", i), URL: "https://x.example/", Kinds: []string{"poll"}, Parallel: 1}})
		w.must(err)
	}
	counted := &countedHooks{Store: hooks}
	w.panel.Beside.Webhooks = func(_ context.Context, _ bool, fn func(webhook.Store) error) error { return fn(counted) }
	w.as("").get("/activity").is(200, "!answered well", "too many webhooks to list their calls here", "3 new")
	if counted.read > control.ActivityRuns+1 {
		t.Errorf("%d webhooks were read", counted.read)
	}
	counted.read = 0
	w.as("anna").get("/activity").is(200, "answered well", "!too many", "3 new")
	w.as("anna").get("/settings").is(200, "wh_annas1", "wh_annas2", "!wh_bobs", "!wh_7")
	if counted.read > 0 {
		t.Errorf("%d webhooks were read for one user", counted.read)
	}
	if want := []string{webhook.QueueOf("wh_annas1"), webhook.QueueOf("wh_annas2")}; !slices.Equal(queues.named, want) {
		t.Errorf("the settings of one user read the counts of %q, want %q", queues.named, want)
	}
}

// countedQueues keeps whose counts were asked for last.
type countedQueues struct {
	queue.Store
	named []string
}

func (c *countedQueues) Stats(ctx context.Context, queues ...string) ([]queue.Stats, error) {
	c.named = queues
	return c.Store.Stats(ctx, queues...)
}

// countedHooks counts how many webhooks are read.
type countedHooks struct {
	webhook.Store
	read int
}

func (c *countedHooks) List(ctx context.Context, after string, n int) ([]webhook.Record, error) {
	list, err := c.Store.List(ctx, after, n)
	c.read += len(list)
	return list, err
}

// TestActivityOfInstances: who began and who is silent, to the operator alone.
func TestActivityOfInstances(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, in := range []store.Instance{
			{ID: "host-a:1", Version: "1.2.3", Started: noon.Add(-3 * time.Minute), Seen: noon.Add(-control.BeatLife)},
			{ID: "host-b:2", Version: "1.2.2", Started: noon.Add(-2 * time.Minute), Seen: noon.Add(-time.Minute)},
		} {
			_, err := w.store.Heartbeat(t.Context(), in)
			w.must(err)
		}
		_, err := w.store.Heartbeat(t.Context(), store.Instance{ID: "host-c:3", Started: noon, Seen: noon})
		w.must(err)
		w.must(w.store.Leave(t.Context(), "host-c:3"))
		all := w.as("")
		all.get("/activity").is(200, "11:57:00 host-a:1 began, version 1.2.3", "11:58:00 host-b:2 began, version 1.2.2", "11:59:00 host-b:2 was last heard of, and did not say that it leaves",
			"Of instances there is when those that run began", "!host-a:1 was last", "!host-c")
		all.get("/activity?kind=instance").is(200, "host-a:1 began", "!3 new")
		all.get("/activity?kind=fail").is(200, "host-b:2 was last heard of", "! began, version")
		all.get("/activity?account=github/anna-hub").is(200, "!host-b:2")
		for _, b := range []*browserOf{w.as("anna"), w.as("", grant.Read, grant.Write)} {
			b.get("/activity").is(200, "!host-a", "!host-b", "!Of instances")
			b.get("/activity?kind=instance").is(422)
		}
	})
}
