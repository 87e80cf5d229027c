package storetest

import (
	"fmt"
	"slices"

	"collector/search"
	"collector/store"
)

var ties = []promise{
	{"SearchPagesThroughManyOfOneLikeTime", manyTies},
}

// manyTies: a service that tells no times gives a whole list one, and each item still
// comes exactly once.
func manyTies(k *kit) {
	const items = 2600
	c := k.started("github")
	p := page(c.ID, 1)
	want := make([]string, 0, items+2)
	for i := range items {
		it := like(fmt.Sprintf("%04d", i), at(-hour))
		it.Tags, it.Text = nil, ""
		p.Items, want = append(p.Items, it), append(want, it.ID)
	}
	p.Items = append(p.Items, like("newer", at(0)), like("older", at(-2*hour)))
	want = append(slices.Insert(want, 0, "newer"), "older")
	k.commit(c.Lease, p)
	for _, limit := range []int{700, 1000} {
		for _, e := range []search.Expr{nil, word("thing"), search.Phrase{"thing", "none"}, search.Or{search.Phrase{"none", "thing"}, word("thing")}} {
			expected := want
			if phrase, is := e.(search.Phrase); is && phrase[1] == "none" {
				expected = nil
			}
			var got []string
			q := store.Query{User: "me", Expr: e, Limit: limit}
			for range 10 {
				r, err := k.b.Search(k.ctx, q)
				k.must(err)
				for _, l := range r.Items {
					got = append(got, l.ID)
				}
				if q.After = r.Next; r.Next == "" {
					break
				}
			}
			if !slices.Equal(got, expected) {
				k.Errorf("%v, %d at a time: %d items, want %d, in order", e, limit, len(got), len(expected))
			}
		}
	}
}
