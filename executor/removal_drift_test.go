package executor_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"collector/connectors"
	"collector/connectors/bluesky"
	"collector/connectors/gist"
	"collector/connectors/gitea"
	"collector/connectors/github"
	"collector/connectors/gitlab"
	"collector/connectors/lastfm"
	"collector/connectors/mastodon"
	"collector/connectors/pinboard"
	"collector/connectors/raindrop"
	"collector/connectors/reddit"
	"collector/connectors/spotify"
	"collector/connectors/subsonic"
	"collector/connectors/vimeo"
	"collector/connectors/youtube"
	"collector/executor"
	"collector/fetch"
	"collector/item"
	"collector/scheduler"
	"collector/simulate"
	"collector/state"
	"collector/store"
)

// quirk is a service some of whose objects this program cannot read for a while.
type quirk struct {
	connectors.Connector
	connectors.Identifier
	connectors.Remapper
	size   int
	window int  // how many likes are shown at most; 0 as many as the service says
	on     *int // 0: all are read, 1: of some only the id, 2: of some not even that
}

func (q quirk) Info() connectors.Info {
	i := q.Connector.Info()
	i.PageSize, i.PollPageSize = q.size, 0
	i.EmptyPages += 20
	i.Window = cmp.Or(q.window, i.Window)
	return i
}

func (q quirk) Parse(at connectors.Query, r connectors.Reply) (connectors.Page, error) {
	p, err := q.Connector.Parse(at, r)
	if err != nil || *q.on == 0 {
		return p, err
	}
	var kept []item.Item
	for _, it := range p.Items {
		h := fnv.New32a()
		io.WriteString(h, it.ID)
		if h.Sum32()%8 != 0 {
			kept = append(kept, it)
			continue
		}
		bad := connectors.Bad{ID: it.ID, Raw: it.Raw, Reason: "a new kind of object"}
		if *q.on == 2 {
			bad.ID = ""
		}
		p.Bad = append(p.Bad, bad)
	}
	p.Items = kept
	return p, nil
}

// asking is a quirk of a service that can be asked about a single like.
type asking struct {
	quirk
	connectors.Checker
}

// swaying builds the connector of a subject with pages of a size.
func swaying(s subject, size int, on *int) connectors.Connector {
	c := s.list()
	q := quirk{c, c.(connectors.Identifier), c.(connectors.Remapper), size, s.window, on}
	if check, can := c.(connectors.Checker); can {
		return asking{q, check}
	}
	return q
}

// subject is a list that likes are taken out of.
type subject struct {
	list        func() connectors.Connector
	window      int  // of Reddit's lists, small, so that it is full now and then
	precomputed bool // what was pushed out of the window stays out
	told        bool // the service tells of what was taken back, so that nothing has to be accepted
}

var swept = map[string]subject{
	"ascending sweep, single checks (github)":         {list: github.New},
	"sweep by cursor (mastodon)":                      {list: mastodon.New},
	"sweep by cursor (bluesky)":                       {list: bluesky.New},
	"numbered pages in no order (gitea)":              {list: gitea.New},
	"numbered pages in no order, true checks (gist)":  {list: gist.New},
	"in the order of numbers, single checks (gitlab)": {list: gitlab.New},
	"numbered places, newest first (lastfm)":          {list: lastfm.New},
	"the whole list at once (subsonic)":               {list: subsonic.New},
	"numbered places, newest first (spotify)":         {list: spotify.New},
	"numbered places, single checks (vimeo)":          {list: vimeo.New},
	"times as places (pinboard)":                      {list: pinboard.New},
	"a trash that tells (raindrop)":                   {list: raindrop.New, told: true},
	"pages by cursor, single checks (youtube)":        {list: youtube.New},
	"behind a window (reddit)":                        {list: reddit.New, window: 120},
	"behind a window that stays out (reddit)":         {list: reddit.New, window: 120, precomputed: true},
	"behind a window by submission (reddit-upvoted)":  {list: reddit.Upvoted, window: 120},
}

// tallied is what histories came to, to show that they bit.
type tallied struct {
	removed, returned, withheld, late, killed, unproved, imported, quarantined int
	behind                                                                     int // stored likes that stood behind the window at the end
	room                                                                       int // histories at whose end the window had room, so that all was proved
}

// presence is a history of one list with all that can go wrong.
type presence struct {
	*world
	subject
	rnd   *rand.Rand
	on    int                           // quirk
	shown map[time.Time]map[string]bool // what the list held at each request
	gone  map[string]time.Time          // when an item was removed that is not back
	seq   int64                         // of the change log, up to where it was checked
	did   *tallied
}

