package storetest

import (
	"fmt"
	"slices"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
)

var details = []promise{
	{"BareTellsWhoseDetailsAreDue", bareDue},
	{"FillSavesDetails", fill},
	{"FillKeepsTheLikeTime", fillLikeTime},
	{"FillIgnoresUnknownIds", fillUnknown},
	{"QuarantineKeepsWhatCouldNotBeMapped", quarantine},
	{"QuarantineIsDroppedWhenAnItemIsReadAfterAll", quarantineDropped},
	{"RemappedAddsAndKeepsTheRest", remapped},
	{"RemappedReplacesNothingNewer", remappedOlder},
}

func (k *kit) bare(network string, now time.Time, n int) []string {
	k.Helper()
	got, err := k.b.Bare(k.ctx, network, now, n)
	k.must(err)
	slices.Sort(got)
	return got
}

func bareDue(k *kit) {
	c := k.started("bluesky")
	k.commit(c.Lease, page(c.ID, 1, bare("1", at(-hour)), bare("2", at(-hour)), bare("3", at(-hour)), like("4", at(-hour))))
	k.same(list(k.bare(c.ID, at(0), 10)), "1 2 3", "due")
	k.same(len(k.bare(c.ID, at(0), 2)), 2, "at most two")
	k.same(len(k.bare(c.ID, at(0), 0)), 0, "at most none")
	k.same(k.now(c.ID).Bare, 3, "counter")
	_, err := k.a.Fill(k.ctx, c.Lease, state.Fill{ID: "f", At: at(0), Gone: []string{"1"}, Later: []string{"2"}, Retry: at(hour)})
	k.must(err)
	k.same(list(k.bare(c.ID, at(hour-time.Millisecond), 10)), "3", "due 1 ms before the retry")
	k.same(list(k.bare(c.ID, at(hour), 10)), "2 3", "due at the retry")
	k.same(k.now(c.ID).Bare, 2, "counter: details that will not come are not waited for")
	k.same(len(k.all(c.ID)), 4, "items: what the service no longer shows stays")
}

func fill(k *kit) {
	c := k.started("bluesky")
	k.commit(c.Lease, page(c.ID, 1, bare("1", at(-hour)), bare("2", at(-2*hour))))
	full := like("1", at(-hour))
	full.Text = "words of the post"
	f := state.Fill{ID: c.ID + "/fill/x", At: at(minute), Items: []item.Item{full}}
	n, err := k.a.Fill(k.ctx, c.Lease, f)
	k.must(err)
	k.same(n, 1, "filled")
	k.same(fmt.Sprintf("%+v", k.all(c.ID)["1"].Item), fmt.Sprintf("%+v", full), "the item")
	k.same([]int{k.now(c.ID).Items, k.now(c.ID).Bare}, []int{2, 1}, "items and bare")
	k.same(list(k.found(store.Query{Expr: word("post")})), "1", "found by its text")
	log := k.changes("", 0)
	if len(log) != 2 {
		k.Fatalf("%d changes, want the page and the fill", len(log))
	}
	k.same([]any{log[1].Kind, log[1].Page, list(log[1].Changed), len(log[1].Added), log[1].At}, []any{"fill", f.ID, "1", 0, at(minute)}, "the change")
	n, err = k.a.Fill(k.ctx, c.Lease, f)
	k.must(err)
	k.same([]int{n, len(k.changes("", 0))}, []int{0, 2}, "filled and changes after the same fill again")
	k.same(k.now(c.ID).Crashes, 0, "crashes")
}

func fillLikeTime(k *kit) {
	c := k.started("bluesky")
	estimated := bare("2", at(-2*hour))
	estimated.LikedFrom = item.FromOrder
	k.commit(c.Lease, page(c.ID, 1, bare("1", at(-hour)), estimated, bare("3", time.Time{})))
	var filled []item.Item
	for _, id := range []string{"1", "2", "3"} {
		it := like(id, time.Time{})
		it.LikedFrom, it.URL = "", ""
		filled = append(filled, it)
	}
	_, err := k.a.Fill(k.ctx, c.Lease, state.Fill{ID: "f", At: at(hour), Items: filled})
	k.must(err)
	got := k.all(c.ID)
	k.same([]any{got["1"].LikedAt, got["1"].LikedFrom}, []any{at(-hour), item.FromAPI}, "a stated like time")
	k.same([]any{got["2"].LikedAt, got["2"].LikedFrom}, []any{at(-2 * hour), item.FromOrder}, "an estimated like time")
	k.same([]any{got["3"].LikedAt, got["3"].LikedFrom}, []any{at(0), item.FromFirstSeen}, "a first-seen time")
	k.same(got["1"].URL, "https://example.org/1", "the address of the list, where the details name none")
	k.same(got["1"].FirstSeenAt, at(0), "first seen")
}

func fillUnknown(k *kit) {
	c := k.started("bluesky")
	k.commit(c.Lease, page(c.ID, 1, bare("1", at(-hour))))
	n, err := k.a.Fill(k.ctx, c.Lease, state.Fill{
		ID: "f", At: at(minute), Items: []item.Item{like("unheard-of", at(0))},
		Gone: []string{"nor this"}, Later: []string{"nor that"}, Retry: at(hour),
	})
	k.must(err)
	k.same([]int{n, len(k.all(c.ID)), k.now(c.ID).Bare, len(k.changes("", 0))}, []int{0, 1, 1, 1}, "filled, items, bare, changes")
}

