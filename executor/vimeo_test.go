package executor_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/vimeo"
	"collector/fault"
	"collector/simulate"
	"collector/state"
)

// Likes taken back between two pages hide nothing of a backfill, on whatever page.
func TestVimeoGoesBackForWhatMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, size := range []int{3, 10} {
			w := newWired(t, sized{vimeo.New(), size}, 80, "")
			if err := w.sim.AddChurn(simulate.Churn{Account: w.account.Key, First: 2, Every: 2, Unlike: 1, Times: 12}); err != nil {
				t.Fatal(err)
			}
			w.history()
			w.complete(fmt.Sprintf("%d a page", size))
		}
	})
}

// A list of which the last page went away before it was asked for is read on from where
// it ends now: it is no lost account and no failure, and nothing of it is missed.
func TestVimeosListEndsBeforeAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, sized{vimeo.New(), 10}, 41, "")
		gone, refused := 0, 0
		w.sim.OnRequest(func(_ int, r *http.Request) {
			for r.URL.Query().Get("page") == "5" && gone < 14 {
				if _, err := w.sim.Unlike(w.account.Key, w.sim.Likes(w.account.Key)[25].ID); err != nil {
					t.Error(err)
				}
				gone++
			}
			if page, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil && page > 1 && len(w.sim.Likes(w.account.Key)) <= (page-1)*10 {
				refused++
			}
		})
		w.history()
		w.complete("after the list ended before its place")
		if gone != 14 || refused != 2 || w.out.Err != nil {
			t.Errorf("%d likes went away, %d pages were refused, %v", gone, refused, w.out.Err)
		}
		if n := w.network(); n.Failures > 0 || n.Doubt != "" || n.Walks != 1 {
			t.Errorf("%d failures, %d walks, doubt %q", n.Failures, n.Walks, n.Doubt)
		}
	})
}

// What Vimeo says instead of a page is waited for, tried again, or brought to its
// owner; an object that is none is put aside; and nothing of the list is lost by it.
func TestVimeosFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, sized{vimeo.New(), 20}, 90, "")
		for _, c := range []struct {
			f    simulate.Fault
			kind fault.Kind
		}{
			{simulate.Fault{Kind: simulate.Limit, Wait: 90 * time.Second}, fault.RateLimited},
			{simulate.Fault{Kind: simulate.Limit, Wait: 30 * time.Second, Retry: "none"}, fault.RateLimited},
			{simulate.Fault{Kind: simulate.Status, Status: 503}, fault.Temporary},
			{simulate.Fault{Kind: simulate.Status, Status: 500, Body: `{"error":"Something strange occurred.","error_code":2969}`}, fault.Temporary},
			{simulate.Fault{Kind: simulate.Reset}, fault.Temporary},
			{simulate.Fault{Kind: simulate.Null, Path: "/me/likes"}, fault.Malformed},
			{simulate.Fault{Kind: simulate.HTML, Path: "/me/likes"}, fault.Malformed},
			{simulate.Fault{Kind: simulate.CutJSON, Path: "/me/likes"}, fault.Malformed},
			{simulate.Fault{Kind: simulate.Drift, Path: "/me/likes"}, fault.Malformed},
		} {
			c.f.Times = 1
			w.sim.AddFault(c.f)
			struck := w.sim.Struck(c.f.Kind)
			for tries := 0; w.sim.Struck(c.f.Kind) == struck && tries < 20; tries++ {
				w.run()
			}
			if fault.KindOf(w.out.Err) != c.kind {
				t.Errorf("%s %d: %v, want %s", c.f.Kind, c.f.Status, w.out.Err, c.kind)
			}
			w.sim.ClearFaults()
		}
		w.history()
		w.complete("after the faults")
		w.sim.AddFault(simulate.Fault{Kind: simulate.BadObject, Path: "/me/likes", Times: 1})
		if _, err := w.sim.Like(w.account.Key, 3); err != nil {
			t.Fatal(err)
		}
		w.polled()
		w.polled()
		w.complete("after an object that was none")
		if err := w.sim.Revoke(w.account.Key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Hour)
		for range 2 {
			w.run()
		}
		if n := w.network(); n.Condition != state.NeedsSignIn {
			t.Errorf("%s after the token was taken back: %s", n.Condition, n.NextStep)
		}
	})
}