// Promise R7: likes, un-likes, re-likes, vanishing things, imports, quarantines,
// kills, refused writes and late owners: no like is missed, none that stands is
// marked as gone, also where the service shows it no more behind its window, none that
// is gone comes back, and after two sweeps in peace the store holds exactly what is
// liked, as far as the window can show it.
func TestRemovalsAreTrue(t *testing.T) {
	histories := *seeds / 3 // each takes as long as several of paging drift
	for name, c := range swept {
		t.Run(name, func(t *testing.T) {
			var did tallied
			for seed := range uint64(histories) {
				presenceOf(t, c, seed, &did)
				if t.Failed() {
					t.Fatalf("seed %d of %s: go test ./executor -run RemovalsAreTrue -drift.seeds %d", seed, name, 3*(seed+1))
				}
			}
			t.Logf("%d histories: %+v", histories, did)
			if histories >= 50 && (did.removed == 0 || did.returned == 0 || did.withheld == 0 != c.told || did.late == 0 || did.killed == 0 || did.unproved == 0 || did.imported == 0 || did.quarantined == 0 || (did.behind == 0 || did.room == 0) != (c.window == 0)) {
				t.Error("something never happened: this proved too little")
			}
		})
	}
}

func presenceOf(t *testing.T, s subject, seed uint64, did *tallied) {
	rnd := rand.New(rand.NewPCG(seed, 17))
	h := &presence{subject: s, rnd: rnd, shown: map[time.Time]map[string]bool{}, gone: map[string]time.Time{}, did: did}
	size, likes := 3+rnd.IntN(10), rnd.IntN(60)
	if s.window > 0 && rnd.IntN(3) == 0 { // about as many as are shown, or more
		likes += s.window * 4 / 5
	}
	h.world = newListWorld(t, swaying(s, size, &h.on), likes, simulate.Options{
		Seed: seed, SessionLife: 10 * 365 * 24 * time.Hour, Window: s.window, Precomputed: s.precomputed,
	})
	h.token = h.signIn()
	h.executor.Do = h.ask
	if err := h.sim.AddChurn(churnOf(h.account.Key, rnd)); err != nil {
		t.Fatal(err)
	}
	for range 25 {
		h.event()
		for range 1 + rnd.IntN(3) {
			h.turn()
			h.judge()
		}
		h.now = h.now.Add(time.Duration(rnd.IntN(40)) * time.Hour)
	}
	h.sim.StopChurn()
	h.on, h.executor.Version, h.executor.Pages = 0, "at last", 30
	h.peace()
	h.judge()
	if d := h.compare(); len(d.Missing)+len(d.Extra)+len(d.WrongTime) > 0 {
		t.Errorf("seed %d: after sweeps in peace: %v", seed, d)
	}
	if v := h.sim.Violations(); len(v) > 0 {
		t.Errorf("seed %d: %v", seed, v[0])
	}
}

// compare holds what is stored against what is liked. What stands behind the window
// may be missing, and where about as much is stored as the window holds, nobody can
// tell a like that was taken back from one that stands behind it.
func (h *presence) compare() simulate.Diff {
	got := h.collected()
	d := h.sim.Compare(h.account.Key, got)
	if h.window == 0 {
		return d
	}
	behind := map[string]bool{}
	for _, l := range h.sim.Likes(h.account.Key) {
		behind[l.ID] = l.Behind
		if _, have := got[l.ID]; l.Behind && have {
			h.did.behind++
		}
	}
	d.Missing = slices.DeleteFunc(d.Missing, func(id string) bool { return behind[id] })
	if len(got)*10 >= h.window*9 {
		d.Extra = nil
	} else {
		h.did.room++
	}
	return d
}

// ask records what is shown while the request is answered.
func (h *presence) ask(ctx context.Context, c fetch.Call) (connectors.Reply, error) {
	r, err := h.do(context.WithoutCancel(ctx), c) // a call that is given up is answered all the same
	if f, is := h.list().(connectors.Faulter); is && err != nil && r.Status != 0 {
		if said := f.Fault(r); errors.Is(said, connectors.ErrPage) {
			r, err = use(c, r)
		} else if said != nil {
			err = said
		}
	}
	now := map[string]bool{}
	for _, l := range h.sim.Likes(h.account.Key) {
		now[l.ID] = !l.Behind
	}
	h.shown[h.now] = now
	return r, err
}