func odd(key, id string) state.Bad {
	return state.Bad{Key: key, ID: id, Raw: []byte(`{"odd":"` + key + `"}`), Reason: "no address", Version: "1", Walk: 1, At: at(0)}
}

func (k *kit) quarantined(network, version string) []state.Bad {
	k.Helper()
	got, err := k.b.Quarantined(k.ctx, network, version, 100)
	k.must(err)
	slices.SortFunc(got, func(a, b state.Bad) int { return slices.Compare([]string{a.Key}, []string{b.Key}) })
	return got
}

func quarantine(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1, like("1", at(-hour)))
	p.Bad = []state.Bad{odd("x", "7"), odd("y", "")}
	k.commit(c.Lease, p)
	k.commit(c.Lease, p)
	k.same(k.quarantined(c.ID, "2"), p.Bad, "what another version sees")
	k.same(len(k.quarantined(c.ID, "1")), 0, "objects for the version that could not map them")
	k.same([]int{k.now(c.ID).Bad, k.now(c.ID).Items}, []int{2, 1}, "counters")
	if got, err := k.b.Quarantined(k.ctx, c.ID, "2", 1); err != nil || len(got) != 1 {
		k.Errorf("at most one: %v, %v", got, err)
	}
	again := page(c.ID, 2)
	met := odd("x", "7")
	met.At, met.Walk, met.Reason = at(day), 5, "still no address"
	again.Bad = []state.Bad{met}
	k.commit(c.Lease, again)
	got := k.quarantined(c.ID, "2")
	k.same([]any{len(got), got[0].At, got[0].Walk, got[0].Reason}, []any{2, at(0), 1, "still no address"}, "met again: when and by which walk it was first met stays")
	k.network("mastodon")
	other := k.lease(k.a, "a", at(0))
	k.same(len(k.quarantined(other.ID, "2")), 0, "objects of another network")
}

func quarantineDropped(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1)
	p.Bad = []state.Bad{odd("x", "7"), odd("y", "8"), odd("z", "")}
	k.commit(c.Lease, p)
	p = page(c.ID, 2, like("7", at(-hour)))
	p.ObservedAt = at(minute)
	k.commit(c.Lease, p)
	got := k.quarantined(c.ID, "2")
	k.same(len(got), 2, "objects after item 7 was read")
	k.same([]string{got[0].Key, got[1].Key}, []string{"y", "z"}, "what is left")
	k.same(k.now(c.ID).Bad, 2, "counter")
}

func remapped(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1)
	p.Bad = []state.Bad{odd("x", "7"), odd("y", "")}
	k.commit(c.Lease, p)
	r := state.Remap{
		ID: c.ID + "/remap/2", At: at(hour), Walk: 2, Version: "2",
		Items: map[string]item.Item{"x": like("7", at(-hour)), "unheard-of": like("9", at(-hour))},
		Still: map[string]string{"y": "no id", "unheard-of too": "?"},
	}
	added, err := k.a.Remapped(k.ctx, c.Lease, r)
	k.must(err)
	k.same(added, 1, "added")
	k.same([]int{k.now(c.ID).Items, k.now(c.ID).Bad}, []int{1, 1}, "items and bad")
	k.same(len(k.quarantined(c.ID, "2")), 0, "objects left for version 2")
	got := k.quarantined(c.ID, "3")
	k.same([]any{len(got), got[0].Key, got[0].Reason, got[0].Version}, []any{1, "y", "no id", "2"}, "objects left for version 3")
	log := k.changes("", 0)
	k.same([]any{len(log), log[0].Kind, log[0].Page, list(log[0].Added)}, []any{1, "remap", r.ID, "7"}, "the change")
	added, err = k.a.Remapped(k.ctx, c.Lease, r)
	k.must(err)
	k.same([]int{added, len(k.changes("", 0)), k.now(c.ID).Items}, []int{0, 1, 1}, "the same again: added, changes, items")
	isKnown, err := k.b.Known(k.ctx, c.ID, 3, []string{"7"})
	k.must(err)
	k.same(isKnown, []bool{true}, "known to a later walk")
	k.same(list(k.found(store.Query{Expr: word("thing")})), "7", "found")
}

func remappedOlder(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1)
	p.Bad = []state.Bad{odd("x", "")} // its id could not be read, so reading item 7 does not drop it
	k.commit(c.Lease, p)
	newer := like("7", at(-hour))
	newer.Title = "newer"
	p = page(c.ID, 2, newer)
	p.ObservedAt = at(minute)
	k.commit(c.Lease, p)
	older := like("7", at(-hour))
	older.Title = "older"
	added, err := k.a.Remapped(k.ctx, c.Lease, state.Remap{ID: "r", At: at(hour), Walk: 2, Version: "2", Items: map[string]item.Item{"x": older}})
	k.must(err)
	k.same([]int{added, k.now(c.ID).Bad}, []int{0, 0}, "added, and bad")
	k.same(k.all(c.ID)["7"].Title, "newer", "title: an object from the quarantine is as old as its page")
}
