//go:build mongo

package mongo

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"collector/store"
)

// as is how an item is stored.
type as struct {
	title   string
	removed bool
}

// storedIn is what a store holds, also of what is gone, by network and id.
func storedIn(t *testing.T, s store.Store) map[string]as {
	t.Helper()
	all := map[string]as{}
	err := s.Each(t.Context(), store.Query{Removed: true}, func(l store.Liked) error {
		all[l.NetworkID+" "+l.ID] = as{l.Title, !l.RemovedAt.IsZero()}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// differences holds what the log told between two looks at a store to what differs
// between them, and says what is wrong. An item has a title of its own with every change.
func differences(before, after map[string]as, told []store.Change) (wrong []string) {
	added, changed, removed := map[string]int{}, map[string]int{}, map[string]int{}
	newest := map[string]int64{} // page of each network
	for _, c := range told {
		for in, ids := range map[*map[string]int][]string{&added: c.Added, &changed: c.Changed, &removed: c.Removed} {
			for _, id := range ids {
				(*in)[c.NetworkID+" "+id]++
			}
		}
		var page int64
		if _, err := fmt.Sscanf(c.Page, c.NetworkID+"/1/%d", &page); err != nil || page < newest[c.NetworkID] {
			wrong = append(wrong, fmt.Sprintf("number %d of the log tells of page %s, after page %d: %v", c.Seq, c.Page, newest[c.NetworkID], err))
		}
		newest[c.NetworkID] = page
	}
	keys := map[string]bool{}
	for _, of := range []map[string]as{before, after} {
		for key := range of {
			keys[key] = true
		}
	}
	for _, of := range []map[string]int{added, changed, removed} {
		for key := range of {
			keys[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		was, there := before[key]
		is, stays := after[key]
		want := [3]int{}
		if !there && stays {
			want[0] = 1
		}
		want[1] = timesBetween(was.title, is.title)
		if is.removed && !was.removed {
			want[2] = 1
		}
		if got := [3]int{added[key], changed[key], removed[key]}; got != want || there && !stays {
			wrong = append(wrong, fmt.Sprintf("%s was %+v and is %+v; the log tells that it was added, changed and removed %v times, and should %v", key, was, is, got, want))
		}
	}
	return wrong
}

// timesBetween is how often an item was changed that says something else each time.
func timesBetween(was, is string) int {
	var first, last int
	if _, err := fmt.Sscanf(was+"|"+is, "seen %d times before|seen %d times before", &first, &last); err != nil {
		return 0 // another one, which says the same on every page
	}
	return last - first
}

// TestDifferencesAreSeen: what the judge of killed writers is there for it sees.
func TestDifferencesAreSeen(t *testing.T) {
	before := map[string]as{"net again": {title: "seen 2 times before"}, "net old": {}}
	after := map[string]as{"net again": {title: "seen 4 times before"}, "net old": {removed: true}, "net new": {}}
	page := func(n int) store.Change {
		return store.Change{NetworkID: "net", Page: fmt.Sprint("net/1/", n), Changed: []string{"again"}}
	}
	third, fourth := page(3), page(4)
	third.Added, fourth.Removed = []string{"new"}, []string{"old"}
	for name, c := range map[string]struct {
		told  []store.Change
		wrong int
	}{
		"all of it":       {[]store.Change{third, fourth}, 0},
		"an entry lost":   {[]store.Change{third}, 2},
		"an entry twice":  {[]store.Change{third, fourth, fourth}, 2},
		"in wrong order":  {[]store.Change{fourth, third}, 1},
		"of what is not":  {[]store.Change{third, fourth, {NetworkID: "net", Page: "net/1/4", Added: []string{"none"}}}, 1},
		"a part is lost":  {[]store.Change{third, page(4)}, 1},
		"nothing is told": {nil, 3},
	} {
		if wrong := differences(before, after, c.told); len(wrong) != c.wrong {
			t.Errorf("%s: %d wrong, want %d: %v", name, len(wrong), c.wrong, wrong)
		}
	}
}
