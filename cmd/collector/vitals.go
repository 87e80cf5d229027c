package main

import (
	"log/slog"

	"collector/queue"
	"collector/scheduler"
	"collector/store"
)

// hands are what an instance has in hand beside networks, by those who know. Its functions are
// added before anybody asks.
type hands struct{ of []inHand }

// inHand says how many jobs run now, of how many may, and how many leases are held.
type inHand func() (running, of, leases int)

func (h *hands) add(ask inHand) { h.of = append(h.of, ask) }

// vitals is how this instance stands, for its heartbeat.
func (a *app) vitals(st store.Store, run *scheduler.Scheduler, h *hands) *store.Vitals {
	v := &store.Vitals{Busy: run.Working(), Workers: a.conf.Workers, Leases: run.Running(), Calls: a.calls.Count(a.now())}
	for _, ask := range h.of {
		running, of, leases := ask()
		v.Busy, v.Workers, v.Leases = v.Busy+running, v.Workers+of, v.Leases+leases
	}
	v.Memory, v.Resident = memoryInUse()
	if p, is := st.(store.Pooled); is {
		v.Conns, v.MostConns = p.Connections()
	}
	return v
}

// sent counts the calls that leave; nil where nobody asks for their number.
func (a *app) sent() func() {
	if a.calls == nil {
		return nil
	}
	return func() { a.calls.Add(a.now()) }
}

// obeying does what is wished of this instance: it is quiet, works again, or ends as drained
// has it. Each change is logged once.
func (a *app) obeying(hush *queue.Hush, drained func(), log *slog.Logger) func(store.Wish) {
	was := store.Work
	return func(w store.Wish) {
		if w == was {
			return
		}
		was = w
		hush.Set(w != store.Work)
		switch w {
		case store.Quiet:
			log.Info("asked to be quiet: it claims nothing more, finishes what is in hand and stays")
		case store.Stop:
			log.Info("asked to stop: it claims nothing more, finishes what is in hand and ends")
			drained()
		default:
			log.Info("asked to work again: it claims what is due")
		}
	}
}
