package executor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fault"
	"collector/fetch"
	"collector/item"
	"collector/scheduler"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// listing is an invented service that says nothing about like times: newest
// like first, cursors that name a place between likes. Odd says how it misbehaves.
type listing struct {
	odd string
}

func (listing) Info() connectors.Info {
	return connectors.Info{
		Name: "listing", Provider: "listing", Hosts: []string{"listing.example"}, PageSize: 12, EmptyPages: 2,
		Order: connectors.ByLikeTime, Poll: connectors.PollNewest, DetailsPerCall: 5,
	}
}

func (listing) Request(q connectors.Query) (connectors.Request, error) {
	return connectors.Request{URL: fmt.Sprintf("https://listing.example/?n=%d&before=%s", q.PageSize, q.Cursor)}, nil
}

type listed struct {
	IDs  []string `json:"ids"`
	Next string   `json:"next"`
}

func (l listing) Parse(_ connectors.Query, r connectors.Reply) (connectors.Page, error) {
	if l.odd == "panic" {
		panic("this connector is broken")
	}
	var body listed
	if err := json.Unmarshal(r.Body, &body); err != nil || body.IDs == nil {
		return connectors.Page{}, fault.New(fault.Malformed, "not a listing")
	}
	page := connectors.Page{Next: connectors.Cursor(body.Next)}
	for _, id := range body.IDs {
		if id == "bad" && l.odd != "understands" {
			page.Bad = append(page.Bad, connectors.Bad{Raw: json.RawMessage(`"bad"`), Reason: "new kind of object"})
			continue
		}
		page.Items = append(page.Items, item.Item{ID: id, URL: "https://listing.example/" + id, Title: "thing " + id, Bare: l.odd == "bare"})
	}
	return page, nil
}

func (listing) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	var id string
	err := json.Unmarshal(raw, &id)
	return item.Item{ID: id, URL: "https://listing.example/" + id, Title: "mapped at last"}, err
}

// shelf is one network over a listing.
type shelf struct {
	*world
	likes  []string // newest first
	seq    map[string]int
	next   int
	before func() // runs before each page
	serve  func(before string) listed
}

func newShelf(t *testing.T, odd string, likes int) *shelf {
	s := &shelf{world: &world{t: t, now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}, seq: map[string]int{}}
	s.connector = listing{odd: odd}
	s.store, s.network = memory.New(), "n1"
	if err := s.store.AddAccount(t.Context(), state.Account{ID: "a1", User: "me", Provider: "listing", Name: "given"}); err != nil {
		t.Fatal(err)
	}
	if err := s.store.AddNetworks(t.Context(), []state.Network{{ID: "n1", AccountID: "a1", User: "me", Service: "listing", Provider: "listing", Account: "given"}}); err != nil {
		t.Fatal(err)
	}
	s.executor = &executor.Executor{Store: s.store, Do: s.do, Now: func() time.Time { return s.now }, Pages: 100, Version: "1"}
	for range likes {
		s.like(fmt.Sprint("i", s.next))
	}
	s.serve = s.page
	return s
}

func (s *shelf) like(id string) {
	s.likes = slices.Insert(slices.DeleteFunc(s.likes, func(x string) bool { return x == id }), 0, id)
	s.next++
	s.seq[id] = s.next
}

func (s *shelf) page(before string) listed {
	out := listed{IDs: []string{}}
	at, err := strconv.Atoi(before)
	for _, id := range s.likes {
		if err == nil && s.seq[id] >= at {
			continue
		}
		if len(out.IDs) == 12 {
			out.Next = strconv.Itoa(s.seq[out.IDs[11]])
			break
		}
		out.IDs = append(out.IDs, id)
	}
	return out
}

func (s *shelf) do(_ context.Context, c fetch.Call) (connectors.Reply, error) {
	s.calls++
	s.now = s.now.Add(time.Second)
	if s.before != nil {
		s.before()
	}
	if _, id, one := strings.Cut(c.Request.URL, "one="); one {
		return use(c, connectors.Reply{Status: 200, Header: http.Header{"One": {id}}})
	}
	var n int
	var before string
	fmt.Sscanf(c.Request.URL, "https://listing.example/?n=%d&before=%s", &n, &before)
	body, _ := json.Marshal(s.serve(before))
	return use(c, connectors.Reply{Status: 200, Body: body})
}

