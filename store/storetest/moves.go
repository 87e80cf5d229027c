package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"collector/auth"
	"collector/limit"
	"collector/state"
	"collector/store"
	"collector/store/move"
)

// moves are what moving everything from one store to another has to keep.
var moves = []struct {
	name string
	test func(*moving)
}{
	{"MovedIsEqual", movedIsEqual},
	{"MovedIsFound", movedIsFound},
	{"MovedGoesOn", movedGoesOn},
	{"MovedLogBeginsBehindAllNumbers", movedLog},
	{"MoveIsResumedWhereverItWasCut", moveResumed},
	{"MoveBeginsAnewWhereTheSourceChanged", moveAnew},
	{"MoveAgainDoesNothing", moveAgain},
	{"MoveCountsBothSides", moveCounted},
	{"MoveRefusesDaemonsAtWork", moveAtWork},
	{"MoveRefusesOtherData", moveOther},
	{"PutTwiceIsPutOnce", putTwice},
}

// Moves tests moving everything from one kind of store to another; each function
// makes a Backend without data.
func Moves(t *testing.T, from, to func(t *testing.T) Backend) {
	for _, p := range moves {
		t.Run(p.name, func(t *testing.T) {
			source := &kit{T: t, Backend: from(t), ctx: t.Context()}
			source.a = source.handle("")
			source.b = source.a
			target := &kit{T: t, Backend: to(t), ctx: t.Context()}
			target.a = target.handle("")
			target.b = target.a
			m := &moving{T: t, source: source, target: target}
			m.fill()
			p.test(m)
			for _, k := range []*kit{source, target} {
				k.counted()
				if k.Integrity != nil {
					if err := k.Integrity(); err != nil {
						t.Errorf("the data are damaged: %v", err)
					}
				}
			}
		})
	}
}

// moving is a grown source and an empty target.
type moving struct {
	*testing.T
	source, target *kit
	wished, paused state.Network // of the source
}

func (m *moving) from() store.Movable { return m.source.a.(store.Movable) }
func (m *moving) to() store.Movable   { return m.target.a.(store.Movable) }

// run moves in small batches, a minute after noon of the next day.
func (m *moving) run(from, to store.Movable) (move.Report, error) {
	return move.Run(m.Context(), from, to, move.Options{Name: "the source", Batch: 3, Now: func() time.Time { return at(day) }})
}

// must runs a move that succeeds.
func (m *moving) must() move.Report {
	m.Helper()
	r, err := m.run(m.from(), m.to())
	if err != nil {
		m.Fatal(err)
	}
	return r
}

