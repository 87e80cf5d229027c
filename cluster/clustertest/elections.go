package clustertest

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"collector/cluster"
)

var elections = []promise{
	{"OneLeads", oneLeads},
	{"LeaderResigns", resigns},
	{"DeadLeaderIsFollowed", leaderDies},
	{"DutiesAreOfTheLeaderAlone", duties},
	{"CutOffLeaderStopsInTime", cutOff},
	{"DrainingMemberIsNotElected", drainingNotElected},
	{"WhoDoesNotStandIsNotElected", standsAside},
	{"NewcomerWhoLeadsIsHelped", newcomerLeads},
	{"LeaderWhoseRenewalIsLateLeadsOn", lateRenewal},
}

func oneLeads(k *kit) {
	nodes := k.led(4)
	id, term := nodes[0].Leader()
	for _, n := range nodes {
		if other, t := n.Leader(); other != id || t != term {
			k.Errorf("%s thinks that %s leads", n.id, other)
		}
	}
	k.until("promoted", func() bool { return len(nodes[0].told(cluster.Promoted)) == 1 })
	k.same(nodes[0].told(cluster.Promoted)[0].Term, term, "the term of the promotion")
	for _, n := range nodes[1:] {
		if len(n.told(cluster.Promoted)) != 0 || n.Duty() {
			k.Errorf("%s was promoted, too", n.id)
		}
		k.until("told who leads", func() bool { return n.toldOf(cluster.Led, id) })
	}
}

// standsAside: who does not stand is no leader, also where nobody else is there; once it
// stands, it is one without being asked.
func standsAside(k *kit) {
	var stands atomic.Bool
	aside := k.join(func(_ *node, c *cluster.Config) { c.Stands = stands.Load })
	k.until("it has joined", func() bool { return len(aside.Members()) == 1 })
	k.pass(2 * k.TTL)
	if id, _ := aside.Leader(); id != "" {
		k.Errorf("%s leads, who does not stand", id)
	}
	other := k.join()
	k.until("the other one leads", other.Leads)
	k.must(other.stop())
	k.pass(2 * k.TTL)
	if aside.Leads() {
		k.Error("it leads, and does not stand")
	}
	stands.Store(true)
	k.until("it leads now that it stands", aside.Leads)
}

func resigns(k *kit) {
	nodes := k.led(3)
	_, term := nodes[0].Leader()
	k.must(nodes[0].stop())
	k.until("another one leads", func() bool { return leaders(nodes[1:]) == 1 })
	k.same(len(nodes[0].told(cluster.Demoted)), 1, "demotions of who resigned")
	for _, n := range nodes[1:] {
		k.until("the new leader is known", func() bool { _, t := n.Leader(); return t > term })
	}
}

func leaderDies(k *kit) {
	nodes := k.led(3)
	id, term := nodes[0].Leader()
	nodes[0].kill()
	k.until("another one leads", func() bool { return leaders(nodes[1:]) == 1 })
	var next *node
	for _, n := range nodes[1:] {
		if n.Leads() {
			next = n
		}
	}
	if _, now := next.Leader(); now <= term {
		k.Errorf("the term is %d, was %d", now, term)
	}
	k.until("it is to take over from the dead one", func() bool {
		left := next.Left()
		return len(left) == 1 && left[0] == id
	})
}

// newcomerLeads: who leads may have come after somebody left, and nobody had taken over
// from that one. Then those who saw it do.
func newcomerLeads(k *kit) {
	nodes := k.led(3)
	gone := nodes[2].id
	nodes[2].kill()
	k.until("the others see it", func() bool { return nodes[0].toldOf(cluster.Removed, gone) && nodes[1].toldOf(cluster.Removed, gone) })
	k.must(cluster.Drain(k.ctx, nodes[0].line, nodes[1].id)) // so that it is not elected
	next := k.join()
	k.until("the newcomer is known", func() bool { return nodes[1].toldOf(cluster.Added, next.id) })
	nodes[0].kill()
	k.until("the newcomer leads", func() bool { return next.Leads() && !nodes[1].Duty() })
	k.same(next.toldOf(cluster.Removed, gone), false, "whether the newcomer knows who left before it came")
	k.until("who saw it leave is to take over from it", func() bool { return slices.Contains(nodes[1].Left(), gone) })
}