// event is what a person or the service does between two runs.
func (h *presence) event() {
	key, must := h.account.Key, func(_ string, err error) { _ = err } // a list without likes has nothing to take back
	for range h.rnd.IntN(8) {
		switch h.rnd.IntN(9) {
		case 0, 1:
			if _, err := h.sim.Like(key, 1+h.rnd.IntN(6)); err != nil {
				h.t.Fatal(err)
			}
		case 2, 3:
			must(h.sim.Unlike(key, ""))
		case 4:
			must(h.sim.Vanish(key, ""))
		case 5:
			must(h.sim.Relike(key, ""))
		case 6:
			for _, l := range h.sim.Former(key) { // one that is marked as gone, if there is one
				if _, marked := h.gone[l.ID]; marked && !l.Gone {
					must(h.sim.Relike(key, l.ID))
					break
				}
			}
		case 7:
			h.on = h.rnd.IntN(3)
			h.executor.Version = fmt.Sprint("v", h.rnd.IntN(4))
		case 8:
			if err := h.store.WishSync(h.t.Context(), h.network, true, h.now); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	if h.rnd.IntN(12) == 0 { // most of the list is gone
		for range len(h.sim.Likes(key)) * 2 / 3 {
			must(h.sim.Unlike(key, ""))
		}
	}
}

// turn is a run, or one that is cut short, comes too late, or an import.
func (h *presence) turn() {
	h.executor.Pages = 1 + h.rnd.IntN(6)
	h.executor.Store = h.store
	switch h.rnd.IntN(10) {
	case 0:
		h.importSome()
	case 1:
		h.killed()
	case 2:
		h.executor.Store = &refusing{Store: h.store, from: 1 + h.rnd.IntN(3)}
		h.run()
	case 3:
		h.late()
	default:
		h.run()
	}
	h.executor.Store = h.store
}

func (h *presence) claim(owner string) state.Claimed {
	h.t.Helper()
	n := h.net()
	if n.ScheduledTo.After(h.now) {
		h.now = n.ScheduledTo
	}
	if n.Owner != "" && n.LeaseUntil.After(h.now) {
		h.now = n.LeaseUntil
	}
	claimed, err := h.store.Claim(h.t.Context(), state.Claim{
		Mode: n.Mode, Owner: owner, Now: h.now, Until: h.now.Add(time.Hour), N: 1, Services: map[string]int{n.Service: 1},
	})
	if err != nil || len(claimed) != 1 {
		h.t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	return claimed[0]
}

func (h *presence) net() state.Network {
	n, err := h.store.Network(h.t.Context(), h.network)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *presence) work(c state.Claimed) executor.Outcome {
	return h.executor.Run(h.t.Context(), executor.Job{Claimed: c, Connector: h.connector, Held: func() error { return nil }, Drain: make(chan struct{})})
}

// killed is a run whose process dies before it releases the network.
func (h *presence) killed() {
	h.did.killed++
	h.work(h.claim("killed"))
	h.now = h.now.Add(2 * time.Hour)
	h.run()
}

// late is a run whose owner is stopped before a write until another has worked on
// the network. What it then writes changes nothing.
func (h *presence) late() {
	c := h.claim("late")
	h.executor.Pages = 1
	h.executor.Store = &stopped{Store: h.store, meanwhile: func() {
		h.executor.Store = h.store
		h.now = h.now.Add(2 * time.Hour)
		h.event()
		for range 1 + h.rnd.IntN(3) {
			h.run()
		}
		h.judge()
	}}
	out := h.work(c)
	if errors.Is(out.Err, state.ErrLeaseLost) {
		h.did.late++
	}
	err := h.store.Release(h.t.Context(), c.Lease, scheduler.Next(h.now, policy, out))
	if err != nil && !errors.Is(err, state.ErrLeaseLost) {
		h.t.Fatal(err)
	}
}

// stopped is a store whose caller is stopped before its first write.
type stopped struct {
	store.Store
	meanwhile func()
}

func (s *stopped) stop() {
	if do := s.meanwhile; do != nil {
		s.meanwhile = nil
		do()
	}
}

func (s *stopped) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	s.stop()
	return s.Store.Commit(ctx, l, p)
}

func (s *stopped) Remove(ctx context.Context, l state.Lease, r state.Removal) (int, error) {
	s.stop()
	return s.Store.Remove(ctx, l, r)
}

// importSome brings in what an export of some time ago says.
func (h *presence) importSome() {
	c := h.claim("import")
	p := state.Page{ID: fmt.Sprint("import", h.now.UnixNano()), Kind: "import", ObservedAt: h.now, After: c.Progress}
	for _, l := range append(h.sim.Likes(h.account.Key), h.sim.Former(h.account.Key)...) {
		if h.rnd.IntN(6) == 0 {
			h.did.imported++
			p.Items = append(p.Items, item.Item{ID: l.ID, URL: "https://x.example/" + l.ID, Title: "a/b", LikedAt: l.Told, LikedFrom: item.FromAPI})
		}
	}
	if _, err := h.store.Commit(h.t.Context(), c.Lease, p); err != nil {
		h.t.Fatal(err)
	}
	if err := h.store.Release(h.t.Context(), c.Lease, c.Progress); err != nil {
		h.t.Fatal(err)
	}
}

// judge holds what is stored against what is, and was, liked.
func (h *presence) judge() {
	h.t.Helper()
	liked := map[string]time.Time{}
	for _, l := range h.sim.Likes(h.account.Key) {
		liked[l.ID] = l.At
	}
	changes, err := h.store.Changes(h.t.Context(), "me", h.seq, 100_000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, c := range changes {
		h.seq = c.Seq
		for _, id := range c.Removed {
			h.did.removed++
			h.gone[id] = c.At
		}
		for _, id := range c.Added {
			if when, was := h.gone[id]; was {
				h.did.returned++
				delete(h.gone, id)
				if !h.shownAfter(id, when) {
					h.t.Errorf("%s was gone at %s and came back in the %s of %s, and nothing has shown it since", id, when, c.Kind, c.At)
				}
			}
		}
	}
	err = h.store.Each(h.t.Context(), store.Query{Network: h.network, Removed: true}, func(l store.Liked) error {
		if at, is := liked[l.ID]; is && !l.RemovedAt.IsZero() && !at.After(l.RemovedAt) {
			h.t.Errorf("%s is liked since %s and marked as gone at %s (%s)", l.ID, at, l.RemovedAt, l.RemovedBecause)
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	n := h.net()
	if n.Swept != nil && n.Swept.Withheld {
		h.did.withheld++
	}
	if n.SweepNote != "" {
		h.did.unproved++
	}
	h.did.quarantined += n.Bad
}

// shownAfter tells whether a request after a time could have shown an item.
func (h *presence) shownAfter(id string, when time.Time) bool {
	for at, ids := range h.shown {
		if at.After(when) && ids[id] {
			return true
		}
	}
	return false
}

// peace runs until two sweeps that began in peace are judged, or prove nothing since a
// window is full. A person accepts what a sweep of that time did not show.
func (h *presence) peace() {
	first, ended, last := h.net().Walks, 0, int64(0)
	at, full := h.net().SweptAt, 0
	for range 200 {
		n := h.net()
		s := n.Swept
		if h.window > 0 && n.SweepNote != "" {
			if n.SweptAt.After(at) {
				full++
			}
			if at = n.SweptAt; full == 5 { // the first may have begun before
				return
			}
			s = nil
		}
		switch {
		case s == nil || s.Sweep <= first || s.Judged && s.Sweep == last && !s.Withheld:
			if n.Sweep == nil && !n.SweepDue {
				if err := h.store.WishSync(h.t.Context(), h.network, true, h.now); err != nil {
					h.t.Fatal(err)
				}
			}
		case s.Withheld && n.Accepted != s.Sweep:
			if err := h.store.Accept(h.t.Context(), h.network, s.Sweep, h.now); err != nil {
				h.t.Fatal(err)
			}
		}
		if s != nil && s.Sweep > first && s.Judged && s.Sweep != last {
			last, ended = s.Sweep, ended+1
			if ended == 3 {
				return
			}
		}
		// Taking back exactly a page of likes while a walk goes on makes two of its pages
		// equal, which is a circle: the walk is begun again.
		if out := h.run(); out.Err != nil && !errors.Is(out.Err, executor.ErrStalled) {
			h.t.Fatal(out.Err)
		}
	}
	h.t.Errorf("the sweeps do not end: %+v, %+v", h.net().Swept, h.net().Progress)
}

func churnOf(account string, rnd *rand.Rand) simulate.Churn {
	return simulate.Churn{Account: account, Chance: rnd.Float64() * 0.7, Like: 1, Unlike: rnd.Float64() * 1.5, Relike: rnd.Float64()}
}
