//go:build mongo && failpoint && unix

package mongo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/failpoint"
	"collector/state"
)

// TestKilledBetweenTheSteps kills a writer at every step of a save, of the way into
// the log, of a claim and of a release, while a reader follows the log: nothing is
// lost, and the changes told are exactly the differences made.
func TestKilledBetweenTheSteps(t *testing.T) {
	if !failpoint.Enabled {
		t.Fatal("built without fault points")
	}
	for _, point := range []string{
		"save.begin", "save.items.half", "save.items.done", "save.state.before", "save.commit.before",
		"publish.before", "publish.appended", "publish.after", "save.commit.after", "schedule.after", "lease.acquired",
	} {
		t.Run(point, func(t *testing.T) {
			at := address(t)
			s, network := seeded(t, at)
			f := &follower{added: map[string]int{}, changed: map[string]int{}}
			said := int64(0)
			for hour, nth := range []string{"@1", "@3", "@2"} {
				cmd, says := spawn(t, "pages", at, hour, "COLLECTOR_FAILPOINT="+point+"=kill"+nth)
				for line := range says {
					if !strings.HasPrefix(line, "page ") {
						t.Fatal(line)
					}
					said++
					f.follow(t, s)
				}
				if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
					t.Fatalf("the process ended with %v: the point was not reached", err)
				}
				n, err := s.Network(t.Context(), network)
				if err != nil {
					t.Fatal(err)
				}
				if n.Walks < said || n.Walks > said+1 {
					t.Errorf("%d pages stored, %d said", n.Walks, said)
				}
				said = n.Walks
			}
			s.o.Now = func() time.Time { return noon.Add(24 * time.Hour) } // when all leases are over
			for seen := s.rescue(t.Context(), nil); len(seen) > 0; {
				seen = s.rescue(t.Context(), seen)
			}
			f.follow(t, s)
			if pages := f.differences(t, s, network); pages != said {
				t.Errorf("%d pages, then %d", said, pages)
			}
		})
	}
}

// TestKilledWhileOpening kills a first start at each of its collections; the next one
// finds a whole store.
func TestKilledWhileOpening(t *testing.T) {
	points := []string{"migrate.before=kill@1", "migrate.after=kill@1"}
	for step := range 13 { // one a collection, before it is made or before it has its indexes
		points = append(points, fmt.Sprintf("migrate.%s=kill@%d", []string{"step", "created"}[step%2], step+1))
	}
	indexes := indexesOf(t, opened(t, address(t), "fresh"))
	for _, nth := range points {
		at := address(t)
		cmd, says := spawn(t, "open", at, 0, "COLLECTOR_FAILPOINT="+nth)
		for line := range says {
			t.Error(line)
		}
		if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
			t.Fatalf("%s: the process ended with %v: the point was not reached", nth, err)
		}
		s, _ := seeded(t, at)
		if now := indexesOf(t, s); !slices.Equal(now, indexes) {
			t.Errorf("%s: the database has the indexes\n%v\nwanted are\n%v", nth, now, indexes)
		}
	}
}

// Promise R22: what a process had in hand that was killed in the middle of a commit is
// freed at once by who learns of the death, and does not wait until the server gives
// the transaction up.
func TestFreeOwnerOfAnOpenCommit(t *testing.T) {
	at := address(t)
	s, network := seeded(t, at)
	cmd, says := spawn(t, "pages", at, 0, "COLLECTOR_FAILPOINT=save.commit.before=kill@2")
	for line := range says {
		t.Log(line)
	}
	if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Fatalf("the process ended with %v: the point was not reached", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // half of what the server gives it
	defer cancel()
	now := noon.Add(time.Second)
	if err := s.FreeOwner(ctx, "child", now); err != nil {
		t.Fatalf("freeing what the dead one had in hand: %v", err)
	}
	got, err := s.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "parent", Now: now, Until: now.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	if err != nil || len(got) != 1 || got[0].ID != network || got[0].Walks != 1 {
		t.Errorf("claimed %+v, %v: want the network with the one page that was saved", got, err)
	}
}

// Promise R4: pages that take longer to save than leases take to be renewed are saved
// all the same.
func TestRenewalLetsPagesEnd(t *testing.T) {
	at := address(t)
	seeded(t, at)
	cmd, says := spawn(t, "renewing", at, 0, "COLLECTOR_FAILPOINT=save.items.done=sleep:1s")
	late := time.After(2 * time.Minute)
	for page := 0; page < 4; {
		select {
		case line, more := <-says:
			if !more || !strings.HasPrefix(line, "page ") {
				t.Fatalf("after %d pages: %q", page, line)
			}
			page++
		case <-late:
			t.Fatalf("%d pages of a second each were saved in two minutes", page)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
}