// use hands a reply over as the client does.
func use(c fetch.Call, r connectors.Reply) (connectors.Reply, error) {
	if c.Use == nil {
		return r, nil
	}
	return r, c.Use(r)
}

func (s *shelf) network1() state.Network {
	n, err := s.store.Network(s.t.Context(), "n1")
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// Promise R7 for lists without like times: a poll stops only after ten known
// items in a row, so that an old thing liked again on top stops nothing.
func TestKnownTailLosesNothing(t *testing.T) {
	for seed := range uint64(*seeds * 4) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		s := newShelf(t, "", rnd.IntN(60))
		s.executor.Pages = 1 + rnd.IntN(4)
		s.before = func() {
			for range rnd.IntN(3) {
				switch k := rnd.IntN(4); {
				case k < 2:
					s.like(fmt.Sprint("i", s.next))
				case k == 2 && len(s.likes) > 0: // an old one again
					s.like(s.likes[rnd.IntN(len(s.likes))])
				case len(s.likes) > 0:
					i := rnd.IntN(len(s.likes))
					s.likes = slices.Delete(s.likes, i, i+1)
				}
			}
		}
		for range 20 {
			s.run()
		}
		s.before = nil
		for range 30 {
			idle := s.network1().Walk == nil && s.network1().Mode == state.Normal
			if out := s.run(); out.Err != nil {
				t.Fatal(out.Err)
			} else if idle && out.Ended {
				break
			}
		}
		got := s.collected()
		for _, id := range s.likes {
			if _, ok := got[id]; !ok {
				t.Fatalf("seed %d: %s is missing", seed, id)
			}
		}
	}
}

// Promise R8: paging that leads nowhere ends within the cap as stalled, never
// as finished, and what was read is kept.
func TestStalledWalks(t *testing.T) {
	things := func(n, from int) (ids []string) {
		for i := range n {
			ids = append(ids, fmt.Sprint("x", from+i))
		}
		return ids
	}
	for name, c := range map[string]struct {
		serve func(n int) listed
		most  int // requests
	}{
		"itself":              {func(int) listed { return listed{things(3, 0), "7"} }, 3},
		"A, B, A":             {func(n int) listed { return listed{things(3, n%2*10), fmt.Sprint(n % 2)} }, 8},
		"a circle of 40":      {func(n int) listed { return listed{things(3, n%40*10), fmt.Sprint(n % 40)} }, 130},
		"new cursors forever": {func(n int) listed { return listed{things(3, 0), fmt.Sprint(n)} }, 3},
		"empty forever":       {func(n int) listed { return listed{[]string{}, fmt.Sprint(n)} }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t, "", 0)
			n := 0
			s.serve = func(string) listed { n++; return c.serve(n) }
			s.executor.Pages = 1000
			out := s.run()
			if fault.KindOf(out.Err) != fault.Malformed || s.network1().Condition != state.Stalled {
				t.Errorf("not stalled: %v, %+v", out.Err, s.network1().Condition)
			}
			if s.calls > c.most+1 {
				t.Errorf("%d requests, at most %d are needed", s.calls, c.most)
			}
			if s.network1().Mode != state.Initial || s.network1().StallNote == "" {
				t.Error("a stalled backfill counts as finished")
			}
			if got := len(s.collected()); n > 1 && name != "empty forever" && got == 0 {
				t.Error("what was read is lost")
			}
		})
	}
}

// A list without end is asked for a page more than the cap at most: twice the
// announced pages, or pageCap where nobody announced any.
func TestPageCap(t *testing.T) {
	s := newShelf(t, "", 0)
	n := 0
	s.serve = func(string) listed { n++; return listed{[]string{fmt.Sprint("x", n)}, fmt.Sprint(n)} }
	s.connector = announced{listing{}}
	s.executor.Pages = 1000
	if out := s.run(); fault.KindOf(out.Err) != fault.Malformed || n > 2*5+10+1 {
		t.Errorf("%d pages of 5 announced: %v", n, out.Err)
	}

	s, n = newShelf(t, "", 0), 0
	s.serve = func(string) listed { n++; return listed{[]string{fmt.Sprint("x", n)}, fmt.Sprint(n)} }
	s.executor.Pages = 1000
	var err error
	for range 40 {
		if err = s.run().Err; err != nil {
			break
		}
	}
	if fault.KindOf(err) != fault.Malformed || n < 20_000 || n > 20_000+1 {
		t.Errorf("%d pages, and none announced: %v", n, err)
	}
}