// fill gives the source one of each thing that a store can hold.
func (m *moving) fill() {
	m.Helper()
	k := m.source
	open, err := k.Open("a") // the daemon that left all this behind
	k.must(err)
	was := k.a
	k.a = open
	defer func() { k.a = was; k.must(open.Close()) }()

	read := k.started("github") // in the middle of its backfill
	archived := like("raw", at(-3*hour))
	archived.Raw, archived.Private = []byte(`{"id":1}`), true
	p := page(read.ID, 1, like("1", at(-hour)), like("2", at(-2*hour)), archived, like("silent", time.Time{}))
	p.Items[3].LikedFrom, p.Archive = "", true
	p.Bad = []state.Bad{{Key: "k1", ID: "9", Raw: []byte(`{"odd":true}`), Reason: "no title", Version: "1", Walk: 1, At: at(0)}, {Key: "k2", Raw: []byte(`[]`), Reason: "no id", Version: "1", Walk: 1, At: at(0)}}
	k.commit(read.Lease, p)
	again := page(read.ID, 2, like("1", at(-hour)))
	again.ObservedAt = at(minute)
	k.commit(read.Lease, again)
	k.must(k.a.Release(k.ctx, read.Lease, again.After))

	posts := k.networkOf("anna", "bluesky")
	c := k.claimOf("bluesky")
	k.commit(c.Lease, page(c.ID, 1, bare("b1", at(-hour)), bare("b2", at(-hour)), like("b3", at(-hour))))
	_, err = k.a.Fill(k.ctx, c.Lease, state.Fill{ID: c.ID + "/fill/x", At: at(minute), Later: []string{"b1"}, Retry: at(hour)})
	k.must(err)
	done := state.Progress{Mode: state.Normal, Condition: state.Limited, ScheduledTo: at(3 * hour), Reason: "the quota", Walks: 2, Resume: "r", Newest: at(-hour), Rate: 0.5, RateAt: at(0)}
	k.must(k.a.Release(k.ctx, c.Lease, done))
	k.networkOf("berta", "mastodon")
	c = k.claimOf("mastodon")
	k.commit(c.Lease, page(c.ID, 1, like("kept", at(-hour))))
	_, err = k.a.RemoveNetwork(k.ctx, c.ID, false)
	k.must(err)
	m.wished, m.paused = k.network("mastodon"), k.networkOf("anna", "mastodon")
	k.must(k.a.WishSync(k.ctx, m.wished.ID, true, at(4*minute)))
	k.must(k.a.SetPaused(k.ctx, m.paused.ID, true, at(4*minute)))
	var gone []store.Record
	for _, r := range m.records(k, store.PartItems) {
		if r.Item.ID == "2" {
			r.Item.RemovedAt, r.Item.RemovedBecause = at(minute), "unliked"
			gone = append(gone, r)
		}
	}
	nets := m.records(k, store.PartNetworks)
	for i := range nets {
		if nets[i].Network.ID == read.ID {
			nets[i].Network.Items-- // as the store counts it
			gone = append(gone, nets[i])
		}
	}
	k.must(k.a.(store.Movable).Put(k.ctx, gone))
	held := k.claimOf("github")
	seen := page(read.ID, 3, like("3", at(-3*hour)), like("imported", at(-5*hour)))
	seen.Kind, seen.Items = "import", seen.Items[1:]
	k.commit(held.Lease, page(read.ID, 3, like("3", at(-3*hour))))
	k.commit(held.Lease, seen)
	_, err = k.a.Claim(k.ctx, want("a", at(4*minute), "github")) // and the daemon dies with this lease
	k.must(err)

	for i, version := range []int64{1, 2} {
		r := auth.Record{Account: []string{read.AccountID, posts.AccountID}[i], KeyID: "key", Sealed: []byte{0, 255, byte(i)}}
		for r.Version = 0; r.Version < version; r.Version++ {
			k.must(k.a.SaveCredential(k.ctx, r))
		}
	}
	k.must(k.a.UpdateQuotas(k.ctx, []string{"github/core/1", "bluesky/x/2"}, func(rows []*limit.Row) error {
		for _, r := range rows {
			r.Limit, r.Used, r.End, r.Blocked, r.Because = 5000, 17, at(hour), at(2*hour), "429"
		}
		return nil
	}))
	k.must(k.a.SetMeta(k.ctx, store.MetaKeyCheck, "sealed"))
}

// claimOf claims the one network of a service that is due.
func (k *kit) claimOf(service string) state.Claimed {
	k.Helper()
	got, err := k.a.Claim(k.ctx, want("a", at(2*minute), service))
	k.must(err)
	if len(got) != 1 {
		k.Fatalf("claimed %s, want one network of %s", ids(got), service)
	}
	return got[0]
}

// records reads a whole part, in batches of two.
func (m *moving) records(k *kit, p store.Part) (out []store.Record) {
	m.Helper()
	for after := ""; ; {
		some, err := k.a.(store.Movable).Take(m.Context(), p, after, 2)
		if err != nil {
			m.Fatal(err)
		}
		if len(some) == 0 {
			return out
		}
		for _, r := range some {
			if r.Key() <= after {
				m.Errorf("%s: %q comes after %q", p, r.Key(), after)
			}
			after = r.Key()
		}
		out = append(out, some...)
	}
}

// text is a record in words, without the names of pages, which some stores keep in
// their log alone.
func text(r store.Record) string {
	switch {
	case r.Account != nil:
		return fmt.Sprintf("%+v", *r.Account)
	case r.Credential != nil:
		return fmt.Sprintf("%+v", *r.Credential)
	case r.Quota != nil:
		return fmt.Sprintf("%+v", *r.Quota)
	case r.Network != nil:
		n := r.Network.Freed()
		walk, sweep := n.Walk, n.Progress.Sweep
		n.Walk, n.Progress.Sweep = nil, nil
		return fmt.Sprintf("%+v %+v %+v", n, walk, sweep)
	case r.Item != nil:
		it := *r.Item
		it.AddedBy, it.ChangedBy = "", ""
		return fmt.Sprintf("%+v", it)
	}
	return fmt.Sprintf("%+v", *r.Bad)
}

// equal holds the target to the source, record by record.
func (m *moving) equal() {
	m.Helper()
	for _, p := range store.Parts() {
		have, got := m.records(m.source, p), m.records(m.target, p)
		if len(have) == 0 || len(got) != len(have) {
			m.Errorf("%s: %d in the source, %d in the target", p, len(have), len(got))
			continue
		}
		for i, r := range have {
			m.target.same(text(got[i]), text(r), string(p)+" "+r.Key())
		}
	}
}

// cut is a target that dies at one of its writes.
type cut struct {
	store.Movable
	after bool // the write is made before it dies
	left  int  // writes until then
}

var errCut = errors.New("killed here")
