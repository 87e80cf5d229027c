package executor_test

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/gitea"
	"collector/simulate"
	"collector/store"
)

// A star taken back between two pages hides exactly one repository from a walk
// over an unordered list. The walk says that it is in doubt, and the walk after it
// finds what was hidden and ends the doubt.
func TestAnUnstarBetweenTwoPagesHidesOneForOneWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t, simulate.Options{Seed: 2})
		h.executor.Pages = 4 // a run is a walk
		network, a := h.begin(paged(gitea.New(), 10), 35)
		first := uint64(math.MaxUint64) // the repository that leads the list
		for _, l := range h.sim.Likes(a.Key) {
			n, err := strconv.ParseUint(l.ID, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			first = min(first, n)
		}
		walks, hidden, doubt := 0, 0, ""
		h.sim.OnRequest(func(_ int, r *http.Request) {
			switch r.URL.Query().Get("page") {
			case "1":
				if walks++; walks == 2 {
					hidden, doubt = len(h.sim.Compare(a.Key, h.got(network)).Missing), h.network(network).Doubt
				}
			case "2":
				if walks > 1 {
					return
				}
				if _, err := h.sim.Unlike(a.Key, strconv.FormatUint(first, 10)); err != nil {
					t.Error(err)
				}
			}
		})
		h.live(time.Minute)
		if hidden != 1 || !strings.Contains(doubt, "from 35 to 34") {
			t.Errorf("after the first walk %d were hidden, want 1; its doubt is %q", hidden, doubt)
		}
		h.whole(network, a.Key)
		if n := h.network(network); walks < 2 || n.Doubt != "" {
			t.Errorf("after %d walks the doubt is %q", walks, n.Doubt)
		}
	})
}

// Two servers number their repositories from the same beginning. What has one
// number on both stays two things.
func TestTwoServersWithTheSameNumbersStayApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t, simulate.Options{Seed: 2})
		var networks []string
		numbers := map[string]int{}
		for name, server := range map[string]string{"ada": "https://git.example", "bea": "https://code.example"} {
			a := h.account(simulate.Spec{Service: simulate.Gitea, Name: name, Likes: 40})
			n := h.connect(gitea.New(), a, server, nil)
			networks = append(networks, n)
			for _, l := range h.sim.Likes(a.Key) {
				numbers[l.ID]++
			}
		}
		if len(numbers) != 40 {
			t.Fatalf("%d numbers, the two servers share 40: it proves nothing", len(numbers))
		}
		h.live(time.Hour)
		seen := map[string]bool{}
		for _, network := range networks {
			server := h.network(network).Server
			err := h.store.Each(t.Context(), store.Query{Network: network}, func(l store.Liked) error {
				if !strings.HasPrefix(l.URL, server+"/") {
					t.Errorf("%s of %s is at %s", l.ID, server, l.URL)
				}
				seen[l.URL] = true
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(seen) != 80 {
			t.Errorf("%d repositories are kept, want 80", len(seen))
		}
	})
}
