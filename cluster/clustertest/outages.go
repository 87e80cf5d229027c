package clustertest

import (
	"slices"

	"collector/cluster"
)

var outages = []promise{
	{"LostRegistryIsToldAndFoundAgain", lostAndFound},
	{"OutageOfAllRemovesNobody", outageOfAll},
	{"EmptiedRegistryRemovesNobody", emptied},
	{"WhoDiesInAnOutageIsRemoved", diesInOutage},
	{"StartWithoutRegistry", startWithout},
	{"WatchGoesOnAfterCompaction", compacted},
	{"WhoCannotRegisterFreesNotItself", cannotRegister},
}

func lostAndFound(k *kit) {
	nodes := k.led(2)
	nodes[1].line.cut()
	k.until("it is told", func() bool { return len(nodes[1].told(cluster.Lost)) == 1 && nodes[1].Lost() })
	if e := nodes[1].told(cluster.Lost)[0]; e.Err == nil {
		k.Error("no reason is told")
	}
	if !nodes[1].Duty() {
		k.Error("who is cut off leaves to others what they may not do")
	}
	k.until("the other one sees it go", func() bool { return len(nodes[0].Members()) == 1 })
	nodes[1].line.mend()
	k.until("it is back", func() bool { return len(nodes[1].told(cluster.Back)) == 1 && len(nodes[0].Members()) == 2 })
	k.until("the leader leads on", func() bool { return leaders(nodes) == 1 && nodes[0].Leads() && !nodes[1].Duty() })
	k.same(len(nodes[1].told(cluster.Lost)), 1, "how often it was told")
	k.until("who came back is not to be taken over", func() bool { return nodes[0].toldOf(cluster.Added, nodes[1].id) })
	k.same(nodes[0].Left(), []string(nil), "whose networks are to be freed")
}

// outageOfAll is shorter than what is left of a lease that is about to be renewed.
func outageOfAll(k *kit) {
	nodes := k.led(3)
	for _, n := range nodes {
		n.line.cut()
	}
	k.pass(k.TTL / 4)
	for _, n := range nodes {
		n.line.mend()
	}
	k.until("all are back", func() bool {
		return !slices.ContainsFunc(nodes, func(n *node) bool { return n.Lost() }) && leaders(nodes) == 1
	})
	for _, n := range nodes {
		if len(n.told(cluster.Removed)) != 0 {
			k.Errorf("%s thinks that members left: %+v", n.id, n.told(cluster.Removed))
		}
	}
}

// emptied: all leases and keys go while all members live, as when the registry
// lost its disk, or nobody could reach it for longer than a lease.
func emptied(k *kit) {
	nodes := k.led(3)
	_, term := nodes[0].Leader()
	for _, n := range nodes {
		n.line.cut()
	}
	outside := k.open()
	k.until("all leases run out", func() bool { return len(k.keys(outside)) == 0 })
	for _, n := range nodes {
		if n.Leads() {
			k.Errorf("%s leads without a lease", n.id)
		}
		n.line.mend()
	}
	k.until("all are back, and one leads", func() bool {
		_, now := nodes[0].Leader()
		return len(k.keys(outside)) == 4 && leaders(nodes) == 1 && now > term
	})
	k.pass(2 * k.TTL)
	for _, n := range nodes {
		if len(n.told(cluster.Removed)) != 0 || len(n.Members()) != 3 || len(n.Left()) != 0 {
			k.Errorf("%s thinks that members left: %+v", n.id, n.told(cluster.Removed))
		}
	}
}

// diesInOutage: who does not come back after an outage of all counts as dead.
func diesInOutage(k *kit) {
	nodes := k.led(3)
	for _, n := range nodes {
		n.line.cut()
	}
	nodes[2].stop()
	outside := k.open()
	k.until("all leases run out", func() bool { return len(k.keys(outside)) == 0 })
	nodes[0].line.mend()
	nodes[1].line.mend()
	k.until("the dead one is removed", func() bool {
		return nodes[0].toldOf(cluster.Removed, nodes[2].id) && nodes[1].toldOf(cluster.Removed, nodes[2].id)
	})
	if nodes[0].toldOf(cluster.Removed, nodes[1].id) || nodes[1].toldOf(cluster.Removed, nodes[0].id) {
		k.Error("a living one was removed, too")
	}
}

func startWithout(k *kit) {
	n := k.join(func(n *node, _ *cluster.Config) { n.line.cut() })
	k.until("it is told", func() bool { return len(n.told(cluster.Lost)) == 1 })
	if !n.Duty() || n.Leads() {
		k.Error("alone, it leads or leaves its duty to others")
	}
	n.line.mend()
	k.until("it registers", func() bool { return n.Leads() && len(n.told(cluster.Init)) == 1 })
}

func compacted(k *kit) {
	nodes := k.led(2)
	nodes[1].line.cut()
	k.until("it is told", func() bool { return nodes[1].Lost() })
	c := k.join()
	k.until("one more joins", func() bool { return nodes[0].toldOf(cluster.Added, c.id) })
	k.must(k.Compact())
	nodes[1].line.mend()
	k.until("it sees who joined meanwhile", func() bool { return nodes[1].toldOf(cluster.Added, c.id) })
	k.same(len(nodes[1].told(cluster.Init)), 1, "first views")
}

// cannotRegister: who lost its lease and gets no other one is no member any more, for
// the others and for itself; but it lives, and nobody is to be told that by itself.
func cannotRegister(k *kit) {
	nodes := k.led(2)
	out := nodes[1]
	out.line.fill()
	outside := k.open()
	entries, _, err := outside.List(k.ctx)
	k.must(err)
	for _, e := range entries {
		if e.Key == "members/"+out.id {
			k.must(outside.Revoke(k.ctx, e.Lease))
		}
	}
	k.until("the other one sees it go", func() bool { return nodes[0].toldOf(cluster.Removed, out.id) })
	k.until("it knows", func() bool { return out.Lost() && out.Duty() })
	k.pass(3 * k.TTL)
	if left := out.Left(); slices.Contains(left, out.id) {
		k.Errorf("it is to take over from %v", left)
	}
}
