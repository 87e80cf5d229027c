package api_test

import (
	"net/http"
	"strings"
	"testing"

	"collector/control"
	"collector/deliver/webhook"
)

func (w *world) webhooks(who string) (out []control.Webhook) {
	w.t.Helper()
	var got struct{ Webhooks []control.Webhook }
	w.ok(who, "GET", "/api/webhooks", "", &got)
	return got.Webhooks
}

// webhook is one of those that anna sees.
func (w *world) webhook(id string) (v control.Webhook) {
	w.t.Helper()
	for _, v = range w.webhooks("anna") {
		if v.ID == id {
			return v
		}
	}
	w.t.Fatalf("anna does not see %s", id)
	return v
}

// TestWebhooks of a user are his own, and their secret is shown once.
func TestWebhooks(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		if of := w.webhooks("reader"); len(of) != 1 || of[0].User != "anna" || of[0].Dead != 1 || of[0].State != "ok" {
			t.Errorf("anna's: %+v", of)
		}
		if of := w.webhooks("operator"); len(of) != 2 {
			t.Errorf("the operator sees %+v", of)
		}
		var made struct{ ID, Secret string }
		w.ok("anna", "POST", "/api/webhooks/add", `{"url":"https://hooks.example/new","query":"in:github"}`, &made)
		r, err := w.kept.hooks.Get(t.Context(), made.ID)
		w.must(err)
		if r.User != "anna" || r.Parallel != 10 || r.Kinds[0] != "poll" || r.From != 4 || !strings.HasPrefix(made.Secret, "whsec_") {
			t.Errorf("made: %+v %+v", made, r)
		}
		if a := w.get("anna", "/api/webhooks"); strings.Contains(string(a.body), made.Secret) || !strings.Contains(string(a.body), made.ID) {
			t.Errorf("the list, with the secret: %s", a.body)
		}
		for body, status := range map[string]int{
			`{"url":"https://h.example","user":"bob"}`: 403, `{"url":"https://h.example","query":"raft ("}`: 422, `{"url":"https://h.example","kinds":["all"]}`: 422,
			`{"url":"https://h.example","parallel":101}`: 422, `{"url":"https://h.example","perMinute":-1}`: 422, `{"url":":"}`: 422, `{}`: 422,
		} {
			w.refused("anna", "POST", "/api/webhooks/add", body, status, "")
		}
		w.refused("reader", "POST", "/api/webhooks/add", `{"url":"https://h.example"}`, http.StatusForbidden, "change nothing")

		id := `{"id":"` + w.kept.ids["anna webhook"] + `"}`
		var changed struct{ Changed int }
		w.ok("anna", "POST", "/api/webhooks/replay", id, &changed)
		if changed.Changed != 1 || w.webhook(w.kept.ids["anna webhook"]).Waiting != 1 {
			t.Errorf("replayed: %+v", changed)
		}
		w.ok("anna", "POST", "/api/webhooks/replay", strings.Replace(id, "}", `,"since":2}`, 1), &changed)
		if r, err := w.kept.hooks.Get(t.Context(), w.kept.ids["anna webhook"]); err != nil || r.From != 2 || r.Rewinds != 1 {
			t.Errorf("since 2: %+v %v", r, err)
		}
		w.refused("anna", "POST", "/api/webhooks/replay", strings.Replace(id, "}", `,"since":5}`, 1), http.StatusUnprocessableEntity, "behind the newest change")
		w.ok("anna", "POST", "/api/webhooks/pause", id, &struct{}{})
		if of := w.webhook(w.kept.ids["anna webhook"]); of.State != "paused" {
			t.Errorf("paused: %+v", of)
		}
		w.ok("anna", "POST", "/api/webhooks/resume", id, &struct{}{})
		for _, verb := range []string{"replay", "pause", "resume", "remove"} {
			w.refused("anna", "POST", "/api/webhooks/"+verb, `{"id":"`+w.kept.ids["bob webhook"]+`"}`, http.StatusNotFound, "there is no webhook")
			w.refused("anna", "POST", "/api/webhooks/"+verb, `{"id":"wh_none"}`, http.StatusNotFound, "there is no webhook")
			w.refused("reader", "POST", "/api/webhooks/"+verb, id, http.StatusForbidden, "change nothing")
			w.refused("watcher", "POST", "/api/webhooks/"+verb, id, http.StatusForbidden, "for the operator")
		}
		for _, verb := range []string{"rotate", "test"} {
			w.refused("anna", "POST", "/api/webhooks/"+verb, `{"id":"`+w.kept.ids["bob webhook"]+`"}`, http.StatusNotFound, "there is no webhook")
			w.refused("reader", "POST", "/api/webhooks/"+verb, id, http.StatusForbidden, "change nothing")
			w.refused("watcher", "POST", "/api/webhooks/"+verb, id, http.StatusForbidden, "for the operator")
		}
		w.refused("watcher", "GET", "/api/webhooks?user=bob", "", http.StatusForbidden, "for the operator")
		w.ok("anna", "POST", "/api/webhooks/remove", id, &struct{}{})
		stats, err := control.JobStats(t.Context(), w.jobs())
		w.must(err)
		for _, s := range stats {
			if s.Queue == webhook.QueueOf(w.kept.ids["anna webhook"]) && s.Ready+s.Dead != 0 {
				t.Errorf("what waited for it is left: %+v", s)
			}
		}
		if of := w.webhooks("operator"); len(of) != 2 || of[0].User != "bob" && of[1].User != "bob" {
			t.Errorf("left: %+v", of)
		}
	})
}

