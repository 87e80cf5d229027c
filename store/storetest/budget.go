package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"collector/connectors"
	"collector/fault"
	"collector/limit"
	"collector/store"
)

// Eight ledgers, as eight processes have them, spend from one quota over the two
// handles of a store: they take, send, and settle with an answer, with a limit, or
// unsent. What each call was told must be what one call after another would have
// been told: never more granted than there is, no call sent into a block that was
// told before, and one call at a time that tests whether a block is over.
var budgets = []promise{
	{"ConcurrentLedgersAreLinearizable", ledgers},
	{"RowsOfQuotasAreLinearizable", quotaRows},
}

const (
	budgetCalls = 60 // of each ledger in one history
	budgetFence = 5 * time.Second
)

// kindsOfBudget are the quotas that the ledger treats differently: of one account
// with one call or two at a time, and one of the application, which is granted in
// batches.
func kindsOfBudget() []budgetKind {
	told := connectors.Report{Remaining: "x-left"} // a header that no answer here has
	return []budgetKind{
		{quota: connectors.Quota{Name: "alone", N: 12, Per: time.Hour, Parallel: 1}, left: 12},
		{quota: connectors.Quota{Name: "pair", N: 25, Per: time.Hour, Parallel: 2, Report: told}, left: 25},
		{quota: connectors.Quota{Name: "app", Scope: connectors.PerApp, N: 300, Per: time.Hour}, left: 80},
	}
}

type budgetKind struct {
	quota connectors.Quota
	left  int // when the history begins
}

func (b budgetKind) shared() bool { return b.quota.Scope == connectors.PerApp }

func ledgers(k *kit) {
	rounds := max(k.Histories, 2)
	var counted spending
	for _, kind := range kindsOfBudget() {
		for round := range rounds {
			h := &spenders{kit: k, budgetKind: kind, seed: uint64(round + 1), spending: &counted}
			h.run()
			k.linear(oneBudget(kind), h.ops, fmt.Sprintf("the quota %q, seed %d", kind.quota.Name, h.seed))
		}
	}
	k.Logf("%d histories of each of %d kinds of quota: %d calls granted and %d refused, %d limits met, %d calls held back from a block after they were granted",
		rounds, len(kindsOfBudget()), counted.granted.Load(), counted.refused.Load(), counted.limits.Load(), counted.late.Load())
	if counted.granted.Load() == 0 || counted.refused.Load() == 0 || counted.limits.Load() == 0 || counted.late.Load() == 0 {
		k.Errorf("this proved too little")
	}
}

// linear ends the test unless the calls fit an order.
func (k *kit) linear(model porcupine.Model, ops []porcupine.Operation, what string) {
	k.Helper()
	result, info := porcupine.CheckOperationsVerbose(model, ops, 0)
	if result != porcupine.Ok {
		k.Fatalf("%s: what %d calls were told fits no order of them: %v; look at %s", what, len(ops), result, k.drawn(model, info))
	}
}

// spending counts what happened in all histories.
type spending struct{ granted, refused, limits, late atomic.Int64 }

// spenders are one history in the making.
type spenders struct {
	*kit
	budgetKind
	*spending
	seed  uint64
	clock atomic.Int64 // milliseconds after noon
	order atomic.Int64 // numbers the beginnings and ends of calls
	mu    sync.Mutex
	ops   []porcupine.Operation
}

func (h *spenders) key() string { return limit.Key(fmt.Sprint("service", h.seed), h.quota, "1") }

func (h *spenders) run() {
	h.must(h.a.UpdateQuotas(h.ctx, []string{h.key()}, func(rows []*limit.Row) error {
		if spent := h.quota.N - h.left; spent > 0 {
			rows[0].Limit, rows[0].Rolling, rows[0].Log = h.quota.N, true, []limit.Spend{{At: at(0), N: spent}}
		}
		return nil
	}))
	var all []*spender
	for i := range linearClients {
		p := &spender{spenders: h, number: i, rnd: rand.New(rand.NewPCG(h.seed, uint64(i)))}
		p.ledger = limit.New([]store.Store{h.a, h.b}[i%2], fmt.Sprint("process", i), func() time.Time {
			return at(time.Duration(p.now) * time.Millisecond)
		}).Within(budgetFence)
		all = append(all, p)
	}
	for range budgetCalls { // each call of one meets one of all others
		var step sync.WaitGroup
		for _, p := range all {
			step.Go(p.step)
		}
		step.Wait()
	}
}

