package intake

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fetch"
	"collector/item"
	"collector/scheduler"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

var seeds = flag.Int("intake.seeds", 100, "random histories of a list that is imported beside its polls")

// shelf is an invented service that tells nothing of like times: newest like first,
// pages of 12, cursors that name a place between likes. A poll of it stops at ten known
// items in a row.
type shelf struct {
	likes []string // newest first
	seq   map[string]int
	next  int
	calls int
}

func (*shelf) Info() connectors.Info {
	return connectors.Info{
		Name: "shelf", Provider: "shelf", Hosts: []string{"shelf.example"}, PageSize: 12, EmptyPages: 2,
		Order: connectors.ByLikeTime, Poll: connectors.PollNewest,
	}
}

func (*shelf) Request(q connectors.Query) (connectors.Request, error) {
	return connectors.Request{URL: "https://shelf.example/?before=" + string(q.Cursor)}, nil
}

type leaf struct {
	IDs  []string
	Next string
}

func (*shelf) Parse(_ connectors.Query, r connectors.Reply) (connectors.Page, error) {
	var body leaf
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return connectors.Page{}, err
	}
	page := connectors.Page{Next: connectors.Cursor(body.Next)}
	for _, id := range body.IDs {
		page.Items = append(page.Items, item.Item{ID: id, URL: "https://shelf.example/" + id, Title: "as the service says"})
	}
	return page, nil
}

func (s *shelf) like(id string) {
	s.likes = slices.Insert(slices.DeleteFunc(s.likes, func(x string) bool { return x == id }), 0, id)
	s.next++
	s.seq[id] = s.next
}

// do answers a call.
func (s *shelf) do(_ context.Context, c fetch.Call) (connectors.Reply, error) {
	s.calls++
	at, err := strconv.Atoi(c.Request.URL[len("https://shelf.example/?before="):])
	out := leaf{}
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
	body, err := json.Marshal(out)
	if err != nil {
		return connectors.Reply{}, err
	}
	r := connectors.Reply{Status: 200, Body: body}
	if c.Use != nil {
		err = c.Use(r)
	}
	return r, err
}

var policy = scheduler.Policy{PollMin: 5 * time.Minute, PollMax: 6 * time.Hour, BackoffMin: time.Minute, BackoffMax: time.Hour}

// TestImportsBesidePollsLoseNothing: whatever is imported between the runs of a network,
// from exports of any age, whole or torn, every like is there after the next whole poll.
func TestImportsBesidePollsLoseNothing(t *testing.T) {
	imported := 0
	for seed := range uint64(*seeds) {
		imported += beside(t, seed)
		if t.Failed() {
			t.Fatalf("seed %d: go test ./store/intake -run Beside", seed)
		}
	}
	if imported < *seeds {
		t.Errorf("%d items imported in %d histories: this proved too little", imported, *seeds)
	}
}

func beside(t *testing.T, seed uint64) (imported int) {
	rnd := rand.New(rand.NewPCG(seed, 11))
	s := &shelf{seq: map[string]int{}}
	w := worldOn(t, memory.New())
	w.must(w.st.AddNetworks(t.Context(), []state.Network{{ID: "n1", AccountID: "acc", Service: "shelf", CreatedAt: noon}}))
	clock := func() time.Time { return w.now }
	w.in.Now = clock
	run := &executor.Executor{Store: w.st, Do: s.do, Now: clock, Pages: 1 + rnd.IntN(4), Version: "1"}
	type export struct {
		at  time.Time
		ids []string
	}
	exports := []export{{noon, nil}}
	for range 34 {
		for range rnd.IntN(4) * rnd.IntN(15) {
			s.like(fmt.Sprint("i", s.next))
		}
		for range rnd.IntN(3) {
			if n := len(s.likes); n > 0 {
				i := rnd.IntN(n)
				s.likes = slices.Delete(s.likes, i, i+1)
			}
		}
		if n := len(s.likes); n > 0 && rnd.IntN(3) == 0 {
			s.like(s.likes[rnd.IntN(n)])
		}
		if rnd.IntN(3) == 0 {
			exports = append(exports, export{w.now, slices.Clone(s.likes)})
		}
		if rnd.IntN(2) == 0 {
			x := exports[rnd.IntN(len(exports))]
			if rnd.IntN(2) == 0 {
				x = export{w.now, s.likes}
			}
			var items []item.Item
			for _, id := range x.ids[:rnd.IntN(len(x.ids)+1)] { // the whole, or what a torn file holds of it
				items = append(items, item.Item{ID: id, URL: "https://shelf.example/" + id, Title: "as an export says", Bare: rnd.IntN(2) == 0})
			}
			r, err := w.in.Put(t.Context(), "n1", items, x.at)
			w.must(err)
			imported += r.Added
			w.must(w.in.Close(t.Context()))
		}
		w.run(run, s)
	}
	for whole := false; !whole; { // until a whole poll came after the last change
		whole = w.run(run, s)
	}
	titles := map[string]string{}
	w.must(w.st.Each(t.Context(), store.Query{Network: "n1"}, func(l store.Liked) error { titles[l.ID] = l.Title; return nil }))
	for _, id := range s.likes {
		if titles[id] == "" {
			t.Errorf("seed %d: %s was lost", seed, id)
		}
	}
	return imported
}

// run claims the shelf's network when it is due, reads and releases it. It tells
// whether that was a whole poll.
func (w *world) run(e *executor.Executor, s *shelf) (whole bool) {
	w.Helper()
	n, err := w.st.Network(w.Context(), "n1")
	w.must(err)
	if n.ScheduledTo.After(w.now) {
		w.now = n.ScheduledTo
	}
	w.now = w.now.Add(time.Second)
	got, err := w.st.Claim(w.Context(), state.Claim{Mode: n.Mode, Owner: "collector", Now: w.now, Until: w.now.Add(time.Hour), N: 1, Services: map[string]int{"shelf": 1}})
	w.must(err)
	if len(got) != 1 {
		w.Fatalf("the network is not due: %+v", n)
	}
	out := e.Run(w.Context(), executor.Job{Claimed: got[0], Connector: s, Held: func() error { return nil }, Drain: make(chan struct{})})
	w.must(out.Err)
	w.must(w.st.Release(w.Context(), got[0].Lease, scheduler.Next(w.now, policy, out)))
	return n.Mode == state.Normal && n.Walk == nil && out.Ended && out.Kind == "poll" && !out.SweepLeft
}
