package executor_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/gitlab"
	"collector/fault"
	"collector/simulate"
	"collector/state"
)

// A star that is taken back between two pages of a list that is read by the
// projects' numbers hides no other one, on whatever page it stood, and nothing is
// doubted.
func TestAnUnstarHidesNoProject(t *testing.T) {
	for at := range 4 {
		synctest.Test(t, func(t *testing.T) {
			h := newHousehold(t, simulate.Options{Seed: 2})
			h.executor.Pages = 4 // a run is a walk
			network, a := h.begin(paged(gitlab.New(), 10), 35)
			pages, hidden := 0, 0
			h.sim.OnRequest(func(_ int, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/projects") {
					return
				}
				place, _ := strconv.Atoi(r.URL.Query().Get("id_after"))
				if pages == 4 {
					hidden = len(h.sim.Compare(a.Key, h.got(network)).Missing)
				}
				if pages == at {
					h.unstarBehind(a.Key, place)
				}
				pages++
			})
			h.live(time.Hour)
			if pages < 8 || hidden > 0 {
				t.Errorf("a star taken back before page %d: %d pages were read, and %d projects missed by the first walk", at+1, pages, hidden)
			}
			if n := h.network(network); n.Doubt != "" {
				t.Errorf("it is doubted: %s", n.Doubt)
			}
			h.whole(network, a.Key)
		})
	}
}

// unstarBehind takes back the last star that stands before a place in the list, or
// the first one after its start.
func (h *household) unstarBehind(account string, place int) {
	h.t.Helper()
	best := 0
	for _, l := range h.sim.Likes(account) {
		n, err := strconv.Atoi(l.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		if best == 0 || place == 0 && n < best || place > 0 && n <= place && (n > best || best > place) {
			best = n
		}
	}
	if _, err := h.sim.Unlike(account, strconv.Itoa(best)); err != nil {
		h.t.Error(err)
	}
}

// A server that does not know how to go on from a number gives the first page for
// ever. What it answers is told as not understood, one call a run.
func TestAServerThatKnowsNoNumbersIsNoCircle(t *testing.T) {
	w := newListWorld(t, inPages(gitlab.New(), 10), 35, simulate.Options{Seed: 2})
	w.sim.AddFault(simulate.Fault{Kind: simulate.SelfNext, Account: w.account.Key, Path: "projects"})
	for range 10 {
		before := w.calls
		if out := w.run(); fault.KindOf(out.Err) != fault.Malformed || w.calls > before+3 {
			t.Errorf("%d calls, %v", w.calls-before, out.Err)
		}
	}
	if n, err := w.store.Network(t.Context(), w.network); err != nil || n.Mode != state.Initial {
		t.Errorf("the history counts as read: %+v, %v", n.Progress, err)
	}
}
