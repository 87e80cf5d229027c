package executor_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
	"collector/state"
	"collector/store"
)

// unlike takes likes back.
func (s *shelf) unlike(ids ...string) {
	s.likes = slices.DeleteFunc(s.likes, func(id string) bool { return slices.Contains(ids, id) })
}

// sweep runs until a sweep that is asked for now has ended and a poll after it.
func (s *shelf) sweep() {
	s.t.Helper()
	if err := s.store.WishSync(s.t.Context(), "n1", true, s.now); err != nil {
		s.t.Fatal(err)
	}
	was := s.network1().SweptAt
	for range 20 {
		if out := s.run(); out.Err != nil {
			s.t.Fatal(out.Err)
		}
		if s.network1().SweptAt.After(was) {
			s.run() // polls once more: it is due by then
			return
		}
	}
	s.t.Fatal("the sweep does not end")
}

// edit changes the progress, and has the network due now.
func (s *shelf) edit(change func(*state.Progress)) {
	s.t.Helper()
	if due := s.network1().ScheduledTo; due.After(s.now) {
		s.now = due
	}
	c, err := s.store.Claim(s.t.Context(), state.Claim{Mode: state.Normal, Owner: "edit", Now: s.now, Until: s.now.Add(time.Hour), N: 1, Services: map[string]int{"listing": 1}})
	if err != nil || len(c) != 1 {
		s.t.Fatalf("claimed %d, %v", len(c), err)
	}
	p := c[0].Progress
	change(&p)
	p.ScheduledTo = s.now
	if err := s.store.Release(s.t.Context(), c[0].Lease, p); err != nil {
		s.t.Fatal(err)
	}
}

