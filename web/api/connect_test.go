package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"collector/auth"
	"collector/connectors"
	"collector/control"
	"collector/store"
)

// TestConnect: a token is asked about and kept for who asked, the list is due, and signing in
// again is for the same person alone. No answer holds what was pasted.
func TestConnect(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var got control.SignedIn
		connect := func(who, body string) {
			t.Helper()
			got = control.SignedIn{}
			w.ok(who, "POST", "/api/connect", body, &got)
		}
		connect("anna", `{"service":"github","token":" `+pasted+` ","look":true}`)
		if got.User != "anna" || got.Network != "github/octocat" || got.Again || got.Person != "octocat" || len(got.Missing) == 0 || got.Look == nil || got.Look.Pages != 3 || !got.Works {
			t.Errorf("connected: %+v %+v", got, got.Look)
		}
		states := func(list []control.Check) (out []string) {
			for _, c := range list {
				out = append(out, c.Name+" "+string(c.State))
			}
			return out
		}
		if s := strings.Join(states(got.Checks), ", "); s != "reached done, whose done, may warned, first done" || got.Checks[1].Text != "It is the sign-in of octocat" || len(got.Excess) != 1 || got.Excess[0] != (control.Power{Name: "nothing"}) {
			t.Errorf("checked: %s %+v %+v", s, got.Checks, got.Excess)
		}
		if may := got.Checks[2]; !strings.Contains(may.Text, "It lacks read:user") || !strings.Contains(may.Text, "This token is also permitted nothing; collector does none of that") || !strings.HasSuffix(may.Text, "The first page was read all the same") || may.Next == "" {
			t.Errorf("what it may: %+v", may)
		}
		var told control.Explained
		w.ok("anna", "GET", "/api/explain?network=github/octocat", "", &told)
		if s := strings.Join(states(told.Checks), ", "); s != "reached done, whose done, may failed, first waiting" {
			t.Errorf("explained: %s %+v", s, told.Checks)
		}
		own, err := control.Find(t.Context(), w.store, "anna", "github/octocat")
		w.must(err)
		if w.ends.kept[own.AccountID].Access.Reveal() != pasted || own.WakeAt.After(noon) {
			t.Errorf("it is not kept, or not due: %+v", own)
		}
		connect("anna", `{"service":"github","token":"`+pasted+`"}`)
		if !got.Again || got.Look != nil {
			t.Errorf("again: %+v", got)
		}
		connect("anna", `{"service":"github","name":"other","token":"{\"access\":\"`+pasted+`\"}"}`)
		if got.Kept != "octocat" {
			t.Errorf("under another name: %+v", got)
		}
		w.refused("anna", "POST", "/api/connect", `{"service":"github","name":"octocat","token":"`+pasted+`-2"}`, http.StatusForbidden, "@hubot")
		if w.ends.kept[own.AccountID].Access.Reveal() != pasted {
			t.Error("what is another person's was kept")
		}
		connect("operator", `{"service":"bluesky","identifier":"o.example","appPassword":"`+pasted+`"}`)
		if got.User != control.Someone || got.Network != "bluesky/octocat" {
			t.Errorf("by a password: %+v", got)
		}
		connect("operator", `{"service":"twitter","user":"anna","token":"`+pasted+`","budget":500,"look":true}`)
		if got.User != "anna" || got.Look.Price == nil || got.Look.Items != 0 {
			t.Errorf("where it costs money: %+v", got.Look)
		}
		before := len(w.ends.kept)
		for body, want := range map[string]struct {
			status int
			reason string
		}{
			`{"service":"github","token":"wrong"}`:                                       {422, "was not accepted: GitHub stars answered 401: (secret)"},
			`{"service":"githab","token":"` + pasted + `"}`:                              {404, "did you mean"},
			`{"service":"github"}`:                                                       {422, "credential is empty"},
			`{"service":"github","token":"{"}`:                                           {422, "none"},
			`{"service":"bluesky","identifier":"o.example"}`:                             {422, "a name and a password are needed"},
			`{"service":"github","token":"` + pasted + `","appPassword":"x"}`:            {422, "a token and a password"},
			`{"service":"github","token":"` + pasted + `","user":"bob"}`:                 {403, "nothing of other users"},
			`{"service":"github","token":"` + pasted + `","server":"https://x.example"}`: {422, "no servers to choose"},
			`{"service":"mastodon","token":"` + pasted + `"}`:                            {422, "many servers"},
			`{"service":"mastodon","token":"` + pasted + `","server":"http://10.0.0.1"}`: {422, "the server cannot be used"},
			`{"service":"mastodon","token":"` + pasted + `","server":"127.0.0.1:8765"}`:  {422, "the server cannot be used"},
			`{"service":"github","token":"` + pasted + `","params":{"a":"b"}}`:           {422, "has no setting"},
			`{"service":"github","token":"` + pasted + `","name":"a b"}`:                 {422, "cannot be used"},
			`{"service":"twitter","token":"` + pasted + `","budget":1}`:                  {403, "for the operator alone"},
		} {
			w.refused("anna", "POST", "/api/connect", body, want.status, want.reason)
			if a := w.ask("anna", "POST", "/api/connect", body); strings.Contains(string(a.body), pasted) {
				t.Errorf("%s: %s", body, a.body)
			}
		}
		w.refused("operator", "POST", "/api/connect", `{"service":"github","token":"`+pasted+`","budget":1}`, 422, "charges nothing")
		w.refused("operator", "POST", "/api/connect", `{"service":"twitter","token":"`+pasted+`","budget":1001}`, 422, "by the configuration")
		for _, who := range []string{"reader", "figures"} {
			w.refused(who, "POST", "/api/connect", `{"service":"github","token":"`+pasted+`"}`, http.StatusForbidden, "change nothing")
		}
		if len(w.ends.kept) != before {
			t.Error("something was kept of what was refused")
		}
		w.panel.Simulated = true
		w.refused("anna", "POST", "/api/connect", `{"service":"github","token":"`+pasted+`"}`, http.StatusForbidden, "made up")
		all, err := w.store.Networks(t.Context(), store.Filter{User: "bob"})
		if w.must(err); len(all) != 2 {
			t.Errorf("bob has %d networks", len(all))
		}
		if log := w.log.String(); strings.Contains(log, pasted) || !strings.Contains(log, "POST /api/connect") {
			t.Errorf("the log: %s", log)
		}
	})
}

