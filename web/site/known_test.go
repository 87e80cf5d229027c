package site

import (
	"testing"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/control"
	"collector/state"
	"collector/store/memory"
)

// TestHowAListIsSignedIn says what is known of the sign-in, and nothing that is sealed.
func TestHowAListIsSignedIn(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		came := time.Date(2025, 2, 4, 9, 0, 0, 0, time.UTC)
		w.must(w.store.AddAccount(t.Context(), state.Account{ID: "acc", User: "carol", Provider: "github", Name: "carol-hub", RemoteID: "1", CreatedAt: came, Scopes: []string{"public_repo", "user"}}))
		for i, service := range []string{"gist", "github"} { // the one that is shown first came later
			w.must(w.store.AddNetworks(t.Context(), []state.Network{{
				ID: "carol-" + service, AccountID: "acc", User: "carol", Service: service, Account: "carol-hub", RemoteID: "1",
				CreatedAt: came.AddDate(0, 1-i, 0), Progress: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: came},
			}}))
		}
		b := w.as("carol")
		path := "/accounts/github/carol-hub"
		b.get(path).is(200, "Sign-in none is kept, here since 4 Feb 2025 Permissions public_repo, user", "!sealed")
		w.must(w.store.SaveCredential(t.Context(), auth.Record{Account: "acc", KeyID: "key", Sealed: []byte(secret)}))
		b.get(path).is(200, "Sign-in with a token, kept sealed, here since 4 Feb 2025 Permissions public_repo, user", "!"+secret)
		b.get("/accounts").is(200, "carol-hub GitHub starred gists · with a token, here since 4 Feb 2025", "!imported")
		w.as("bob").get(bobsPage).is(200, "Sign-in none is kept", "!Permissions")

		imported := due(state.Initial, state.Imported)
		w.after("carol-gist", imported)
		b.get("/accounts").is(200, "with a token, here since 4 Feb 2025", "!imported,")
		w.after("carol-github", imported)
		b.get("/accounts").is(200, "imported, here since 4 Feb 2025", "!with a token")
	})
}

// TestSignedBy tells services apart by what they take.
func TestSignedBy(t *testing.T) {
	for want, a := range map[string]connectors.Auth{
		"with a token":                   {Header: "Authorization"},
		"with a name and a password":     {Placed: true, Password: true},
		"with sessions that are renewed": {Header: "Authorization", Session: true},
	} {
		if got := signedBy(connectors.Info{Auth: a}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestWhatIsGoneIsCounted on the page of its list, with a way to it.
func TestWhatIsGoneIsCounted(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		b.get(annasPage).is(200, "!Taken back or gone")
		w.gone(annasHub, "1", "2")
		w.gone(bobsHub, "1")
		w.gone("anna-mastodon-@anna@social.example", "1")
		a := b.get(annasPage).is(200, "Taken back or gone 2 likes", "!more than")
		to := "/?q=" + "in%3Agithub+account%3Aanna-hub+is%3Aremoved"
		found := false
		for _, link := range a.all("a") {
			found = found || value(link, "href") == to
		}
		if !found {
			t.Errorf("no link to %s", to)
		}
		b.get(to).is(200, "raft annas 1", "raft annas 2", "!raft annas 3")
		w.as("bob").get(bobsPage).is(200, "Taken back or gone 1 like")

		many := likes("anna", "github", "annas", mostGone+1)
		var ids []string
		for _, l := range many[2:] { // the first two are gone
			ids = append(ids, l.ID)
		}
		w.page(annasHub, many...)
		w.gone(annasHub, ids...)
		b.get(annasPage).is(200, "Taken back or gone more than 50 likes")
	})
}

// TestHowFarAListWasRead is said in words.
func TestHowFarAListWasRead(t *testing.T) {
	v := &visit{now: noon}
	spring := time.Date(2019, 3, 12, 0, 0, 0, 0, time.UTC)
	for want, p := range map[string]state.Progress{
		"": {Walk: &state.Walk{Kind: "poll", Pages: 1}},
		"page 3 of the history, likes of 12 Mar 2019": {Walk: &state.Walk{Kind: "backfill", Pages: 3, Oldest: spring}, Newest: noon},
		"page 1 of the history":                       {Walk: &state.Walk{Kind: "backfill", Pages: 1}},
		"the newest like: today 11:00":                {Newest: noon.Add(-time.Hour)},
	} {
		if got := v.reached(state.Network{Progress: p}).String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	w := seeded(t, memory.New())
	p := due(state.Normal, state.OK)
	p.Newest = noon.Add(-time.Hour)
	w.after(annasHub, p)
	w.as("anna").get(annasPage).is(200, "Read up to the newest like: today 11:00")
}

// TestEarlier: the lists of one sign-in tell of it together.
func TestEarlier(t *testing.T) {
	got := earlier(control.Network{Since: noon, Condition: string(state.Imported)}, control.Network{Since: noon.Add(-time.Hour), Condition: string(state.OK)})
	if !got.Since.Equal(noon.Add(-time.Hour)) || got.Condition != string(state.OK) {
		t.Errorf("%+v", got)
	}
}