// removed is what is marked as gone, by id.
func (s *shelf) removed() map[string]string {
	got := map[string]string{}
	err := s.store.Each(s.t.Context(), store.Query{Network: "n1", Removed: true}, func(l store.Liked) error {
		if !l.RemovedAt.IsZero() {
			got[l.ID] = l.RemovedBecause
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s *shelf) want(removed map[string]string, when string) {
	s.t.Helper()
	if got := s.removed(); !maps.Equal(got, removed) {
		s.t.Errorf("%s: gone are %v, want %v", when, got, removed)
	}
}

// read is a shelf whose backfill has ended.
func read(t *testing.T, likes int) *shelf {
	s := newShelf(t, "", likes)
	s.run()
	return s
}

func TestTwoSweepsMakeALikeGone(t *testing.T) {
	s := read(t, 40)
	s.unlike("i7", "i9")
	s.sweep()
	s.want(nil, "after one sweep")
	if n := s.network1(); n.Swept.Unseen != 2 || n.Items != 40 {
		t.Errorf("%+v, %d items", n.Swept, n.Items)
	}
	if again := s.network1().SweepAt; again.Sub(s.network1().SweptAt) != 24*time.Hour {
		t.Errorf("the sweep that confirms it is due at %v, the last one was at %v", again, s.network1().SweptAt)
	}
	s.sweep()
	s.want(map[string]string{"i7": "unknown", "i9": "unknown"}, "after two sweeps")
	if n := s.network1(); n.Swept.Unseen != 0 || !n.Swept.Judged || n.Items != 38 {
		t.Errorf("%+v, %d items", n.Swept, n.Items)
	}
	s.like("i7")
	s.run()
	s.want(map[string]string{"i9": "unknown"}, "once one is liked again")
}

// Between the sweeps and their judgement a poll is owed: what was liked again while
// a sweep went on stands at the top of the list, where that sweep has been already.
func TestALikeMadeAgainBehindASweepIsNotGone(t *testing.T) {
	s := read(t, 40)
	s.executor.Pages = 1
	for range 2 {
		for range 12 { // i3 is not on the first page
			s.like(fmt.Sprint("i", s.next))
		}
		s.edit(func(p *state.Progress) { p.SweepDue, p.PollAt = true, s.now.Add(5*time.Hour) }) // no poll comes between them
		was := s.network1().SweptAt
		for !s.network1().SweptAt.After(was) {
			if n := s.network1(); n.Sweep != nil && n.Sweep.Pages == 1 {
				s.like("i3") // the sweep has read the top, and i3 is not at its old place any more
			}
			s.run()
		}
	}
	if got := s.network1().Swept; got.Unseen != 1 || got.Judged {
		t.Errorf("not seen by two sweeps, and not judged before a poll: %+v", got)
	}
	s.want(nil, "after two sweeps that did not show it")
	s.run()
	s.run()
	s.want(nil, "after the poll that shows it")
}

// The brake: of more than 10 likes, or 5 % of the list, none is taken as gone by
// itself, in a short list and in a long one, until a person says so.
func TestTooManyAreNotGoneByThemselves(t *testing.T) {
	for _, c := range []struct{ likes, gone, held int }{{12, 10, 0}, {12, 11, 11}, {400, 20, 0}, {400, 21, 21}, {400, 380, 380}} {
		t.Run(fmt.Sprint(c.gone, " of ", c.likes), func(t *testing.T) {
			s := read(t, c.likes)
			s.unlike(s.likes[:c.gone]...)
			for range 3 {
				s.sweep()
			}
			n := s.network1()
			if got := len(s.removed()); got != c.gone-c.held {
				t.Fatalf("%d are gone, want %d: %+v", got, c.gone-c.held, n.Swept)
			}
			if n.Swept.Withheld != (c.held > 0) || n.Swept.Unseen != c.held || c.held > 0 && (n.Swept.Shown != c.likes-c.gone || n.Swept.Stored != c.likes) {
				t.Errorf("%+v", n.Swept)
			}
			if c.held == 0 {
				return
			}
			if err := s.store.Accept(t.Context(), "n1", n.Swept.Sweep-1, s.now); err != nil {
				t.Fatal(err)
			}
			s.run()
			s.want(nil, "after an earlier sweep was accepted")
			if err := s.store.Accept(t.Context(), "n1", n.Swept.Sweep, s.now); err != nil {
				t.Fatal(err)
			}
			out := s.run()
			if got := len(s.removed()); got != c.gone || out.Removed != c.gone || s.network1().Swept.Withheld {
				t.Errorf("accepted: %d are gone, %d told, want %d: %+v", got, out.Removed, c.gone, s.network1().Swept)
			}
		})
	}
}

// A service that shows the list again has nobody to thank for it.
func TestWhatIsShownAgainIsWithheldNoMore(t *testing.T) {
	s := read(t, 60)
	all := slices.Clone(s.likes)
	s.unlike(all[10:]...)
	s.sweep()
	if n := s.network1(); !n.Swept.Withheld || n.Swept.Unseen != 50 {
		t.Fatalf("%+v", n.Swept)
	}
	back := all[20]
	s.like(back)
	s.run()
	if n := s.network1(); !n.Swept.Withheld || n.Swept.Unseen != 49 {
		t.Errorf("after a poll that shows one again: %+v", n.Swept)
	}
	s.likes = append([]string{back}, slices.Delete(all, 20, 21)...)
	s.sweep()
	if n := s.network1(); n.Swept.Withheld || n.Swept.Unseen != 0 || n.Items != 60 {
		t.Errorf("%+v, %d items", n.Swept, n.Items)
	}
	s.want(nil, "at last")
}

// Of some sweeps nothing follows for likes that they did not show.
func TestSweepsThatProveNothing(t *testing.T) {
	for name, c := range map[string]struct {
		likes int
		as    connectors.Connector
		then  func(*shelf)
		note  string
	}{
		"an object without an id": {40, listing{}, func(s *shelf) { s.like("bad") }, "id could not be read"},
		"doubt":                   {40, unsure{}, func(*shelf) {}, "not in the order asked for"},
		"a full window":           {28, windowed{}, func(*shelf) {}, "newest 30 likes"},
		"a window that was full, and does not fill up again": {34, windowed{}, func(s *shelf) { s.likes = s.likes[:26] }, "newest 30 likes"},
		"an empty list of a service that does so":            {8, forgetful{}, func(s *shelf) { s.likes = nil }, "empty list"},
	} {
		t.Run(name, func(t *testing.T) {
			s := read(t, c.likes)
			s.connector = c.as
			s.unlike("i1")
			c.then(s)
			for range 3 {
				s.sweep()
			}
			s.want(nil, "after three sweeps")
			if n := s.network1(); !strings.Contains(n.SweepNote, c.note) || n.Swept != nil {
				t.Errorf("%q, %+v", n.SweepNote, n.Swept)
			}
		})
	}
}

// The same with what is enough.
func TestSweepsThatProveEnough(t *testing.T) {
	for name, c := range map[string]struct {
		likes int
		as    connectors.Connector
		then  func(*shelf)
		want  map[string]string
	}{
		"an object whose id can be read": {40, named{}, func(*shelf) {}, map[string]string{"i1": "unknown"}},
		"a window with room":             {26, windowed{}, func(*shelf) {}, map[string]string{"i1": "unknown"}},
		"an empty list":                  {2, listing{}, func(s *shelf) { s.likes = nil }, map[string]string{"i0": "unknown", "i1": "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := read(t, c.likes)
			s.connector = c.as
			s.unlike("i1")
			c.then(s)
			for range 2 {
				s.sweep()
			}
			s.want(c.want, "after two sweeps")
		})
	}
}

// unsure is a listing whose sweeps may have missed likes.
type unsure struct{ listing }

func (u unsure) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	p, err := u.listing.Parse(q, r)
	if q.Walk == connectors.Sweep {
		p.Doubt = "the list is not in the order asked for"
	}
	return p, err
}

// forgetful is a listing that is known to be empty by mistake.
type forgetful struct{ listing }

func (f forgetful) Info() connectors.Info {
	i := f.listing.Info()
	i.EmptyWrong = true
	return i
}

// named is a listing of which some objects cannot be mapped, whose ids can be read.
type named struct{ listing }

func (n named) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	p, err := n.listing.Parse(q, r)
	p.Items = slices.DeleteFunc(p.Items, func(it item.Item) bool {
		if it.ID == "i5" || it.ID == "i6" {
			p.Bad = append(p.Bad, connectors.Bad{ID: it.ID, Raw: []byte(`"` + it.ID + `"`), Reason: "a new kind"})
		}
		return it.ID == "i5" || it.ID == "i6"
	})
	return p, err
}

// A sweep that an older program began has noted nothing of what it showed.
func TestSweepOfAnOlderProgram(t *testing.T) {
	s := read(t, 40)
	s.executor.Pages = 1
	if err := s.store.WishSync(t.Context(), "n1", true, s.now); err != nil {
		t.Fatal(err)
	}
	for s.network1().Sweep == nil {
		s.run()
	}
	s.edit(func(p *state.Progress) { p.Sweep.Noted = false })
	for s.network1().Sweep != nil {
		s.run()
	}
	if n := s.network1(); n.Swept != nil || !strings.Contains(n.SweepNote, "older program") {
		t.Errorf("%+v, %q", n.Swept, n.SweepNote)
	}
}

// Sweeps are due by themselves.
func TestSweepsComeByThemselves(t *testing.T) {
	s := read(t, 40)
	s.unlike("i7")
	began, sweeps, last := s.now, 0, time.Time{}
	for s.now.Sub(began) < 30*24*time.Hour {
		if out := s.run(); out.Err != nil {
			t.Fatal(out.Err)
		}
		if at := s.network1().SweptAt; !at.Equal(last) {
			sweeps, last = sweeps+1, at
		}
	}
	if sweeps < 4 || sweeps > 6 {
		t.Errorf("%d sweeps in 30 days", sweeps)
	}
	s.want(map[string]string{"i7": "unknown"}, "after 30 days")
}

// What a page itself calls gone is gone at once.
func TestPageThatCallsLikesGone(t *testing.T) {
	s := read(t, 40)
	s.connector = trash{}
	out := s.run()
	if out.Removed != 1 || out.Err != nil {
		t.Errorf("%+v", out)
	}
	s.want(map[string]string{"i2": "unliked"}, "after a poll")
}

// trash is a listing that tells what was taken back.
type trash struct{ listing }

func (l trash) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	p, err := l.listing.Parse(q, r)
	p.Removed = []string{"i2", "never heard of"}
	return p, err
}

