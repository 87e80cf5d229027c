package fleet

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"collector/bench/population"
	"collector/limit/limittest"
)

const (
	lease     = 30 * time.Second
	tick      = time.Second
	storeTime = 5 * time.Millisecond // of a claim, and of a release
	told      = time.Second          // after which the members know of a death
	timeout   = 30 * time.Second     // after which a call to a service that hangs fails
)

// death is instances that are killed at once and started again later.
type death struct {
	at, back  time.Duration
	instances int
	known     bool // by membership: their networks are freed at once
}

// hang is a service that answers nothing for a while.
type hang struct {
	at, until time.Duration
	service   string
}

// plan is a run.
type plan struct {
	accounts, instances, workers int
	length                       time.Duration
	deaths                       []death
	hangs                        []hang
	seed                         uint64

	// What is left out of the product, to see that the figures tell.
	slots   func(workers int) int // scheduler.Slots
	abandon bool                  // the networks of the dead are never free
	untold  bool                  // the members do not learn of a death
	every   time.Duration         // the interval of everybody; 0: as the scheduler says
}

// poll is one call that was sent.
type poll struct {
	at      time.Duration
	late    time.Duration // after the network was due
	waited  time.Duration // after the poll was planned: the same but for quotas and failures
	service uint8
	spent   bool // it counts in the quota
}

// world is a run in progress.
type world struct {
	plan
	ctx       context.Context
	clock     *limittest.Clock
	start     time.Time
	rnd       *rand.Rand
	services  []*service
	networks  []network
	instances []*instance // the living
	begun     int         // instances
	table     *table
	polls     []poll
	refused   int // calls over a quota, by the services' count
	busy      int // runs that the ledger put off
	failed    error
}

// run does a plan.
func (p plan) run(ctx context.Context) (*world, error) {
	w := &world{
		plan: p, ctx: ctx, start: time.Date(2026, 3, 1, 11, 7, 13, 0, time.UTC), rnd: rand.New(rand.NewPCG(p.seed, 9)),
		services: services(p.accounts), networks: make([]network, p.accounts), table: newTable(),
	}
	w.clock = limittest.NewClock(w.start)
	w.populate()
	for range p.instances {
		w.begin()
	}
	for _, d := range p.deaths {
		w.after(d.at, func() { w.kill(d) })
		w.after(d.back, func() {
			for range d.instances {
				w.begin()
			}
		})
	}
	w.clock.Until(w.start.Add(p.length))
	if w.failed == nil && ctx.Err() != nil {
		w.failed = context.Cause(ctx)
	}
	if w.failed == nil && w.refused > 0 {
		w.failed = fmt.Errorf("%d calls over a quota", w.refused)
	}
	return w, w.failed
}

// now is the time since the start.
func (w *world) now() time.Duration { return w.clock.Now().Sub(w.start) }

func (w *world) after(d time.Duration, fn func()) {
	w.clock.After(d, func() {
		if w.failed == nil && w.ctx.Err() == nil {
			fn()
		}
	})
}

// populate invents the accounts, the people of each service in order of their
// rates. Servers have sizes that fall with the square root of their rank.
func (w *world) populate() {
	n := 0
	for s, svc := range w.services {
		if w.every > 0 {
			svc.policy.PollMin, svc.policy.PollMax = w.every, w.every
		}
		of := int(svc.share * float64(w.accounts))
		if s == len(w.services)-1 {
			of = w.accounts - n
		}
		servers := float64(max(1, of/accountsOfServer))
		for i := range of {
			one := &w.networks[n]
			rnd := rand.New(rand.NewPCG(w.seed, uint64(n)))
			rate := population.Rate(i, of, population.Middle)
			*one = network{n: int32(n), service: svc.number, server: int32(servers * math.Pow(rnd.Float64(), 2)), likes: population.Likes(rate, rnd, -time.Hour, w.length)}
			p := population.Settled(one.id(), rate, svc.policy, rnd, w.start)
			one.rate, one.pollAt, one.due = p.Rate, p.PollAt.Sub(w.start), p.ScheduledTo.Sub(w.start)
			one.read = int32(one.news(0))
			svc.due = append(svc.due, wake{one.due, one})
			n++
		}
		svc.due.init()
	}
}

// hanging says whether a service answers nothing now.
func (w *world) hanging(s *service) bool {
	now := w.now()
	for _, h := range w.hangs {
		if h.service == s.name && now >= h.at && now < h.until {
			return true
		}
	}
	return false
}

// kill ends instances at once, with what they have in work.
func (w *world) kill(d death) {
	var dead []string
	for _, i := range w.instances[:d.instances] {
		i.dead = true
		dead = append(dead, i.name)
		for n, svc := range i.hands {
			at := max(i.renewed, n.claimed) + lease
			switch {
			case w.abandon:
			case d.known && !w.untold:
				svc.due.free(n, min(at, w.now()+told))
			default:
				svc.due.free(n, at)
			}
		}
	}
	w.instances = w.instances[d.instances:]
	if d.known && !w.untold {
		w.after(told, func() { w.fail(w.instances[0].ledger.Forget(w.ctx, dead)) })
	}
}

func (w *world) fail(err error) {
	if w.failed == nil {
		w.failed = err
	}
}
