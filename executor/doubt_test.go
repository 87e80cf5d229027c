package executor_test

import (
	"context"
	"testing"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/fetch"
)

// doubtful is a listing whose polls may have missed likes.
type doubtful struct{ listing }

func (d doubtful) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	p, err := d.listing.Parse(q, r)
	if q.Walk == connectors.Poll {
		p.Doubt = "the server pages the wrong way"
	}
	return p, err
}

// A poll that may have missed likes is followed by a sweep, at most one a day.
func TestDoubtfulPollsAreSwept(t *testing.T) {
	s := newShelf(t, "", 40)
	s.connector = doubtful{}
	s.run()
	s.likes = append(s.likes, "old")
	s.seq["old"] = -1
	if out := s.run(); out.Kind != "sweep" || out.Err != nil {
		t.Fatalf("%+v", out)
	}
	if _, ok := s.collected()["old"]; !ok {
		t.Error("the sweep did not find what the poll missed")
	}
	swept := s.network1().SweptAt
	for out := s.run(); s.now.Sub(swept) < 24*time.Hour; out = s.run() {
		if out.Kind != "poll" {
			t.Fatalf("%v after the last sweep: %s", s.now.Sub(swept), out.Kind)
		}
	}
	for s.now.Sub(swept) < 50*time.Hour {
		s.run()
	}
	if again := s.network1().SweptAt; !again.After(swept) {
		t.Error("never swept again")
	}
}

// A cursor that the service refuses three times is given up once: the walk that
// begins then is read page after page, and not from its first page each time.
func TestRefusedCursorIsGivenUpOnce(t *testing.T) {
	s := newShelf(t, "", 60)
	s.executor.Pages = 2
	s.run()
	good := s.serve
	s.serve = func(string) listed { return listed{} } // no list at all
	for range 3 {
		s.run()
	}
	asked := []string{}
	s.serve = func(before string) listed {
		asked = append(asked, before)
		return good(before)
	}
	s.executor.Pages = 10
	out := s.run()
	if out.Err != nil || !out.Ended {
		t.Fatalf("%+v", out)
	}
	if n := out.Network.Progress.Walks; n != 2 {
		t.Errorf("%d walks were begun, want the one whose cursor was refused and one more", n)
	}
	if len(asked) != 5 || asked[0] != "" || len(s.collected()) != 60 {
		t.Errorf("the pages %q were asked for, %d items are stored: want 5 pages from the first one on, 60 items", asked, len(s.collected()))
	}
}

// Where a limit ends each run after one page, the walk that began in place of a refused
// one is gone on with, and not begun again by each run.
func TestTheNewWalkMayTakeSeveralRuns(t *testing.T) {
	s := newShelf(t, "", 60)
	s.executor.Pages = 2
	s.run()
	good := s.serve
	s.serve = func(string) listed { return listed{} } // no list at all
	for range 3 {
		s.run()
	}
	s.serve = good
	s.executor.Pages = 100
	calls := 0
	s.executor.Do = func(ctx context.Context, c fetch.Call) (connectors.Reply, error) {
		if calls++; calls%2 == 0 {
			return connectors.Reply{}, &fault.Error{Kind: fault.RateLimited, Reason: "one call a run", Until: s.now.Add(time.Minute)}
		}
		return s.do(ctx, c)
	}
	for range 10 {
		if s.run().Ended {
			break
		}
	}
	if got := len(s.collected()); got != 60 {
		t.Errorf("%d items are stored after ten runs of a page each, want 60", got)
	}
}