// Where single likes can be asked about, the answers decide, beyond the brake too;
// what they leave open is left to the sweeps.
func TestSingleLikesAreAskedAbout(t *testing.T) {
	s := read(t, 60)
	asked := map[string]int{}
	s.connector = asks{answers: func(id string) (connectors.Presence, error) {
		asked[id]++
		switch id {
		case "i1":
			return connectors.Unliked, nil
		case "i2":
			return connectors.Gone, nil
		case "i3":
			return connectors.Hidden, nil
		case "i4":
			return connectors.Liked, nil
		case "i5":
			return connectors.Unsure, fault.New(fault.Malformed, "what is this?")
		}
		return connectors.Unsure, nil
	}}
	gone := []string{"i1", "i2", "i3", "i4", "i5", "i6"}
	for i := range 30 {
		gone = append(gone, fmt.Sprint("i", 10+i))
	}
	all := slices.Clone(s.likes)
	s.unlike(gone...)
	if err := s.store.WishSync(t.Context(), "n1", true, s.now); err != nil {
		t.Fatal(err)
	}
	s.run()
	if len(asked) != 20 {
		t.Errorf("one run asked about %d likes, want 20", len(asked))
	}
	for range 3 {
		s.run()
	}
	want := map[string]string{"i1": "unliked", "i2": "gone", "i3": "hidden"}
	s.want(want, "after one sweep, and the answers")
	for id, n := range asked {
		if n != 1 {
			t.Errorf("%s was asked about %d times", id, n)
		}
	}
	if n := s.network1(); len(asked) != 36 || !n.Swept.Withheld || n.Swept.Unseen != 32 || !n.Swept.Judged {
		t.Errorf("%d asked, %+v", len(asked), n.Swept)
	}
	s.likes = all // but for six all are back
	s.unlike(gone[:6]...)
	s.sweep()
	want["i5"], want["i6"] = "unknown", "unknown"
	s.want(want, "after two sweeps")
	if asked["i6"] != 2 || asked["i4"] != 2 {
		t.Errorf("asked about i6 %d times and about i4 %d times by two sweeps", asked["i6"], asked["i4"])
	}
}

