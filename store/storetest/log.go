package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"collector/item"
	"collector/store"
)

var log = []promise{
	{"ChangesAreDenseAndOrdered", logDense},
	{"ChangesHoldAPageOnce", logOnce},
	{"ChangesAreInTheOrderOfThePage", logOrder},
	{"ChangesAreTheUsersOwn", logUser},
	{"ChangesAreReadInSteps", logSteps},
	{"ChangesThatWerePrunedAreGone", logPruned},
	{"ChangesAreCountedFromTheNewestOn", logNewest},
	{"CountsOfChangesAreTheUsersOwn", logNewestUser},
}

// logCounted holds the counts of changes to the ids that the log has.
func (k *kit) logCounted() {
	k.Helper()
	all, err := k.b.Changes(k.ctx, "", 0, 100_000)
	if errors.Is(err, store.ErrGone) {
		return // it was pruned: see logNewest
	}
	k.must(err)
	k.counts("", 0, 100_000, all)
}

// counts reads the newest changes, which are to be the last n of some in ascending order.
func (k *kit) counts(user string, before int64, n int, of []store.Change) {
	k.Helper()
	var want []store.ChangeCount
	for _, c := range slices.Backward(of) {
		if (before == 0 || c.Seq < before) && (user == "" || c.User == user) && len(want) < n {
			want = append(want, c.Count())
		}
	}
	got, err := k.b.NewestChanges(k.ctx, user, before, n)
	k.must(err)
	k.same(got, want, fmt.Sprintf("%d changes before %d of %q", n, before, user))
}

func logDense(k *kit) {
	last, err := k.b.LastChange(k.ctx)
	k.must(err)
	k.same([]any{last, len(k.changes("", 0))}, []any{0, 0}, "an empty log")
	c := k.started("github")
	for i := range 5 {
		p := page(c.ID, i+1, like(fmt.Sprint(i), at(-hour)))
		p.ObservedAt = at(time.Duration(i) * minute)
		if i == 3 {
			p.Kind = "poll"
		}
		k.commit(c.Lease, p)
	}
	for i, got := range k.changes("", 0) {
		kind := "backfill"
		if i == 3 {
			kind = "poll"
		}
		k.same(got, store.Change{
			Seq: int64(i + 1), At: at(time.Duration(i) * minute), User: "me", NetworkID: c.ID, Network: c.Name(),
			Page: fmt.Sprintf("%s/1/%d", c.ID, i+1), Kind: kind, Added: []string{fmt.Sprint(i)},
		}, "change")
	}
	last, err = k.b.LastChange(k.ctx)
	k.must(err)
	k.same(last, 5, "the newest")
}

// logOrder: whatever is new, was taken back and liked again, or is only changed.
func logOrder(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1, like("4", at(-hour)), like("2", at(-hour)), like("7", at(-hour)), like("1", at(-hour)))
	k.commit(c.Lease, p)
	k.same(k.changes("", 0)[0].Added, []string{"4", "2", "7", "1"}, "added")
	p = page(c.ID, 2)
	p.ObservedAt, p.Removed = at(minute), []string{"7", "4"}
	k.commit(c.Lease, p)
	renamed := []item.Item{like("2", at(-hour)), like("1", at(-hour))}
	for i := range renamed {
		renamed[i].Title = "renamed"
	}
	p = page(c.ID, 3, like("7", at(-hour)), like("9", at(-hour)), renamed[0], like("4", at(-hour)), renamed[1], like("3", at(-hour)))
	p.ObservedAt = at(2 * minute)
	k.commit(c.Lease, p)
	got := k.changes("", 2)[0]
	k.same([][]string{got.Added, got.Changed}, [][]string{{"7", "9", "4", "3"}, {"2", "1"}}, "added, some again, and changed")
}

func logOnce(k *kit) {
	c := k.started("github")
	first := like("1", at(-hour))
	p := page(c.ID, 1, first)
	k.commit(c.Lease, p)
	k.commit(c.Lease, p)
	k.same(len(k.changes("", 0)), 1, "changes after the same page twice")
	// The answer of a commit was lost, so the page is read again, and meanwhile
	// it shows more: no difference may be missing from the log.
	first.Title = "renamed"
	p.Items, p.ObservedAt = []item.Item{first, like("2", at(-hour))}, at(minute)
	k.commit(c.Lease, p)
	pages, added, changed := map[string]bool{}, "", ""
	got := k.changes("", 0)
	for i, c := range got {
		pages[c.Page] = true
		added += list(c.Added)
		changed += list(c.Changed)
		k.same(c.Seq, i+1, "number")
	}
	k.same([]any{len(pages) == len(got), added, changed}, []any{true, "12", "1"}, "each page once, and every difference")
}

