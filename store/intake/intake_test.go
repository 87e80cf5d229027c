package intake

import (
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
	"collector/store/memory"
	"collector/store/sqlite"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const (
	lease = 30 * time.Second
	day   = 24 * time.Hour
)

// each runs a test on every store that needs no server.
func each(t *testing.T, test func(*testing.T, *world)) {
	t.Run("memory", func(t *testing.T) { test(t, worldOn(t, memory.New())) })
	t.Run("sqlite", func(t *testing.T) {
		st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "c.db"), store.Options{Lease: lease, Now: func() time.Time { return noon }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		test(t, worldOn(t, st))
	})
}

// world is a store with one network, a collector's run of it, and an intake.
type world struct {
	*testing.T
	st    store.Store
	now   time.Time
	in    *Intake
	waits int
}

func worldOn(t *testing.T, st store.Store) *world {
	w := &world{T: t, st: st, now: noon}
	w.must(st.AddAccount(t.Context(), state.Account{ID: "acc", User: "me", Provider: "github", RemoteID: "1", Name: "octocat", CreatedAt: noon}))
	w.must(st.AddNetworks(t.Context(), []state.Network{{ID: "net", AccountID: "acc", Service: "github", CreatedAt: noon}}))
	w.in = New(st, Options{Owner: "import", Lease: lease, Now: func() time.Time { return w.now }, Waiting: func(state.Network) { w.waits++ }})
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func like(id, title string) item.Item {
	return item.Item{ID: id, URL: "https://example.org/" + id, Title: title, LikedAt: noon.Add(-day), LikedFrom: item.FromAPI}
}

func (w *world) put(observed time.Time, items ...item.Item) Result {
	w.Helper()
	r, err := w.in.Put(w.Context(), "net", items, observed)
	w.must(err)
	return r
}

func (w *world) net() state.Network {
	w.Helper()
	n, err := w.st.Network(w.Context(), "net")
	w.must(err)
	return n
}

// walk is a page of a collector's walk, under its own lease.
func (w *world) walk(number int64, p state.Progress, items ...item.Item) {
	w.Helper()
	got, err := w.st.Claim(w.Context(), state.Claim{Network: "net", Owner: "collector", Now: w.now, Until: w.now.Add(lease)})
	w.must(err)
	if len(got) != 1 {
		w.Fatal("the collector did not get the network")
	}
	p.Walks = number
	_, err = w.st.Commit(w.Context(), got[0].Lease, state.Page{ID: fmt.Sprint("net/", number), Kind: "backfill", Walk: number, ObservedAt: w.now, Items: items, After: p})
	w.must(err)
	w.must(w.st.Release(w.Context(), got[0].Lease, p))
}

func (w *world) same(got, want any, what string) {
	w.Helper()
	if g, s := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != s {
		w.Errorf("%s: %s, want %s", what, g, s)
	}
}

func (w *world) titles() map[string]string {
	out := map[string]string{}
	w.must(w.st.Each(w.Context(), store.Query{Network: "net"}, func(l store.Liked) error { out[l.ID] = l.Title; return nil }))
	return out
}

// TestAnImportIsAddedOnce: the same again adds nothing and tells nothing.
func TestAnImportIsAddedOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.same(w.put(noon, like("1", "a"), like("2", "b")), Result{Added: 2}, "the first time")
		w.same(w.put(noon, like("1", "a"), like("2", "b")), Result{Known: 2}, "the second time")
		w.same(w.put(noon.Add(-day), like("1", "older")), Result{Known: 1}, "of an older export")
		w.same(w.put(noon.Add(time.Hour), like("1", "newer"), like("3", "c")), Result{Added: 1, Changed: 1}, "of a newer export")
		w.same(w.titles(), map[string]string{"1": "newer", "2": "b", "3": "c"}, "titles")
		log, err := w.st.Changes(t.Context(), "", 0, 100)
		w.must(err)
		w.same(len(log), 2, "entries of the log")
		w.same(log[0].Kind, "import", "kind of change")
	})
}