// duties counts who is at it: never two at once.
func duties(k *kit) {
	var mu sync.Mutex
	now, most, turns := map[string]bool{}, 0, map[string]int{}
	duty := func(n *node, c *cluster.Config) {
		c.Duties = []cluster.Duty{{Name: "sweep", Every: k.TTL / 20, Do: func(ctx context.Context) error {
			mu.Lock()
			now[n.id], turns[n.id] = true, turns[n.id]+1
			most = max(most, len(now))
			mu.Unlock()
			select {
			case <-ctx.Done():
			case <-time.After(k.TTL / 20):
			}
			mu.Lock()
			delete(now, n.id)
			mu.Unlock()
			return nil
		}}}
	}
	nodes := k.led(3, duty)
	count := func(n *node) int { mu.Lock(); defer mu.Unlock(); return turns[n.id] }
	k.until("the leader does it", func() bool { return count(nodes[0]) >= 3 })
	k.must(nodes[0].stop())
	k.until("the next one does it", func() bool { return count(nodes[1])+count(nodes[2]) >= 3 })
	mu.Lock()
	defer mu.Unlock()
	if most != 1 || len(turns) != 2 {
		k.Errorf("%d at once, turns %v", most, turns)
	}
}

// cutOff: who cannot renew its lease stops leading before another one begins.
func cutOff(k *kit) {
	nodes := k.led(2)
	var mu sync.Mutex
	overlap := false
	nodes[0].line.cut()
	k.until("another one leads", func() bool {
		mu.Lock()
		defer mu.Unlock()
		overlap = overlap || leaders(nodes) > 1
		return nodes[1].Leads()
	})
	if overlap || nodes[0].Leads() {
		k.Error("two led at the same time")
	}
	k.until("it was demoted", func() bool { return len(nodes[0].told(cluster.Demoted)) == 1 })
	nodes[0].line.mend()
	k.until("it is a member again", func() bool { return len(nodes[1].Members()) == 2 && !nodes[0].Lost() })
	if nodes[0].Leads() {
		k.Error("it leads again beside the other one")
	}
}

// drainingNotElected: rather nobody leads than one that is about to leave.
func drainingNotElected(k *kit) {
	nodes := k.led(2)
	k.must(cluster.Drain(k.ctx, nodes[0].line, nodes[1].id))
	k.until("it drains", func() bool { return len(nodes[1].told(cluster.Draining)) == 1 })
	k.must(nodes[0].stop())
	k.until("the other one sees it", func() bool { return nodes[1].toldOf(cluster.Removed, nodes[0].id) })
	k.pass(k.TTL / 2)
	if nodes[1].Leads() {
		k.Error("it was elected")
	}
	if !nodes[1].Duty() {
		k.Error("nobody leads, and it leaves to others what they do not do")
	}
	next := k.join()
	k.until("one that stays leads", func() bool { return next.Leads() })
}

// lateRenewal: the answer to a renewal comes when the leader had to take its lease for
// over, and says that it is not. Whoever leads then does all that a leader does.
func lateRenewal(k *kit) {
	var mu sync.Mutex
	turns := 0
	nodes := k.led(2, handles(func(_ context.Context, n *node, _ cluster.Task) (json.RawMessage, error) { return quoted(n), nil }),
		func(_ *node, c *cluster.Config) {
			c.Duties = []cluster.Duty{{Name: "sweep", Every: k.TTL / 20, Do: func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				turns++
				return nil
			}}}
		})
	count := func() int { mu.Lock(); defer mu.Unlock(); return turns }
	for tries := 1; !k.answeredLate(nodes[0]); tries++ {
		if tries == 40 {
			k.Fatal("no renewal was asked for shortly before the end of a lease")
		}
		k.until("one leads again", func() bool { return leaders(nodes) == 1 })
		leaderFirst(nodes)
	}
	k.until("one leads", func() bool { return leaders(nodes) == 1 })
	was := count()
	k.until("the duty is done again", func() bool { return count() > was+2 })
	k.until("a task is handed out", func() bool {
		for _, n := range nodes {
			if n.Submit(k.ctx, "after", "work", nil) == nil {
				return true
			}
		}
		return false
	})
	k.until("its result is taken", func() bool { return len(nodes[0].results())+len(nodes[1].results()) == 1 })
}

// answeredLate has the renewals of a leader fail until its lease is nearly over, and
// answers the next one when the leader had to take it for over. It returns false where
// none was asked for in between, as on a machine that is slow.
func (k *kit) answeredLate(n *node) bool {
	ended := make(chan bool, 1)
	var last time.Time        // when it asked for the renewal by which it knows how long the lease lives
	nearly := k.TTL * 31 / 40 // a call may take a quarter of the lease: one that begins then outlasts it
	n.line.renewing(func(ctx context.Context, renew func() error) error {
		over := time.Since(last)
		switch {
		case last.IsZero():
			last = time.Now()
			return renew()
		case over < nearly:
			if err := wait(ctx, nearly-over); err != nil {
				return err
			}
			return errCut
		case over < k.TTL:
			if err := renew(); err != nil {
				return err
			}
			if err := wait(ctx, k.TTL+k.TTL/100-time.Since(last)); err != nil {
				return err
			}
			n.line.renewing(nil)
			ended <- true
			return nil
		}
		n.line.renewing(nil)
		ended <- false
		return renew()
	})
	return <-ended
}

// wait lets time go by, unless ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
