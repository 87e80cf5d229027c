package storetest

import (
	"fmt"
	"time"

	"collector/state"
)

// byID asks for more than one statement takes, among them what is removed, what nobody has,
// and what another network has under the same id.
func byID(k *kit) {
	c := k.listed(2)
	k.remove(c.Lease, state.Removal{ID: "gone", At: at(hour), Sweep: 0, Because: map[string]state.Reason{"2": state.Unliked}})
	p := page(c.ID, 7)
	ids := []string{"2", "nobody", "1"}
	for i := range 120 {
		id := fmt.Sprintf("n%03d", 119-i)
		p.Items = append(p.Items, like(id, at(-hour)))
		ids = append(ids, id)
	}
	k.commit(c.Lease, p)
	other := k.networkOf("you", "mastodon")
	d := k.lease(k.b, "b", at(0))
	k.commitAs(k.b, d.Lease, page(other.ID, 1, like("1", at(-time.Minute)), like("theirs", at(-time.Minute))))
	all := k.all(c.ID)
	got, err := k.b.ByID(k.ctx, c.ID, append(ids, "theirs"))
	k.must(err)
	k.same(len(got), 122, "items by their ids")
	for i, l := range got {
		want := ids[i+1]
		if i == 0 {
			want = "2"
		}
		k.same(l.ID, want, "the id of one in its place")
		k.same(l, all[l.ID], "an item by its id")
	}
	none, err := k.b.ByID(k.ctx, "nowhere", ids)
	k.must(err)
	k.same(len(none), 0, "items of no network")
}