// TestTheScheduleStays: a network is due when it was due, goes on where it was, and a
// paused one stays paused.
func TestTheScheduleStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := state.Progress{
			Mode: state.Normal, Condition: state.Limited, ScheduledTo: noon.Add(7 * time.Hour), Reason: "the quota is spent", LastRunAt: noon,
			Walk: &state.Walk{Number: 1, Kind: "poll", Cursor: "here", StartedAt: noon, Pages: 3},
		}
		w.walk(1, p, like("1", "a"))
		before := w.net()
		w.put(noon, like("2", "b"))
		w.same(w.net().Owner, "import", "owner while it is imported")
		w.must(w.in.Close(t.Context()))
		after := w.net()
		w.same([]any{after.WakeAt, after.Owner, after.Crashes}, []any{before.WakeAt, "", 0}, "due, owner and crashes")
		w.same(*after.Walk, *before.Walk, "walk")
		after.Walk, before.Walk = nil, nil
		w.same(after.Oldest, noon.Add(-day), "the oldest like")
		after.Oldest = before.Oldest
		w.same(after.Progress, before.Progress, "progress")

		w.must(w.st.SetPaused(t.Context(), "net", true, noon))
		w.same(w.put(noon, like("3", "c")), Result{Added: 1}, "into a paused network")
		w.must(w.in.Close(t.Context()))
		w.same([]any{w.net().Paused, w.net().WakeAt.IsZero()}, []any{true, true}, "paused and never due")
	})
}

// TestAWishIsNotLost: what a person asked for before the import, or during it, is done
// at once after it.
func TestAWishIsNotLost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.walk(1, state.Progress{Mode: state.Normal, ScheduledTo: noon.Add(day)})
		w.must(w.st.WishSync(t.Context(), "net", false, noon))
		w.put(noon, like("2", "b"))
		w.must(w.in.Close(t.Context()))
		if wake := w.net().WakeAt; wake.After(noon) {
			t.Errorf("wished before: due at %v", wake)
		}
		w.walk(1, state.Progress{Mode: state.Normal, ScheduledTo: noon.Add(day), SyncDone: 1})
		w.put(noon, like("3", "c"))
		w.must(w.st.WishSync(t.Context(), "net", false, noon))
		w.must(w.in.Close(t.Context()))
		if wake := w.net().WakeAt; wake.After(noon) {
			t.Errorf("wished during it: due at %v", wake)
		}
	})
}

// TestWhatAWalkHasReadStays: an export knows less of a like than its service.
func TestWhatAWalkHasReadStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.walk(1, state.Progress{Mode: state.Normal, ScheduledTo: noon.Add(day)}, like("1", "as the service says"))
		w.same(w.put(noon.Add(time.Hour), like("1", ""), like("2", "b")), Result{Added: 1, Known: 1}, "a newer export")
		w.same(w.titles(), map[string]string{"1": "as the service says", "2": "b"}, "titles")
		// The walk that reads it later has the last word.
		w.must(w.in.Close(t.Context()))
		w.now = noon.Add(2 * time.Hour)
		w.walk(2, state.Progress{Mode: state.Normal, ScheduledTo: noon.Add(day)}, like("2", "as the service says, too"))
		w.same(w.titles()["2"], "as the service says, too", "title once it was read")
	})
}

// TestWhatIsImportedIsNotKnown, so that no poll stops at it.
func TestWhatIsImportedIsNotKnown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.put(noon, like("1", "a"))
		known, err := w.st.Known(t.Context(), "net", 99, []string{"1"})
		w.must(err)
		w.same(known, []bool{false}, "known after an import")
	})
}

// TestAnotherOwnerIsWaitedFor: while a collector works on the network nothing is stored.
func TestAnotherOwnerIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := worldOn(t, memory.New())
		w.now = time.Now()
		w.in.Now = time.Now
		got, err := w.st.Claim(t.Context(), state.Claim{Network: "net", Owner: "collector", Now: time.Now(), Until: time.Now().Add(lease)})
		w.must(err)
		go func() {
			time.Sleep(5 * time.Second)
			if len(w.titles()) != 0 {
				t.Error("something was imported beside the run")
			}
			w.must(w.st.Release(t.Context(), got[0].Lease, state.Progress{Mode: state.Normal, ScheduledTo: time.Now().Add(day)}))
		}()
		began := time.Now()
		w.same(w.put(noon, like("1", "a")), Result{Added: 1}, "after the wait")
		if d := time.Since(began); d < 5*time.Second || d > 7*time.Second || w.waits != 1 {
			t.Errorf("waited for %v and said so %d times", d, w.waits)
		}
	})
}