// spender is one process, which makes one call after another.
type spender struct {
	*spenders
	number int
	ledger *limit.Ledger
	rnd    *rand.Rand
	now    int64
	hand   [perSpender]inHand
}

// perSpender is how many permits a process has at most.
const perSpender = 2

// inHand is a permit.
type inHand struct {
	*limit.Permit
	at         int64 // taken
	sent, void bool
}

// call does something and notes when it began and ended, and what it was told.
func (p *spender) call(in spent, do func() paid) paid {
	in.Now, in.Place = p.now, p.number*perSpender+in.Place
	begun := p.order.Add(1)
	out := do()
	ended := p.order.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ops = append(p.ops, porcupine.Operation{ClientId: p.number, Input: in, Call: begun, Output: out, Return: ended})
	return out
}

func (p *spender) step() {
	p.now = p.clock.Add(int64(p.rnd.IntN(120)))
	place := p.rnd.IntN(perSpender)
	hand := &p.hand[place]
	switch lost := p.now >= hand.at+budgetFence.Milliseconds(); {
	case hand.Permit == nil:
		p.take(place, hand)
	case !hand.sent && (hand.void || lost || p.rnd.IntN(6) == 0): // its network is another's by now, or nobody wants it
		p.settle(place, hand, spent{What: unsent}, nil)
	case !hand.sent:
		p.send(place, hand)
	case p.rnd.IntN(7) == 0:
		wait := time.Duration(1+p.rnd.IntN(1500)) * time.Millisecond
		p.settle(place, hand, spent{What: limited, Until: p.now + (wait + time.Second).Milliseconds()}, &limit.Answer{Limited: &limit.Limited{Wait: wait, Reason: "429"}})
		p.limits.Add(1)
	default:
		p.settle(place, hand, spent{What: answered}, &limit.Answer{})
	}
}

func (p *spender) take(place int, hand *inHand) {
	out := p.call(spent{What: take, Place: place}, func() paid {
		permit, err := p.ledger.Take(p.ctx, []limit.Need{{Key: p.key(), Quota: p.quota}}, limit.Poll)
		*hand = inHand{Permit: permit, at: p.now}
		return p.heard(err)
	})
	if out.OK {
		p.granted.Add(1)
	} else {
		*hand = inHand{}
		p.refused.Add(1)
	}
}

func (p *spender) send(place int, hand *inHand) {
	out := p.call(spent{What: send, Place: place}, func() paid { return p.heard(hand.Send(p.ctx)) })
	if hand.sent, hand.void = out.OK, !out.OK; !out.OK {
		p.late.Add(1)
	}
}

// settle ends a permit; answer nil says that nothing was sent.
func (p *spender) settle(place int, hand *inHand, in spent, answer *limit.Answer) {
	in.Place = place
	if answer != nil {
		answer.At = at(time.Duration(p.now) * time.Millisecond)
	}
	p.call(in, func() paid {
		until, err := p.ledger.Settle(p.ctx, hand.Permit, answer)
		if err != nil {
			p.Errorf("seed %d: settling: %v", p.seed, err)
		}
		return paid{OK: true, Until: millis(until)}
	})
	*hand = inHand{}
}

// heard tells a refusal from a failure.
func (p *spender) heard(err error) paid {
	if f, refused := errors.AsType[*fault.Error](err); err != nil && (!refused || f.Kind != fault.RateLimited) {
		p.Errorf("seed %d: %v", p.seed, err)
	}
	return paid{OK: err == nil}
}
