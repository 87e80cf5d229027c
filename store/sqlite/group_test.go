package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/limit"
	"collector/state"
	"collector/store"
)

// together lets jobs wait until all of them do, so that they share a transaction.
// The store is to be opened in the bubble of synctest: there alone it is known
// that all of them wait.
func together(t *testing.T, s *Store, n int, do func(i int)) {
	t.Helper()
	hold, held := make(chan struct{}), make(chan struct{})
	go s.write(context.Background(), func(*tx) error {
		close(held)
		<-hold
		return nil
	})
	<-held
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() { do(i) })
	}
	synctest.Wait()
	close(hold)
	done.Wait()
}

func TestStalePageIsUndoneAlone(t *testing.T) {
	synctest.Test(t, stalePageIsUndoneAlone)
}

func stalePageIsUndoneAlone(t *testing.T) {
	path := file(t)
	s := open(t, path)
	const pages = 12
	var claimed []state.Claimed
	for i := range pages {
		claimed = append(claimed, seed(t, s, "me", fmt.Sprint("service", i)))
	}
	stale := map[int]bool{3: true, 7: true}
	for i := range stale {
		claimed[i].Lease.Epoch--
	}
	errs := make([]error, pages)
	together(t, s, pages, func(i int) {
		_, errs[i] = s.Commit(t.Context(), claimed[i].Lease, pageOf(claimed[i], "1", liked("1", "x"), liked("2", "y")))
	})
	added := 0
	for i, err := range errs {
		if stale[i] != errors.Is(err, state.ErrLeaseLost) {
			t.Errorf("page %d: %v", i, err)
		}
		n, err := s.Network(t.Context(), claimed[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{false: 2, true: 0}[stale[i]]; n.Items != want {
			t.Errorf("network %d has %d items, want %d", i, n.Items, want)
		}
		added += n.Items
	}
	log, err := s.Changes(t.Context(), "", 0, 100)
	if err != nil || len(log) != pages-len(stale) || log[len(log)-1].Seq != int64(len(log)) {
		t.Errorf("%d changes, %v: want %d, dense", len(log), err, pages-len(stale))
	}
	if r, err := s.Search(t.Context(), store.Query{Limit: 100}); err != nil || len(r.Items) != added {
		t.Errorf("%d items found, %v, want %d", len(r.Items), err, added)
	}
	if err := integrity(path); err != nil {
		t.Error(err)
	}
}

// TestFailureAfterAWriteIsUndoneAlone: jobs share a transaction without savepoints
// until one of them fails when it has already written.
func TestFailureAfterAWriteIsUndoneAlone(t *testing.T) {
	synctest.Test(t, failureAfterAWriteIsUndoneAlone)
}

func failureAfterAWriteIsUndoneAlone(t *testing.T) {
	s := open(t, file(t))
	const jobs = 9
	failure := errors.New("too late")
	fails := func(i int) bool { return i == 2 || i == 6 }
	errs, runs := make([]error, jobs), make([]int, jobs)
	together(t, s, jobs, func(i int) {
		errs[i] = s.write(t.Context(), func(tx *tx) error {
			runs[i]++
			if err := tx.setMeta(fmt.Sprint("job ", i), "written"); err != nil {
				return err
			}
			switch {
			case i == 2:
				return failure
			case i == 6:
				panic("too late")
			}
			return nil
		})
	})
	again := false
	for i, err := range errs {
		v, readErr := s.Meta(t.Context(), fmt.Sprint("job ", i))
		if readErr != nil || fails(i) != (err != nil) || fails(i) != (v == "") {
			t.Errorf("job %d: error %v, stored %q (%v)", i, err, v, readErr)
		}
		again = again || runs[i] > 1 // also a failed one: by itself it is run once
	}
	if !errors.Is(errs[2], failure) || !again {
		t.Errorf("error %v, runs %v: they shared no transaction, which proves nothing", errs[2], runs)
	}
	if err := s.write(t.Context(), func(tx *tx) error { return errors.Join(tx.setMeta("alone", "x"), failure) }); !errors.Is(err, failure) {
		t.Errorf("error %v, want that of the job", err)
	}
	if v, err := s.Meta(t.Context(), "alone"); err != nil || v != "" {
		t.Errorf("a job by itself that failed left %q, %v", v, err)
	}
}

func TestPanicOfACallerHarmsNobody(t *testing.T) {
	s := open(t, file(t))
	err := s.UpdateQuotas(t.Context(), []string{"k"}, func(r []*limit.Row) error { r[0].Used = 1; panic("boom") })
	if err == nil {
		t.Fatal("no error")
	}
	if rows, err := s.Quotas(t.Context(), ""); err != nil || len(rows) != 0 {
		t.Errorf("rows %v, %v, want none", rows, err)
	}
	if err := s.SetMeta(t.Context(), "x", "y"); err != nil {
		t.Errorf("the writer is gone: %v", err)
	}
}

func TestContextThatEndsWhileWaitingWritesNothing(t *testing.T) {
	synctest.Test(t, contextThatEndsWhileWaitingWritesNothing)
}

func contextThatEndsWhileWaitingWritesNothing(t *testing.T) {
	s := open(t, file(t))
	ctx, cancel := context.WithCancel(t.Context())
	var err error
	together(t, s, 1, func(int) {
		cancel()
		err = s.SetMeta(ctx, "x", "written")
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if v, err := s.Meta(t.Context(), "x"); err != nil || v != "" {
		t.Errorf("%q, %v", v, err)
	}
}

// ending is a context whose time is over once the test says so.
type ending struct {
	context.Context
	over chan struct{}
}

func (c ending) Done() <-chan struct{} { return c.over }

func (c ending) Err() error {
	select {
	case <-c.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// inVain writes until another process is known to hold the file and the time is over
// then, and returns what the caller is told.
func inVain(t *testing.T, s *Store) error {
	t.Helper()
	ctx := ending{t.Context(), make(chan struct{})}
	told := make(chan error, 1)
	go func() { told <- s.SetMeta(ctx, "x", "in vain") }()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !s.w.barred.Load() {
		select {
		case <-look.C:
		case err := <-told:
			t.Fatalf("it did not wait for another process: %v", err)
		}
	}
	close(ctx.over)
	return <-told
}

// TestAnotherWriterIsWaitedFor holds the file's lock as another program would.
func TestAnotherWriterIsWaitedFor(t *testing.T) {
	path := file(t)
	s, other := open(t, path), open2(t, path)
	held, hold := make(chan struct{}), make(chan struct{})
	go other.write(context.Background(), func(*tx) error { close(held); <-hold; return nil })
	<-held
	err := inVain(t, s)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, state.ErrUnavailable) || !strings.Contains(err.Error(), "holds the file") {
		t.Errorf("error %v, want the end of the context, and why", err)
	}
	done := make(chan error)
	go func() { done <- s.SetMeta(t.Context(), "x", "patient") }()
	close(hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if v, err := s.Meta(t.Context(), "x"); err != nil || v != "patient" {
		t.Errorf("%q, %v", v, err)
	}
}

func open2(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, options("b"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*Store)
}

func TestClosedStoreSaysSo(t *testing.T) {
	s := open(t, file(t))
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := s.SetMeta(t.Context(), "x", "y"); !errors.Is(err, errClosed) {
		t.Errorf("error %v", err)
	}
}

// TestFullFileRecovers lets the file grow no further: what does not fit is undone
// as a whole, and the store works again once there is room.
func TestFullFileRecovers(t *testing.T) {
	synctest.Test(t, fullFileRecovers)
}

func fullFileRecovers(t *testing.T) {
	path := file(t)
	s := open(t, path)
	c := seed(t, s, "me", "github")
	first := pageOf(c, "0", liked("first", "fits"))
	if _, err := s.Commit(t.Context(), c.Lease, first); err != nil {
		t.Fatal(err)
	}
	bound := func(pages int) {
		if err := s.write(t.Context(), func(t *tx) error { return t.once(fmt.Sprintf("PRAGMA max_page_count = %d", pages)) }); err != nil {
			t.Fatal(err)
		}
	}
	bound(1) // no less than the file has
	big := pageOf(c, "1")
	for i := range 400 {
		big.Items = append(big.Items, liked(fmt.Sprint(i), fmt.Sprintf("thing %d %0200d", i, i)))
	}
	errs := make([]error, 3)
	together(t, s, len(errs), func(i int) {
		if i == 0 {
			_, errs[i] = s.Commit(t.Context(), c.Lease, big)
			return
		}
		errs[i] = s.SetMeta(t.Context(), fmt.Sprint("beside", i), "x")
	})
	if !errors.Is(errs[0], state.ErrUnavailable) {
		t.Errorf("the page that does not fit: %v", errs[0])
	}
	for i, err := range errs[1:] { // done and kept, or told that it was not
		v, readErr := s.Meta(t.Context(), fmt.Sprint("beside", i+1))
		if readErr != nil || (err == nil) != (v == "x") {
			t.Errorf("beside it: error %v, but %q is stored (%v)", err, v, readErr)
		}
	}
	n, err := s.Network(t.Context(), c.ID)
	if err != nil || n.Items != 1 || n.Reason != "0" {
		t.Errorf("%d items, %q, %v: want the first page alone", n.Items, n.Reason, err)
	}
	if err := integrity(path); err != nil {
		t.Error(err)
	}
	bound(1_000_000) // the connection was dropped, so this is a new one's bound
	if done, err := s.Commit(t.Context(), c.Lease, big); err != nil || done.Added != 400 {
		t.Errorf("once there is room: %+v, %v", done, err)
	}
	if err := integrity(path); err != nil {
		t.Error(err)
	}
}

// TestFullFileLeavesNoOwner: an instance that ends while the disk is full cannot
// end its leases, but the next one takes them over at once.
func TestFullFileLeavesNoOwner(t *testing.T) {
	path := file(t)
	s, other := open(t, path), open2(t, path)
	c := seed(t, s, "me", "github") // s holds its lease
	if _, err := s.Heartbeat(t.Context(), store.Instance{ID: "a", Seen: noon}); err != nil {
		t.Fatal(err)
	}
	if ok, err := s.LeaseRefresh(t.Context(), c.AccountID, "a", noon, noon.Add(time.Hour)); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := s.write(t.Context(), func(t *tx) error {
		return t.once("CREATE TEMP TRIGGER full BEFORE UPDATE ON main.leases BEGIN SELECT RAISE(ABORT, 'full'); END")
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err == nil {
		t.Fatal("the leases were ended: this proves nothing")
	}
	if n, err := other.Network(t.Context(), c.ID); err != nil || n.Owner == "" {
		t.Fatalf("owner %q, %v: this proves nothing", n.Owner, err)
	}
	if dead, err := other.FreeDead(t.Context(), noon); err != nil || len(dead) != 1 {
		t.Errorf("dead %q, %v, want the one that left", dead, err)
	}
	if n, err := other.Network(t.Context(), c.ID); err != nil || n.Owner != "" {
		t.Errorf("owner %q, %v", n.Owner, err)
	}
	if beats, err := other.Beats(t.Context(), noon.Add(-time.Minute)); err != nil || len(beats) != 0 {
		t.Errorf("it still counts as alive: %v, %v", beats, err)
	}
	if ok, err := other.LeaseRefresh(t.Context(), c.AccountID, "b", noon, noon.Add(time.Hour)); !ok || err != nil {
		t.Errorf("the dead still refreshes the credential: %v", err)
	}
}