func logUser(k *kit) {
	mine := k.started("github")
	n := k.networkOf("you", "mastodon")
	theirs := k.lease(k.b, "b", at(0))
	for i := range 3 {
		k.commit(mine.Lease, page(mine.ID, i, like(fmt.Sprint(i), at(-hour))))
		k.commitAs(k.b, theirs.Lease, page(n.ID, i, like(fmt.Sprint(i), at(-hour))))
	}
	seqs := func(user string, since int64) string {
		s := ""
		for _, c := range k.changes(user, since) {
			s += fmt.Sprint(c.Seq)
		}
		return s
	}
	k.same([]string{seqs("", 0), seqs("me", 0), seqs("you", 0), seqs("you", 2), seqs("nobody", 0)},
		[]string{"123456", "135", "246", "46", ""}, "numbers by user")
}

func logSteps(k *kit) {
	c := k.started("github")
	for i := range 7 {
		k.commit(c.Lease, page(c.ID, i, like(fmt.Sprint(i), at(-hour))))
	}
	var since int64
	s := ""
	for range 4 {
		got, err := k.b.Changes(k.ctx, "me", since, 3)
		k.must(err)
		s += "|"
		for _, c := range got {
			since = c.Seq
			s += fmt.Sprint(c.Seq)
		}
	}
	k.same(s, "|123|456|7|", "three at a time")
}

// logNewest: pages of several kinds, of which some are not kept any more.
func logNewest(k *kit) {
	k.counts("", 0, 10, nil)
	c := k.started("github")
	p := page(c.ID, 1, like("4", at(-hour)), like("2", at(-hour)), like("7", at(-hour)))
	k.commit(c.Lease, p)
	p = page(c.ID, 2, like("8", at(-hour)))
	p.ObservedAt, p.Removed = at(day), []string{"7", "4"}
	k.commit(c.Lease, p)
	renamed := like("2", at(-hour))
	renamed.Title = "renamed"
	for i := range 5 {
		p = page(c.ID, 3+i, renamed, like("7", at(-hour)), like(fmt.Sprint("more", i), at(-hour)))
		p.ObservedAt, p.Kind = at(time.Duration(2+i)*day), "poll"
		k.commit(c.Lease, p)
	}
	all := k.changes("", 0)
	three := all[2].Count()
	k.same([]any{len(all), three.Added, three.Changed, all[1].Count().Removed}, []any{7, 2, 1, 2}, "changes; added and changed by the third, removed by the second")
	asked := func(all []store.Change) {
		k.Helper()
		for _, before := range []int64{0, 1, 2, 5, 7, 8, 1000} {
			for _, n := range []int{0, 1, 3, 7, 1000} {
				k.counts("me", before, n, all)
				k.counts("", before, n, all)
				k.counts("nobody", before, n, nil)
			}
		}
	}
	asked(all)
	if _, err := k.b.PruneChanges(k.ctx, at(3*day)); err != nil {
		k.Fatal(err)
	}
	asked(all[3:])
}

func logNewestUser(k *kit) {
	mine := k.started("github")
	n := k.networkOf("you", "mastodon")
	theirs := k.lease(k.b, "b", at(0))
	for i := range 4 {
		k.commit(mine.Lease, page(mine.ID, i, like(fmt.Sprint(i), at(-hour))))
		k.commitAs(k.b, theirs.Lease, page(n.ID, i, like(fmt.Sprint(i), at(-hour)), like(fmt.Sprint("b", i), at(-hour))))
	}
	all := k.changes("", 0)
	for _, user := range []string{"me", "you", "nobody", ""} {
		for _, before := range []int64{0, 4, 5} {
			k.counts(user, before, 2, all)
		}
	}
}

func logPruned(k *kit) {
	c := k.started("github")
	for i := range 4 {
		p := page(c.ID, i, like(fmt.Sprint(i), at(-hour)))
		p.ObservedAt = at(time.Duration(i) * day)
		k.commit(c.Lease, p)
	}
	n, err := k.b.PruneChanges(k.ctx, at(2*day))
	k.must(err)
	k.same(n, 2, "dropped: what is older, not what is just as old")
	for since := range int64(2) {
		_, err = k.b.Changes(k.ctx, "", since, 10)
		k.is(err, store.ErrGone, fmt.Sprintf("since %d", since))
		_, err = k.b.Changes(k.ctx, "nobody", since, 10)
		k.is(err, store.ErrGone, fmt.Sprintf("since %d, for a user without changes", since))
	}
	k.same(len(k.changes("", 2)), 2, "changes since 2")
	n, err = k.b.PruneChanges(k.ctx, at(100*day))
	k.must(err)
	last, err := k.b.LastChange(k.ctx)
	k.must(err)
	k.same([]any{n, last, len(k.changes("", 4))}, []any{2, 4, 0}, "dropped, newest, and changes since it")
	_, err = k.b.Changes(k.ctx, "", 3, 10)
	k.is(err, store.ErrGone, "since 3")
	p := page(c.ID, 9, like("9", at(-hour)))
	p.ObservedAt = at(9 * day)
	k.commit(c.Lease, p)
	k.same(k.changes("", 4)[0].Seq, 5, "the number of the next change")
}
