//go:build unix

package sqlite

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"collector/auth"
	"collector/search"
	"collector/state"
	"collector/store"
)

var faultRounds = flag.Int("sqlite.faults", 12, "rounds in which an operation on the disk fails: one of the first 300, from 2,000 rounds on each of the first 2,000, and from 10,000 on each in all five ways")

// operations is how far into the work the operation that fails may lie.
const operations = 2000

// faultyWriter does what a collector does, and keeps what it was told is stored.
type faultyWriter struct {
	t        *testing.T
	f        *faults
	s        *Store
	path     string
	networks []state.Claimed
	sealed   []byte // the credential that was acknowledged
	version  int64
	refused  int
}

// Promise R14: the nth read, write, sync, truncation or opening fails, once or
// until the disk is well again. What was acknowledged is there, nothing else is,
// and the same store goes on once the disk does.
func TestFailingDisk(t *testing.T) {
	folder := t.TempDir()
	template := filepath.Join(folder, "template.db")
	made := open(t, template)
	for _, service := range []string{"github", "mastodon"} {
		c := seed(t, made, "me", service)
		if err := made.Release(t.Context(), c.Lease, state.Progress{Mode: state.Initial, ScheduledTo: noon}); err != nil {
			t.Fatal(err)
		}
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	f := newFaults(t, folder)
	ways := []way{{}, {forever: true}, {full: true}, {forever: true, full: true}, {rare: true}}
	struck, told := map[string]int{}, map[string]int{}
	for i := range *faultRounds {
		nth := 1 + i%operations
		if *faultRounds < operations {
			nth = 1 + i*300 / *faultRounds
		}
		way := ways[(i+i/operations)%len(ways)] // each number meets each way
		if way.rare {
			if way.forever = nth/2%2 == 1; *faultRounds < operations {
				nth = 1 + i%7
			} else {
				nth = 1 + nth/2%60
			}
		}
		w := &faultyWriter{t: t, f: f, path: filepath.Join(folder, fmt.Sprintf("%d.db", i))}
		if err := os.WriteFile(w.path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		what := w.round(nth, way)
		struck[what]++
		if w.refused > 0 {
			told[what]++
		}
		if t.Failed() {
			t.Fatalf("round %d: operation %d, a %s; %+v", i, nth, what, way)
		}
		for _, end := range []string{"", "-wal", "-shm"} {
			os.Remove(w.path + end)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(struck)) {
		t.Logf("%-14s struck in %4d rounds, told to a caller in %4d", what, struck[what], told[what])
	}
	if told["write"] == 0 || told["sync"] == 0 {
		t.Error("no write or no sync failed for a caller: this proves little")
	}
}

// round works until the nth operation has failed, and on after that.
func (w *faultyWriter) round(nth int, way way) (what string) {
	s, err := Open(w.t.Context(), w.path, options("a"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.s = s.(*Store)
	defer w.s.Close()
	for range 2 {
		got, err := s.Claim(w.t.Context(), state.Claim{
			Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1, "mastodon": 1},
		})
		if err != nil || len(got) != 1 {
			w.t.Fatalf("claiming: %d, %v", len(got), err)
		}
		w.networks = append(w.networks, got[0])
	}
	w.readable() // a reader is open, as in every process that collects
	w.f.arm(nth, way)
	turns := 0
	for ; !w.f.hit(); turns++ {
		if turns > operations {
			w.t.Fatalf("operation %d was not reached in %d turns", nth, turns)
		}
		w.turn(turns)
	}
	if way.forever { // it fails again and again; what is stored can be read
		for i := range 2 {
			w.turn(turns + i)
		}
		w.readable()
	}
	struck := w.f.heal()
	refused := w.refused
	for i := range 4 {
		w.turn(turns + i)
	}
	if w.refused != refused {
		w.t.Errorf("refused again after the disk was well")
	}
	w.check()
	return struck[0]
}

// turn commits a page of each network at once, and now and then does what else
// writes. What is refused must say that the store cannot be written.
func (w *faultyWriter) turn(n int) {
	var pages sync.WaitGroup
	errs := make([]error, len(w.networks))
	for i := range w.networks {
		pages.Go(func() {
			p := pageNumber(w.networks[i], w.networks[i].Progress)
			if _, errs[i] = w.s.Commit(w.t.Context(), w.networks[i].Lease, p); errs[i] == nil {
				w.networks[i].Progress = p.After
			}
		})
	}
	pages.Wait()
	if n%4 == 0 {
		r := auth.Record{Account: w.networks[0].AccountID, Version: w.version, KeyID: "k", Sealed: fmt.Appendf(nil, "sealed %d", n)}
		if err := w.s.SaveCredential(w.t.Context(), r); err == nil {
			w.version, w.sealed = w.version+1, r.Sealed
		} else {
			errs = append(errs, err)
		}
	}
	if n%3 == 0 {
		_, err := w.s.Heartbeat(w.t.Context(), store.Instance{ID: "a", Seen: noon})
		errs = append(errs, err, w.s.Renew(w.t.Context(), "a", noon.Add(time.Minute)))
	}
	if n%5 == 0 { // SQLite does so by itself, and tells nobody how it went
		w.s.w.do(&job{ctx: w.t.Context(), bare: true, run: func(t *tx) error { return t.exec("PRAGMA wal_checkpoint(PASSIVE)") }})
	}
	for _, err := range errs {
		if err != nil {
			w.refused++
		}
		if err != nil && !errors.Is(err, state.ErrUnavailable) {
			w.t.Errorf("refused with: %v", err)
		}
	}
}

// readable searches while nothing can be written.
func (w *faultyWriter) readable() {
	expr, _ := search.Parse("seen", noon)
	res, err := w.s.Search(w.t.Context(), store.Query{User: "me", Expr: expr})
	if stored := w.networks[0].Progress.Walks > 0; err != nil || stored && len(res.Items) == 0 {
		w.t.Errorf("searching while nothing can be written: %d items, %v", len(res.Items), err)
	}
}

// check holds the store to what it acknowledged, and to itself.
func (w *faultyWriter) check() {
	ctx := w.t.Context()
	var all int64
	for _, c := range w.networks {
		n, err := w.s.Network(ctx, c.ID)
		if err != nil || n.Walks != c.Progress.Walks {
			w.t.Errorf("%s: %d pages are stored, %d were acknowledged, %v", c.ID, n.Walks, c.Progress.Walks, err)
		}
		if want := int(n.Walks)*perPage + min(int(n.Walks), 1); n.Items != want {
			w.t.Errorf("%s: %d items after %d pages, want %d", c.ID, n.Items, n.Walks, want)
		}
		all += n.Walks
		expr, _ := search.Parse(fmt.Sprintf(`"seen on page %d"`, n.Walks-1), noon)
		if res, err := w.s.Search(ctx, store.Query{User: "me", Network: c.ID, Expr: expr}); err != nil || len(res.Items) != 1 {
			w.t.Errorf("%s: the words of the last page find %d items, %v", c.ID, len(res.Items), err)
		}
	}
	changes, err := w.s.Changes(ctx, "", 0, 10_000)
	if err != nil || int64(len(changes)) != all {
		w.t.Errorf("%d changes after %d pages, %v", len(changes), all, err)
	}
	for i, c := range changes {
		if c.Seq != int64(i)+1 {
			w.t.Errorf("change %d has number %d", i+1, c.Seq)
			break
		}
	}
	if r, err := w.s.Credential(ctx, w.networks[0].AccountID); w.version > 0 && (err != nil || r.Version != w.version || !bytes.Equal(r.Sealed, w.sealed)) {
		w.t.Errorf("the credential is version %d %q, %v; acknowledged was %d %q", r.Version, r.Sealed, err, w.version, w.sealed)
	}
	if err := integrity(w.path); err != nil {
		w.t.Error(err)
	}
}