// TestAWebhookIsCalledAndGetsANewSecret: how it answers is told, its new secret this once, and
// calls are signed with both.
func TestAWebhookIsCalledAndGetsANewSecret(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var made control.MadeWebhook
		w.ok("anna", "POST", "/api/webhooks/add", `{"url":"https://hooks.example/new"}`, &made)
		if made.User != "anna" || !made.Connected {
			t.Errorf("made: %+v", made)
		}
		id := `{"id":"` + made.ID + `"}`
		var rotated control.RotatedWebhook
		w.ok("anna", "POST", "/api/webhooks/rotate", id, &rotated)
		if rotated.ID != made.ID || rotated.Secret == made.Secret || !strings.HasPrefix(rotated.Secret, "whsec_") || !rotated.OldUntil.Equal(noon.Add(webhook.OldFor)) {
			t.Errorf("rotated: %+v", rotated)
		}
		var tested control.PingedWebhook
		w.ok("anna", "POST", "/api/webhooks/test", id, &tested)
		if tested.ID != made.ID || !tested.Well || tested.Why != "" || tested.Status != http.StatusOK || len(w.posts) != 1 || !strings.HasPrefix(w.posts[0], "https://hooks.example/new v1,") || strings.Count(w.posts[0], " ") != 2 {
			t.Errorf("tested: %+v, %q", tested, w.posts)
		}
		w.wrong = http.StatusTeapot
		w.ok("anna", "POST", "/api/webhooks/test", id, &tested)
		if tested.Well || tested.Status != http.StatusTeapot || !strings.Contains(tested.Why, "418") {
			t.Errorf("one that answers wrongly: %+v", tested)
		}
		for _, path := range []string{"/api/webhooks", "/api/config", "/api/jobs"} {
			if a := w.get("operator", path); strings.Contains(string(a.body), rotated.Secret) || strings.Contains(string(a.body), made.Secret) {
				t.Errorf("%s shows a secret: %s", path, a.body)
			}
		}
		w.ok("operator", "POST", "/api/webhooks/add", `{"url":"https://hooks.example/new","user":"carl"}`, &made)
		if made.User != "carl" || made.Connected {
			t.Errorf("of a user who has nothing: %+v", made)
		}
	})
}
