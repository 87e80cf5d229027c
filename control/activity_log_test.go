package control

import (
	"context"
	"testing"

	"collector/store"
)

// TestOneUsersChangesLieFarApart: they are found all the same, in few readings.
func TestOneUsersChangesLieFarApart(t *testing.T) {
	log := &farApart{every: 4001, last: 200_000}
	list, older, err := newestChanges(t.Context(), log, "anna", log.last, func(store.ChangeCount) bool { return true })
	if err != nil || len(list) != 49 || older != 0 {
		t.Fatal(len(list), older, err)
	}
	for i, ch := range list {
		if want := int64(49-i) * log.every; ch.Seq != want {
			t.Fatalf("change %d is number %d, want %d", i, ch.Seq, want)
		}
	}
	if log.asked > mostLooks {
		t.Error(log.asked)
	}
	log = &farApart{every: 1, last: 10_000, kept: 9_990} // the log was pruned
	list, older, err = newestChanges(t.Context(), log, "anna", log.last, func(store.ChangeCount) bool { return true })
	if err != nil || len(list) != 10 || older != 0 {
		t.Fatal(len(list), older, err)
	}
	log = &farApart{every: 1, last: 1_000_000} // none is wanted: the next page goes on from there
	list, older, err = newestChanges(t.Context(), log, "anna", log.last, func(store.ChangeCount) bool { return false })
	if err != nil || len(list) != 0 || older == 0 || log.asked > mostLooks {
		t.Fatal(len(list), older, err, log.asked)
	}
}

// TestAPageOfTheLogIsRead: where all changes are wanted, hardly more are read than are shown.
func TestAPageOfTheLogIsRead(t *testing.T) {
	log := &farApart{every: 1, last: 10_000}
	list, older, err := newestChanges(t.Context(), log, "anna", log.last, func(store.ChangeCount) bool { return true })
	if err != nil || len(list) != ActivityMost || list[0].Seq != log.last || older != log.last-ActivityMost+1 {
		t.Fatal(len(list), older, err)
	}
	if log.read > ActivityMost*3/2 {
		t.Errorf("%d changes were read for %d", log.read, ActivityMost)
	}
	log = &farApart{every: 1, last: 10_000} // where few are wanted, much of the log is looked at
	if _, older, err = newestChanges(t.Context(), log, "anna", log.last, func(store.ChangeCount) bool { return false }); err != nil || log.last-older < 3_000 {
		t.Error(older, err)
	}
}

// farApart is a log in which every so many changes are anna's.
type farApart struct {
	store.Items
	every, last, kept int64
	asked, read       int
}

func (f *farApart) NewestChanges(_ context.Context, _ string, before int64, n int) (out []store.ChangeCount, err error) {
	f.asked++
	for seq := (min(before, f.last+1) - 1) / f.every * f.every; seq > f.kept && len(out) < n; seq -= f.every {
		out = append(out, store.ChangeCount{Seq: seq})
	}
	f.read += len(out)
	return out, nil
}
