package site

import (
	"context"
	"testing"
	"time"

	"collector/grant"
	"collector/store"
	"collector/store/memory"
)

// few is a store that counts few likes by day.
type few struct {
	store.Store
	most int
}

func (s few) LikeDays(ctx context.Context, user string, from, until time.Time, _ int) (store.Days, error) {
	return s.Store.LikeDays(ctx, user, from, until, s.most)
}

// TestLikesOverTime are drawn of the user's own by month, of more than are counted by
// shorter columns, and above all likes only.
func TestLikesOverTime(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		old := likes("anna", "youtube", "old", 40)
		for i := range old { // one every nine days, the last a year ago
			old[i].LikedAt = noon.AddDate(0, 0, -9*(i+1))
		}
		old[39].LikedAt = noon.AddDate(-3, 0, 0)
		w.network("anna", "youtube", "tube", old...)
		b := w.as("anna", grant.Read)
		// Of the 39 the oldest is from 6 December 2025; 5 likes are of today.
		b.get("/").is(200, "44 likes in one year. The most in Nov 2026; this month 7 so far.", "YouTube likes 39", "GitHub stars 3", "Mastodon favourites 2", "Those that were taken back count too", "!too many to count")
		b.get(asks("raft")).is(200, "!in one year")
		w.as("bob").get("/").is(200, "5 likes in one day. The most on 22 Nov 2026; today 5 so far.")
		w.as("").get("/").is(200, "49 likes in one year.")
		w.as("carol").get("/").is(200, "!Those that were taken back")
		for most, want := range map[int]string{
			30: "27 likes in seven months.", 16: "16 likes in 15 weeks.", 7: "7 likes in 19 days.", 4: "!so far",
		} {
			w.panel.Store = few{w.store, most}
			w.as("anna").get("/").is(200, want)
			if most > 4 {
				w.as("anna").get("/").is(200, "There are too many to count them all here: those before")
			}
		}
		w.panel.Store = w.store
	})
}

// TestSeriesDifferInTint, also those of one provider, as long as there are tints.
func TestSeriesDifferInTint(t *testing.T) {
	w := newWorld(t, memory.New())
	s := &site{Config: w.config}
	taken, seen := map[int]bool{}, map[int]bool{}
	for i, name := range []string{"bluesky", "bluesky-bookmarks", "reddit", "reddit-upvoted", "mastodon", "mastodon-bookmarks"} {
		tint := ownTint(taken, s.service(name).Tint)
		if i == 0 && tint != s.service(name).Tint || tint < 1 || tint > tints || seen[tint] {
			t.Errorf("%s has %d beside %v", name, tint, seen)
		}
		seen[tint] = true
	}
	if tint := ownTint(taken, 3); tint != 3 {
		t.Errorf("one more has %d, want its own", tint)
	}
}
