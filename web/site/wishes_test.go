package site

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"collector/grant"
	"collector/state"
	"collector/store"
)

// TestWishes are done, and lead on to a page that says so once.
func TestWishes(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		now := func() state.Network {
			n, err := w.store.Network(t.Context(), annasHub)
			w.must(err)
			return n
		}
		before := now()
		b.follow(b.post(annasPage, "do", "sync")).is(200, "Stars of anna-hub", "github/anna-hub is read next.")
		b.get(annasPage).is(200, "!is read next")
		if n := now(); n.SyncSeq != before.SyncSeq+1 || n.FullSeq != before.FullSeq {
			t.Error("no sync is wished")
		}
		b.follow(b.post(annasPage, "do", "sync-fully")).is(200, "is read next.")
		if n := now(); n.FullSeq != before.FullSeq+1 {
			t.Error("no full reading is wished")
		}
		b.follow(b.post(annasPage, "do", "pause")).is(200, "github/anna-hub is paused.", "Paused. 3 likes are here.", "Resume")
		b.follow(b.post(annasPage, "do", "sync")).is(200, "it is read once you resume it")
		if !now().Paused {
			t.Error("it is not paused")
		}
		b.follow(b.post(annasPage, "do", "resume")).is(200, "github/anna-hub goes on.")
		if now().Paused {
			t.Error("it is paused")
		}
		for _, nothing := range []string{"", "delete", "purge"} {
			b.post(annasPage, "do", nothing).is(422, "one of the buttons")
		}
		b.post("/accounts/github/nobody", "do", "sync").is(404)
	})
}

// TestAFormLeadsBack to the page that it stands on.
func TestAFormLeadsBack(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, who := range []string{"anna", ""} {
			b := w.as(who)
			sent := 0
			for _, form := range b.get("/accounts").all("form") {
				if to := value(form, "action"); strings.HasPrefix(to, "/accounts/") {
					sent++
					b.follow(b.post(to, "do", "sync")).is(200, "All is looked after", "is read next.")
				}
			}
			if sent < 2 {
				t.Errorf("%q sees %d forms", who, sent)
			}
			if to := b.post(annasPage+"?back=//evil.example", "do", "sync").header.Get("Location"); to != "/" {
				t.Errorf("it leads to %q", to)
			}
		}
	})
}

// TestDisconnecting asks first, and keeps what was collected.
func TestDisconnecting(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		a := b.post(annasPage, "do", "disconnect").is(200, "Disconnect github/anna-hub?", "keep 3 likes", "Leave it as it is")
		if got := a.deeds(); !slices.Equal(got, []string{"disconnect"}) {
			t.Error(got)
		}
		b.get(annasPage).is(200)
		b.post(annasPage, "do", "disconnect", "sure", "no").is(200, "Disconnect github/anna-hub?")
		b.get(annasPage).is(200)
		b.follow(b.post(annasPage, "do", "disconnect", "sure", "yes")).is(200, "github/anna-hub is no longer collected. What was collected stays.", "@anna@social.example")
		b.get(annasPage).is(404)
		got, err := w.store.Search(t.Context(), store.Query{User: "anna"})
		w.must(err)
		if len(got.Items) != 5 {
			t.Errorf("%d likes are left", len(got.Items))
		}
		w.as("bob").get(bobsPage).is(200)
	})
}

// TestRemovalsAreTakenAfterAQuestion.
func TestRemovalsAreTakenAfterAQuestion(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		b.follow(b.post(annasPage, "do", "accept-removals", "sure", "yes")).is(200, "misses nothing that could be taken as gone")
		p := due(state.Normal, state.OK)
		p.Swept = &state.Swept{Sweep: 7, At: noon, Shown: 1, Stored: 3, Unseen: 2, Withheld: true, Walks: 1}
		w.after(annasHub, p)
		b.post(annasPage, "do", "accept-removals").is(200, "Take 2 likes as gone?")
		accepted := func() int64 {
			n, err := w.store.Network(t.Context(), annasHub)
			w.must(err)
			return n.Accepted
		}
		if accepted() != 0 {
			t.Error("taken without an answer")
		}
		b.follow(b.post(annasPage, "do", "accept-removals", "sure", "yes")).is(200, "2 likes will be taken as gone")
		if accepted() != 7 {
			t.Error("not taken")
		}
	})
}

// TestNobodyChangesAnothersList, whatever is in the address or the form.
func TestNobodyChangesAnothersList(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		before, err := w.store.Network(t.Context(), bobsHub)
		w.must(err)
		anna := w.as("anna")
		for _, do := range []string{"sync", "sync-fully", "pause", "disconnect", "accept-removals"} {
			for _, path := range []string{bobsPage, bobsPage + "?user=bob"} {
				anna.post(path, "do", do, "user", "bob", "sure", "yes").is(404, "!"+secret)
			}
		}
		after, err := w.store.Network(t.Context(), bobsHub)
		w.must(err)
		if after.SyncSeq != before.SyncSeq || after.Paused || after.Accepted != 0 {
			t.Errorf("it changed: %+v", after)
		}
	})
}

// TestWhoMayOnlyLook sees no button of a list, and changes none.
func TestWhoMayOnlyLook(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna", grant.Read)
		for _, path := range []string{"/accounts", annasPage} {
			a := b.get(path).is(200, "anna-hub", "!Connect a service")
			if got := a.deeds(); len(got) != 0 {
				t.Errorf("%s shows %v", path, got)
			}
		}
		for _, do := range []string{"sync", "sync-fully", "pause", "resume", "disconnect", "accept-removals"} {
			b.post(annasPage, "do", do, "sure", "yes").is(403, "This is not yours to do", "scope write")
		}
		n, err := w.store.Network(t.Context(), annasHub)
		w.must(err)
		if n.Paused {
			t.Error("it is paused")
		}
		w.stranger().post(annasPage, "do", "pause").is(401)
	})
}

// TestOtherSitesWishNothing: a form that another site sends does nothing.
func TestOtherSitesWishNothing(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		for _, proof := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", ""}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}} {
			b.ask(http.MethodPost, annasPage, "do=pause", proof...).is(403)
		}
		n, err := w.store.Network(t.Context(), annasHub)
		w.must(err)
		if n.Paused {
			t.Error("it is paused")
		}
	})
}