// TestNotifyTest is for the operator alone.
func TestNotifyTest(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var got struct{ Told []control.Told }
		w.ok("operator", "POST", "/api/notify/test", "", &got)
		if len(got.Told) != 2 || !got.Told[0].Sent || got.Told[1] != w.ends.told[1] {
			t.Errorf("told: %+v", got)
		}
		for _, who := range []string{"anna", "watcher", "reader", "figures"} {
			w.refused(who, "POST", "/api/notify/test", "", http.StatusForbidden, "operator alone")
		}
		w.ends.told = nil
		if a := w.ask("operator", "POST", "/api/notify/test", ""); !strings.Contains(string(a.body), `"told":[]`) {
			t.Errorf("nobody: %s", a.body)
		}
		w.panel.Simulated = true
		w.refused("operator", "POST", "/api/notify/test", "", http.StatusForbidden, "made up")
	})
}

// TestConnectingIsToldAsItGoes: whose a token is is told before the first page is read, and
// how much there is before it is kept.
func TestConnectingIsToldAsItGoes(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var steps []string
		r := w.ends.reach()
		first, keep := r.First, r.Keep
		r.First = func(ctx context.Context, c connectors.Connector, want control.Wanted, id connectors.Identity, cred *auth.Credential) (connectors.Page, error) {
			steps = append(steps, "first")
			return first(ctx, c, want, id, cred)
		}
		r.Keep = func(ctx context.Context, account string, cred auth.Credential) error {
			steps = append(steps, "keep")
			return keep(ctx, account, cred)
		}
		told := func(so control.SignedIn) { steps = append(steps, fmt.Sprint(so.Person, so.Look != nil)) }
		cred := auth.Credential{Access: auth.NewSecret(pasted)}
		_, err := w.panel.Connect(t.Context(), r, control.Connecting{Service: "github", Wanted: control.Wanted{User: "anna"}, Credential: cred, Look: true, Told: told}, atNoon)
		w.must(err)
		if want := "octocatfalse first octocattrue keep"; strings.Join(steps, " ") != want {
			t.Errorf("%q, want %q", steps, want)
		}
	})
}
