package executor_test

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/reddit"
	"collector/executor"
	"collector/simulate"
	"collector/state"
)

// Promise R7 where the item that marks the place in a list is un-saved before the
// next page is asked for, and the service answers an empty page, the first page or
// an error: nothing is lost, and the walk ends.
func TestRedditUnsavedPlaces(t *testing.T) {
	for _, lost := range []string{"", "first", "error"} {
		for _, c := range []string{"saved", "upvoted"} {
			t.Run(c+", answered by "+lost, func(t *testing.T) {
				all := 0
				for seed := range uint64(20) {
					rnd := rand.New(rand.NewPCG(seed, 17))
					connector := inPages(reddit.New(), 10)
					if c == "upvoted" {
						connector = inPages(reddit.Upvoted(), 10)
					}
					w := newListWorld(t, connector, rnd.IntN(120), simulate.Options{Seed: seed, LostPlace: lost})
					unsaved := 0
					w.sim.OnRequest(func(_ int, r *http.Request) {
						at := after(r, "after")
						for range 2 { // the item, and now and then one more
							if at != "" && rnd.IntN(3) == 0 && unsaved < 8 {
								if _, err := w.sim.Unlike(w.account.Key, at); err == nil {
									unsaved++
								}
								at = ""
								if likes := w.sim.Likes(w.account.Key); len(likes) > 0 {
									at = likes[rnd.IntN(len(likes))].ID
								}
							}
						}
					})
					w.until(100, w.normal)
					w.whole("after the backfill")
					for range 3 {
						if _, err := w.sim.Like(w.account.Key, rnd.IntN(30)); err != nil {
							t.Fatal(err)
						}
						polled := false
						w.until(200, func(out executor.Outcome) bool {
							polled = polled || out.Polled
							return polled && w.normal(out) // and no sweep is owed for a poll that was given up
						})
						w.whole("after a poll")
					}
					all += unsaved
				}
				if all < 60 {
					t.Errorf("only %d items were un-saved under way", all)
				}
			})
		}
	}
}

// An upvote of a post that was submitted long ago lands in the middle of the list,
// where a poll that reads the newest first would not look.
func TestRedditUpvotesOfOldPosts(t *testing.T) {
	w := newListWorld(t, inPages(reddit.Upvoted(), 10), 200, simulate.Options{Seed: 3})
	w.until(100, w.normal)
	for range 10 {
		if _, err := w.sim.Like(w.account.Key, 2); err != nil {
			t.Fatal(err)
		}
		w.until(20, func(out executor.Outcome) bool { return out.Polled })
		w.whole("after a poll")
	}
}

// Reddit shows the newest thousand: the walk ends there, the rest is missing and
// the network knows why.
func TestRedditShowsAThousand(t *testing.T) {
	w := newListWorld(t, reddit.New(), 1150, simulate.Options{Seed: 4})
	w.until(100, w.normal)
	got := w.collected()
	likes := w.sim.Likes(w.account.Key)
	for i, l := range likes {
		if _, have := got[l.ID]; have != (i >= len(likes)-1000) {
			t.Fatalf("like %d of %d: collected %v", i, len(likes), have)
		}
	}
	if n, err := w.store.Network(t.Context(), w.network); err != nil || n.StallNote != "" || len(got) != 1000 {
		t.Errorf("%v, %q, %d items", err, n.StallNote, len(got))
	}
	if _, err := w.sim.Like(w.account.Key, 130); err != nil {
		t.Fatal(err)
	}
	w.until(20, func(out executor.Outcome) bool { return out.Polled })
	if n := len(w.collected()); n != 1130 {
		t.Errorf("%d items after 130 more", n)
	}
}

// Promise R5 over Reddit's quota: what is left comes with a decimal, its end in
// seconds to go, and the limit not at all. It is used up and not passed, and no call
// comes before its end.
func TestRedditQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListWorld(t, inPages(reddit.New(), 10), 400, simulate.Options{
			Seed: 5, Now: time.Now,
			Budgets: map[string][]simulate.Budget{simulate.Reddit: {{Name: "app", Limit: 12, Per: 10 * time.Minute, Aligned: true, ByApp: true}}},
		})
		run, limited := w.paying(0), 0
		began := time.Now()
		for range 200 {
			run()
			n, err := w.store.Network(t.Context(), w.network)
			if err != nil {
				t.Fatal(err)
			}
			if n.Condition == state.Limited {
				limited++
			}
			if n.Mode == state.Normal {
				break
			}
		}
		w.whole("after the backfill")
		if v := w.sim.Violations(); len(v) > 0 || limited == 0 || time.Since(began) > 50*time.Minute {
			t.Errorf("%d waits in %v: %v", limited, time.Since(began), v)
		}
	})
}
