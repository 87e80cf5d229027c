package simulate

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"collector/connectors"
)

// TestDriftIsSharpEnough: while a list is read newest first by numbered pages, a
// like taken back in the middle hides another one, for ever. The simulated
// GitHub does that to a naive walk in many runs, and to the real connector's
// walk in none: so a test that runs against it can see the mistake.
func TestDriftIsSharpEnough(t *testing.T) {
	const runs = 30
	naive, real := 0, 0
	for seed := range uint64(runs) {
		for _, byConnector := range []bool{false, true} {
			s := New(Options{Seed: seed, Now: clockAt().now, Brief: true})
			a := add(t, s, Spec{Service: GitHub, Name: "mira", Likes: 120})
			if err := s.AddChurn(Churn{Account: a.Key, Chance: 0.5}); err != nil {
				t.Fatal(err)
			}
			old := map[string]bool{}
			for _, l := range s.Likes(a.Key) {
				old[l.ID] = true
			}
			w := newWalker(t, s, a)
			if byConnector {
				w.walk(connectors.Query{Walk: connectors.Backfill, PageSize: 10})
			} else {
				for url := api + "/user/starred?per_page=10&direction=desc"; url != ""; {
					rep := get(s, url, a.Tokens[0], "Accept", timd)
					for _, st := range stars(t, rep) {
						w.got[fmt.Sprint(st.Repo.ID)] = st.At
					}
					url = links(rep.header)["next"]
				}
			}
			for _, l := range s.Likes(a.Key) {
				if _, have := w.got[l.ID]; !have && old[l.ID] && l.At.Before(clockAt().t) {
					if byConnector {
						real++
					} else {
						naive++
					}
					break
				}
			}
		}
	}
	t.Logf("runs that lost a like: naive %d of %d, the connector %d", naive, runs, real)
	if naive < runs/4 || real > 0 {
		t.Errorf("naive %d, connector %d of %d runs", naive, real, runs)
	}
}

// TestOneAfterTheOtherIsNotParallel: over a kept connection the next request may
// arrive before the handler of the last has returned.
func TestOneAfterTheOtherIsNotParallel(t *testing.T) {
	r := serve(t, Options{Seed: 11, Budgets: map[string][]Budget{GitHub: {}}})
	a := add(t, r.Sim, Spec{Service: GitHub, Name: "mira", Likes: 3})
	client := &http.Client{Timeout: 20 * time.Second}
	for range 400 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URLs[GitHub]+"/user/starred", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+a.Tokens[0])
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	if v := r.Violations(); len(v) > 0 {
		t.Errorf("%d violations, the first: %s", len(v), v[0])
	}
}
