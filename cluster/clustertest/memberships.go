package clustertest

import (
	"time"

	"collector/cluster"
)

var memberships = []promise{
	{"MembersSeeEachOther", seeEachOther},
	{"AdvertisementsAreUpdated", advertised},
	{"LeavingIsSeenAtOnce", leaving},
	{"DeadMemberIsRemovedWithinItsLease", dead},
	{"DrainAsksOneMember", drain},
	{"LookTellsWhatIs", look},
}

func seeEachOther(k *kit) {
	a := k.join()
	k.until("the first one knows itself", func() bool { return len(a.Members()) == 1 && a.Leads() })
	b := k.join()
	k.until("both know both", func() bool { return len(a.Members()) == 2 && len(b.Members()) == 2 })
	k.until("a was told", func() bool { return a.toldOf(cluster.Added, b.id) })
	if inits := b.told(cluster.Init); len(inits) != 1 || len(inits[0].Members) == 0 {
		k.Errorf("the first view of a later member: %+v", inits)
	}
	if first := b.told(cluster.Init, cluster.Added, cluster.Changed)[0].Kind; first != cluster.Init {
		k.Errorf("the first event is %s", first)
	}
	got := b.Members()[0]
	k.same(got, cluster.Peer{ID: a.id, Host: "test", Address: "127.0.0.1:1", Mode: "both", Version: "1"}, "what b knows of a")
}

func advertised(k *kit) {
	a := k.join()
	b := k.join()
	k.until("both know both", func() bool { return len(a.Members()) == 2 && len(b.Members()) == 2 })
	a.mu.Lock()
	a.peer.Load, a.peer.Mode = 7, "initial"
	a.mu.Unlock()
	k.until("b is told of the change", func() bool { return b.toldOf(cluster.Changed, a.id) })
	if got := b.Members()[0]; got.Load != 7 || got.Mode != "initial" {
		k.Errorf("after the change: %+v", got)
	}
	if b.toldOf(cluster.Removed, a.id) || len(b.told(cluster.Init)) != 1 {
		k.Error("a change of one member was told as more than that")
	}
}

func leaving(k *kit) {
	k.TTL = time.Minute // a goodbye on a slow machine is heard long before the end of a lease
	nodes := k.led(3)
	lease := nodes[1].id
	begun := time.Now()
	k.must(nodes[1].stop())
	k.until("the others see it", func() bool { return nodes[0].toldOf(cluster.Removed, lease) && nodes[2].toldOf(cluster.Removed, lease) })
	if took := time.Since(begun); took > k.TTL/2 {
		k.Errorf("the others saw it after %s", took)
	}
	k.until("the leader is to take over", func() bool {
		left := nodes[0].Left()
		return len(left) == 1 && left[0] == lease
	})
	k.same(nodes[2].Left(), []string(nil), "what is the leader's to take over")
	k.same(len(k.keys(nodes[0].line)), 3, "keys: two members and the leader")
}

func dead(k *kit) {
	nodes := k.led(3)
	begun := time.Now()
	nodes[2].kill()
	k.until("the others see it", func() bool { return len(nodes[0].Members()) == 2 && len(nodes[1].Members()) == 2 })
	if took := time.Since(begun); took > k.TTL+k.TTL/2+k.Late { // a registry looks now and then
		k.Errorf("the others saw it after %s, its lease was %s", took, k.TTL)
	}
	if !nodes[0].Leads() {
		k.Error("the leader changed since another member died")
	}
	k.until("the leader is to take over", func() bool { return len(nodes[0].Left()) == 1 })
}

func drain(k *kit) {
	nodes := k.led(3)
	if err := cluster.Drain(k.ctx, nodes[0].line, "nobody"); err == nil {
		k.Error("nobody was asked to leave")
	}
	k.must(cluster.Drain(k.ctx, nodes[1].line, nodes[0].id))
	k.until("it is asked", func() bool { return len(nodes[0].told(cluster.Draining)) == 1 })
	k.until("the others know", func() bool {
		for _, p := range nodes[2].Members() {
			if p.ID == nodes[0].id {
				return p.Draining
			}
		}
		return false
	})
	if len(nodes[1].told(cluster.Draining)) != 0 {
		k.Error("another one was asked, too")
	}
	k.must(nodes[0].stop())
	k.until("another one leads", func() bool { return leaders(nodes[1:]) == 1 })
	for _, key := range k.keys(nodes[1].line) {
		if key == "drain/"+nodes[0].id+"=" {
			k.Error("the wish outlived the member")
		}
	}
}

func look(k *kit) {
	nodes := k.led(2)
	p, err := cluster.Look(k.ctx, nodes[1].line)
	k.must(err)
	id, term := nodes[1].Leader()
	if len(p.Members) != 2 || p.Members[0].ID != "node-a" || p.Leader != id || p.Term != term || p.Tasks != 0 || p.Results != 0 {
		k.Errorf("looked: %+v, the leader is %s of %d", p, id, term)
	}
}
