package fleet

import (
	"fmt"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/limit"
)

// instance is one process.
type instance struct {
	*world
	name    string
	ledger  *limit.Ledger
	hands   map[*network]*service // in work
	running map[*service]int
	renewed time.Duration // leases, last
	asking  bool          // a round is under way
	again   bool          // a worker became free meanwhile
	dead    bool
}

// begin starts an instance, at some moment of a second.
func (w *world) begin() {
	i := &instance{world: w, name: fmt.Sprintf("i%03d", w.begun), hands: map[*network]*service{}, running: map[*service]int{}}
	i.ledger = limit.New(w.table, i.name, w.clock.Now).Within(lease)
	w.begun++
	w.instances = append(w.instances, i)
	w.after(time.Duration(w.rnd.Int64N(int64(tick))), i.ticked)
	w.after(lease/3, i.renew)
}

func (i *instance) ticked() {
	if !i.dead {
		i.round()
		i.after(tick, i.ticked)
	}
}

func (i *instance) renew() {
	if !i.dead {
		i.renewed = i.now()
		i.after(lease/3, i.renew)
	}
}

// round claims as many of what is most overdue as there are free workers, of
// each service no more than it may have.
func (i *instance) round() {
	if i.asking {
		i.again = true
		return
	}
	var claimed []*network
	now := i.now()
	for free := i.workers - len(i.hands); free > 0; free-- {
		var next *service
		for _, s := range i.services {
			head := s.due.first(now)
			if head == nil || i.running[s] >= i.slots(i.workers) {
				continue
			}
			if next == nil || head.at < next.due[0].at {
				next = s
			}
		}
		if next == nil {
			break
		}
		n := next.due.take()
		n.claimed = now
		i.hands[n] = next
		i.running[next]++
		claimed = append(claimed, n)
	}
	i.asking = true
	i.after(storeTime, func() {
		i.asking = false
		if i.dead {
			return
		}
		for _, n := range claimed {
			i.work(n, i.hands[n])
		}
		if i.again {
			i.again = false
			i.round()
		}
	})
}

// work polls a network.
func (i *instance) work(n *network, s *service) {
	key := s.key(n)
	permit, err := i.ledger.Take(i.ctx, []limit.Need{{Key: key, Quota: s.quota}}, limit.Poll)
	if err == nil {
		if err = permit.Send(i.ctx); err != nil {
			_, settleErr := i.ledger.Settle(i.ctx, permit, nil)
			i.fail(settleErr)
		}
	}
	if err != nil {
		if fault.KindOf(err) != fault.RateLimited {
			i.fail(err)
		}
		i.busy++
		s.short(key, i.now())
		i.release(n, s, 0, err)
		return
	}
	now := i.now()
	at := len(i.polls)
	i.polls = append(i.polls, poll{at: now, late: now - n.due, waited: now - n.pollAt, service: s.number})
	if i.hanging(s) {
		i.after(timeout, func() {
			i.answered(n, s, permit, &limit.Answer{At: i.clock.Now(), Failed: true}, 0, fault.New(fault.Temporary, "no answer"))
		})
		return
	}
	way := time.Duration(50+i.rnd.IntN(100)) * time.Millisecond
	i.after(way, func() {
		news := n.news(i.now())
		h, limited := s.answer(key, news > 0, i.clock.Now())
		i.polls[at].spent = s.unchanged > 0 || news > 0
		var refused error
		if limited != nil {
			i.refused++
			refused = fault.New(fault.Temporary, "refused")
		}
		i.after(way, func() {
			a := limit.Read(h, []connectors.Quota{s.quota}, i.clock.Now())
			a.Limited = limited
			i.answered(n, s, permit, a, news, refused)
		})
	})
}

// answered settles a call that came back, or did not.
func (i *instance) answered(n *network, s *service, permit *limit.Permit, a *limit.Answer, news int, err error) {
	if i.dead {
		return
	}
	_, settleErr := i.ledger.Settle(i.ctx, permit, a)
	i.fail(settleErr)
	i.release(n, s, news, err)
}

// release saves what a run came to.
func (i *instance) release(n *network, s *service, added int, err error) {
	i.after(storeTime, func() {
		if i.dead {
			return
		}
		delete(i.hands, n)
		i.running[s]--
		n.next(i.start, i.now(), s.policy, added, err)
		s.due.free(n, n.due)
		i.round()
	})
}