// A limit ends the questions of a run, and they go on with a later one.
func TestALimitEndsTheQuestions(t *testing.T) {
	for _, kind := range []fault.Kind{fault.RateLimited, fault.Temporary, fault.Unauthorized} {
		s := read(t, 40)
		var stop error = &fault.Error{Kind: kind, Reason: "not now"}
		asked := 0
		s.connector = asks{answers: func(string) (connectors.Presence, error) {
			if asked++; asked > 2 {
				return connectors.Unsure, stop
			}
			return connectors.Unliked, nil
		}}
		s.unlike("i1", "i2", "i3", "i4", "i5")
		if err := s.store.WishSync(t.Context(), "n1", true, s.now); err != nil {
			t.Fatal(err)
		}
		if out := s.run(); out.Err != nil || asked != 3 || len(s.removed()) != 2 || s.network1().Swept.Judged {
			t.Errorf("%s: %v, %d asked, %v", kind, out.Err, asked, s.removed())
		}
		stop, asked = nil, 0
		for range 2 {
			s.run()
		}
		if asked == 0 || len(s.removed()) != 4 {
			t.Errorf("%s: %d asked in later runs, %v", kind, asked, s.removed())
		}
	}
}

// asks is a listing that can be asked about a single like.
type asks struct {
	listing
	answers func(id string) (connectors.Presence, error)
}

func (asks) Check(_ connectors.Query, it item.Item) (connectors.Request, error) {
	return connectors.Request{URL: "https://listing.example/?one=" + it.ID}, nil
}

func (a asks) Liked(r connectors.Reply) (connectors.Presence, error) {
	return a.answers(r.Header.Get("One"))
}
