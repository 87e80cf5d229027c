package main

import (
	"context"
	"time"

	"collector/search"
	"collector/store"
)

// takenBack is how many likes one person of the demo takes back.
const takenBack = 3

// takeBack has one person take likes back, and the list read whole until that is
// found: a like is gone once two readings in a row, and a poll after them, do not
// show it.
func (d *demo) takeBack(ctx context.Context, st store.Store) {
	if !wait(ctx, 12*time.Second) {
		return
	}
	who := d.sim.Accounts()[0]
	nets, err := st.Networks(ctx, store.Filter{Service: who.Service})
	if err != nil || len(nets) == 0 {
		return
	}
	id := nets[0].ID
	for range takenBack {
		if _, err := d.sim.Unlike(who.Key, ""); err != nil {
			return
		}
	}
	d.say("[simulated] %s took %d likes back: the whole list is read twice to be sure, as collector sync --full does", line(who.Key), takenBack)
	query, problem := search.Parse("is:removed", d.now())
	if problem != nil {
		return
	}
	for range 20 {
		n, err := st.Network(ctx, id)
		if err != nil {
			return
		}
		if n.Sweep == nil && !n.SweepDue && n.FullSeq == n.FullDone {
			if st.WishSync(ctx, id, true, d.now()) != nil {
				return
			}
		}
		if !wait(ctx, 2*time.Second) {
			return
		}
		r, err := st.Search(ctx, store.Query{Network: id, Expr: query})
		if err != nil {
			return
		}
		if len(r.Items) >= takenBack {
			d.say("[simulated] found: %s search --store=%s is:removed", asTyped(), d.conf.Store)
			return
		}
	}
}