type announced struct{ listing }

func (a announced) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	p, err := a.listing.Parse(q, r)
	p.Pages = 5
	return p, err
}

// A panic is the outcome of one network, with its stack, and no page is lost.
func TestPanicIsAnOutcome(t *testing.T) {
	s := newShelf(t, "panic", 5)
	out := s.run()
	if fault.KindOf(out.Err) != fault.Bug || out.Stack == "" || s.network1().Condition != state.Failing {
		t.Errorf("%v %q %v", out.Err, out.Stack, s.network1().Condition)
	}
	s.connector = listing{}
	s.run()
	if len(s.collected()) != 5 {
		t.Error("not recovered")
	}
}

// What cannot be mapped stops nothing, and a newer program maps it without
// asking the service.
func TestQuarantine(t *testing.T) {
	s := newShelf(t, "", 8)
	s.like("bad")
	if out := s.run(); out.Err != nil {
		t.Fatal(out.Err)
	}
	if n := s.network1(); n.Bad != 1 || n.Items != 8 {
		t.Fatalf("%d in quarantine, %d items", n.Bad, n.Items)
	}
	s.executor.Version = "2"
	s.serve = func(string) listed { return listed{IDs: []string{}} }
	if out := s.run(); out.Err != nil {
		t.Fatal(out.Err)
	}
	if n := s.network1(); n.Bad != 0 || n.Items != 9 {
		t.Errorf("%d in quarantine, %d items", n.Bad, n.Items)
	}
}

// sync --full begins a sweep that adds what is missing, and happens once.
func TestFullSync(t *testing.T) {
	s := newShelf(t, "", 40)
	s.run()
	s.likes = append(s.likes, "old") // appears at the end: no poll can see it
	s.seq["old"] = -1
	s.run()
	if _, ok := s.collected()["old"]; ok {
		t.Fatal("the poll read everything")
	}
	if err := s.store.WishSync(t.Context(), "n1", true, s.now); err != nil {
		t.Fatal(err)
	}
	out := s.run()
	if _, ok := s.collected()["old"]; !ok || out.Kind != "sweep" {
		t.Errorf("the sweep did not find it: %+v", out)
	}
	if n := s.network1(); n.SweepDue || n.Sweep != nil || !n.ScheduledTo.After(s.now) {
		t.Errorf("another sweep is owed: %+v", n.Progress)
	}
}

// A store that refuses a page keeps everything as it was.
// Defect 3: the cursor advances although the items were not stored.
func TestStoreFailureSkipsNothing(t *testing.T) {
	s := newShelf(t, "", 60)
	broken := &refusing{Store: s.store, from: 3}
	s.executor.Store = broken
	out := s.run()
	if out.Err == nil || !out.NotStored || out.Pages != 2 || out.Network.Walk.Pages != 2 {
		t.Fatalf("%+v", out)
	}
	s.executor.Store = s.store
	for range 3 {
		s.run()
	}
	if len(s.collected()) != 60 {
		t.Errorf("%d of 60", len(s.collected()))
	}
}

type refusing struct {
	store.Store
	n, from int
}

func (r *refusing) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	if r.n++; r.n >= r.from {
		return state.Committed{}, fmt.Errorf("disk full: %w", state.ErrUnavailable)
	}
	return r.Store.Commit(ctx, l, p)
}

// The daemon stops between two pages, and the walk goes on where it was.
func TestDrain(t *testing.T) {
	s := newShelf(t, "", 60)
	drain := make(chan struct{})
	s.before = func() {
		if s.calls == 2 {
			close(drain)
		}
	}
	claimed, err := s.store.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "o", Now: s.now, Until: s.now.Add(time.Hour), N: 1, Services: map[string]int{"listing": 1}})
	if err != nil || len(claimed) != 1 {
		t.Fatal(err)
	}
	out := s.executor.Run(t.Context(), executor.Job{Claimed: claimed[0], Connector: s.connector, Held: func() error { return nil }, Drain: drain})
	if !out.Drained || out.Pages != 2 || out.Err != nil {
		t.Errorf("%+v", out)
	}
	if err := s.store.Release(t.Context(), claimed[0].Lease, scheduler.Next(s.now, policy, out)); err != nil {
		t.Fatal(err)
	}
	s.before = nil
	s.run()
	if len(s.collected()) != 60 {
		t.Errorf("%d of 60", len(s.collected()))
	}
}