// TestALostLeaseIsTakenAgain: a process that stood still goes on where it was.
func TestALostLeaseIsTakenAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.put(noon, like("1", "a"))
		w.now = noon.Add(lease) // it stood still, and a collector took over
		w.walk(1, state.Progress{Mode: state.Normal, ScheduledTo: noon.Add(day)}, like("9", "z"))
		w.same(w.put(noon, like("2", "b")), Result{Added: 1}, "with a new lease")
		w.must(w.in.Close(t.Context()))
		w.same(len(w.titles()), 3, "items")
		w.same(w.net().WakeAt, noon.Add(day), "due as the collector said")
	})
}

// TestALongImportKeepsItsLease renews before the lease ends.
func TestALongImportKeepsItsLease(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 20 {
			w.now = noon.Add(time.Duration(i) * lease / 2)
			w.put(noon, like(fmt.Sprint(i), "x"))
			if until := w.net().LeaseUntil; until.Sub(w.now) < lease/2 {
				t.Fatalf("after %d pages the lease ends in %v", i, until.Sub(w.now))
			}
		}
		w.same(w.net().Epoch, int64(1), "epoch: it was claimed once")
	})
}

// TestSeveralNetworks: the lease of one is given back before the next is taken.
func TestSeveralNetworks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.must(w.st.AddNetworks(t.Context(), []state.Network{{ID: "other", AccountID: "acc", Service: "gist", CreatedAt: noon}}))
		w.put(noon, like("1", "a"))
		if _, err := w.in.Put(t.Context(), "other", []item.Item{like("1", "a")}, noon); err != nil {
			t.Fatal(err)
		}
		w.same(w.net().Owner, "", "owner of the first")
		w.must(w.in.Close(t.Context()))
		if _, err := w.in.Put(t.Context(), "unheard-of", []item.Item{like("1", "a")}, noon); err == nil {
			t.Error("a network that does not exist was imported into")
		}
	})
}

// TestNothingComesBack: what was taken back stays away, also where an export of a later
// time has it: of when a file was made one may be mistaken. If the like stands again,
// the service's own list shows it.
func TestNothingComesBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		whole, ok := w.st.(store.Movable)
		if !ok {
			return // the store in memory is filled by walks alone
		}
		w.walk(1, state.Progress{Mode: state.Normal, ScheduledTo: noon.Add(day)}, like("1", "a"), like("2", "b"))
		gone := noon.Add(time.Hour)
		for _, id := range []string{"1", "2"} {
			w.must(whole.Put(t.Context(), []store.Record{{Item: &store.WholeItem{
				Item: like(id, id), Network: "net", User: "me", Service: "github", Walk: 1, FirstSeenAt: noon, ObservedAt: gone, RemovedAt: gone, RemovedBecause: "unliked",
			}}}))
		}
		w.same(w.put(gone.Add(-time.Minute), like("1", "a")), Result{Known: 1}, "an export from before")
		w.same(w.put(gone.Add(time.Minute), like("2", "b")), Result{Known: 1}, "an export from after it was liked again")
		w.same(w.titles(), map[string]string{}, "what is there")
	})
}

// TestAKilledImport: the next one waits for the end of its lease and does the rest.
func TestAKilledImport(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.walk(1, state.Progress{Mode: state.Normal, ScheduledTo: noon.Add(day)})
		w.put(noon, like("1", "a")) // and then it was killed
		w.now = noon.Add(lease)
		w.in = New(w.st, Options{Owner: "next", Lease: lease, Now: func() time.Time { return w.now }})
		w.same(w.put(noon, like("1", "a")), Result{Known: 1}, "what was there")
		w.same(w.put(noon, like("2", "b")), Result{Added: 1}, "the rest")
		w.must(w.in.Close(t.Context()))
		w.same([]any{w.net().WakeAt, w.net().Crashes}, []any{noon.Add(day), 0}, "due and crashes")
	})
}
