package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"collector/connectors"
	"collector/control"
	"collector/executor"
	"collector/fault"
	"collector/state"
	"collector/store"
)

// progress tells how collecting goes on: at a terminal in one line that is
// drawn anew each second, under the log; else as a log line every 10 s while
// histories are being read.
type progress struct {
	out   io.Writer
	now   func() time.Time
	began time.Time
	tty   bool
	label string // begins the line over simulated data
	offer func(service string) (connectors.Connector, bool)
	width int

	mu                         sync.Mutex
	drawn                      string
	runs, pages, added, errors int
}

func newProgress(a *app) *progress {
	p := &progress{out: a.err, now: a.now, began: a.now(), offer: a.offered}
	p.width, p.tty = terminal(a.err)
	if a.simulated {
		p.label = "[simulated] "
	}
	p.tty = p.tty && !a.conf.Quiet && a.textLogs()
	return p
}

// Write passes a log line and draws the progress line below it again.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn != "" {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	n, err := p.out.Write(b)
	if p.drawn != "" {
		fmt.Fprint(p.out, p.drawn)
	}
	return n, err
}

// ended counts a run.
func (p *progress) ended(o executor.Outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs++
	p.pages += o.Pages
	p.added += o.Added
	if o.Err != nil && fault.KindOf(o.Err) != fault.RateLimited {
		p.errors++
	}
}

// summary is the last line of a pass.
func (p *progress) summary() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("done in %s: %s, %s, %s new, %s", clock(p.now().Sub(p.began)),
		many(p.runs, "run", "runs"), many(p.pages, "page", "pages"), many(p.added, "item", "items"), many(p.errors, "error", "errors"))
}

// status is how things stand, in one line.
func (p *progress) status(running int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("%d in work; since the start %s, %s new, %s", running, many(p.runs, "run", "runs"), many(p.added, "item", "items"), many(p.errors, "error", "errors"))
}

// show draws until stop is closed. How often it asks the store depends on how
// long the store takes to answer, so that it never weighs.
func (p *progress) show(ctx context.Context, st store.Store, running func() int, log *slog.Logger, stop <-chan struct{}) {
	every := 10 * time.Second
	if p.tty {
		every = time.Second
	}
	t := time.NewTimer(every)
	defer t.Stop()
	defer p.clear()
	for {
		select {
		case <-stop:
			return
		case <-t.C:
		}
		asked := p.now()
		if w, histories, err := p.histories(ctx, st); err == nil {
			p.tell(w, histories, running(), log)
		}
		t.Reset(max(every, 20*p.now().Sub(asked)))
	}
}

// histories sums up the histories that are being read, and says how many they
// are. Of very many only the items are told: all of them, so that none is read.
func (p *progress) histories(ctx context.Context, st store.Store) (whole, int, error) {
	t, err := st.Tally(ctx, p.now())
	if err != nil {
		return whole{}, 0, err
	}
	n := 0
	for _, s := range t.States {
		if s.Mode == state.Initial && s.Condition != state.Imported {
			n += s.Networks
		}
	}
	if n == 0 || n > control.StatusMost {
		return whole{items: t.Items}, n, nil
	}
	backfilling, err := st.Networks(ctx, store.Filter{Mode: state.Initial})
	backfilling = slices.DeleteFunc(backfilling, func(n state.Network) bool { return n.Condition == state.Imported })
	return together(backfilling, p.quotas(ctx, st, backfilling), p.now()), len(backfilling), err
}

// quotas returns what tells the tightest quota of a network, nil where none is
// known: a history that needs more calls than are left waits for a new window.
func (p *progress) quotas(ctx context.Context, st store.Store, networks []state.Network) func(state.Network) *quotaView {
	rows, err := control.Ledger(ctx, st, p.offer, networks...)
	if err != nil {
		return func(state.Network) *quotaView { return nil }
	}
	return func(n state.Network) *quotaView {
		c, ok := p.offer(n.Service)
		if !ok {
			return nil
		}
		return control.Tightest(c.Info(), n, rows, p.now())
	}
}

func (p *progress) tell(w whole, networks, running int, log *slog.Logger) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.tty {
		if networks > 0 && running > 0 {
			args := []any{"networks", networks, "items", w.items, "pages", w.pages, "running", running, "errors", p.errors}
			if w.of > 0 {
				args = append(args, "of", w.of)
			}
			if w.known {
				args = append(args, "eta", w.eta.Round(time.Second).String())
			}
			p.mu.Unlock() // the log writes through p
			log.Info("progress", args...)
			p.mu.Lock()
		}
		return
	}
	p.drawn = short(p.line(w, networks, running), p.width-1)
	fmt.Fprint(p.out, "\r\x1b[K"+p.drawn)
}

// line is the progress in one line, what matters most first: a narrow terminal
// cuts its end.
func (p *progress) line(w whole, networks, running int) string {
	parts := []string{p.label + "[" + clock(p.now().Sub(p.began)) + "]"}
	switch {
	case networks == 0:
		parts = append(parts, "up to date", many(p.runs, "run", "runs"))
	case w.of > 0:
		parts = append(parts, percent(w.pages, w.of), fmt.Sprintf("%s/%s pages", count(w.pages), count(w.of)), many(w.items, "item", "items"))
	default:
		parts = append(parts, many(w.items, "item", "items")+" so far")
	}
	parts = append(parts, many(p.errors, "error", "errors"))
	if w.known {
		parts = append(parts, "ETA "+clock(w.eta))
	}
	if networks > 1 {
		parts = append(parts, many(networks, "history", "histories"))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d in work", running)), "  ")
}

// whole is all histories that are being read, as one.
type whole struct {
	pages, of, items int
	eta              time.Duration
	known            bool
}

// together adds up walks. It has a total and an ETA only when each has: they are
// read side by side, so the longest says when all are done.
func together(networks []state.Network, quota func(state.Network) *quotaView, now time.Time) whole {
	w := whole{known: len(networks) > 0}
	all := true
	for _, n := range networks {
		if n.Paused || n.Walk == nil {
			continue
		}
		w.pages += n.Walk.Pages
		w.items += n.Walk.Items
		w.of += n.Walk.Of
		all = all && n.Walk.Of > 0
		d, ok := control.ETA(*n.Walk, quota(n), now)
		w.known = w.known && ok
		w.eta = max(w.eta, d)
	}
	if !all {
		w.of, w.known = 0, false
	}
	w.known = w.known && w.of > 0
	return w
}

// clear takes the line away.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn != "" {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.drawn = ""
	}
}
