package torture

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"collector/store/mongo/mongotest"
)

// history is what happened to every network while instances shared it, as the
// database itself tells it.
type history struct {
	*crew
	lease time.Duration
	stop  context.CancelFunc
	done  func() error

	mu    sync.Mutex
	steps map[string][]mongotest.Step // by network, in order
}

// held is one lease of one network.
type held struct {
	owner string
	epoch int64
	from  time.Time
	end   mongotest.Step // Kind "" where the next claim ended it, or nothing has yet
}

// follow begins to listen.
func (c *crew) follow(lease time.Duration) *history {
	c.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	h := &history{crew: c, lease: lease, stop: stop, steps: map[string][]mongotest.Step{}}
	note := func(s mongotest.Step) {
		h.mu.Lock()
		h.steps[s.Network] = append(h.steps[s.Network], s)
		h.mu.Unlock()
	}
	if c.mongo == nil {
		h.done = c.watchLeases(ctx, note)
		return h
	}
	var err error
	if h.done, err = mongotest.Follow(ctx, c.mongo.Collection("networks"), note); err != nil {
		c.t.Fatal(err)
	}
	return h
}

// watchLeases looks at the leases of a file again and again. It sees those that last,
// as those of the dead do, and no commits.
func (c *crew) watchLeases(ctx context.Context, note func(mongotest.Step)) func() error {
	db := c.open()
	done := make(chan error, 1)
	go func() {
		defer db.Close()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		before := map[string]mongotest.Step{}
		for {
			select {
			case <-ctx.Done():
				done <- nil
				return
			case <-tick.C:
			}
			rows, err := db.Query("SELECT net, coalesce(owner, ''), epoch FROM leases")
			if err != nil {
				done <- fmt.Errorf("looking at the leases: %w", err)
				return
			}
			for rows.Next() {
				s := mongotest.Step{Told: time.Now(), Bare: true}
				if err := rows.Scan(&s.Network, &s.Owner, &s.Epoch); err != nil {
					done <- fmt.Errorf("looking at the leases: %w", err)
					return
				}
				was := before[s.Network]
				before[s.Network] = s
				switch {
				case s.Owner != "" && s.Epoch != was.Epoch:
					s.Kind = mongotest.Claimed
					note(s)
				case s.Owner == "" && was.Owner != "":
					s.Kind, s.Owner = mongotest.Ended, was.Owner
					note(s)
				}
			}
			if err := rows.Err(); err != nil {
				done <- fmt.Errorf("looking at the leases: %w", err)
				return
			}
		}
	}()
	return func() error { return <-done }
}

// end hears the last of it.
func (h *history) end() {
	h.t.Helper()
	time.Sleep(time.Second) // what is committed is told a moment later
	h.stop()
	if err := h.done(); err != nil {
		h.t.Fatal(err)
	}
}

// judge holds what happened against the promises.
func (h *history) judge(within time.Duration) {
	h.t.Helper()
	h.commits()
	h.takeovers(within)
	if h.mongo != nil { // a file is only looked at now and then
		h.strays()
	}
}

// leases are those of a network, in order.
func (h *history) leases(id string) (out []held) {
	for _, s := range h.steps[id] {
		switch {
		case s.Kind == mongotest.Claimed:
			from := s.Told
			if !s.Until.IsZero() {
				from = s.Until.Add(-h.lease) // of the claimer, when it claimed
			}
			out = append(out, held{owner: s.Owner, epoch: s.Epoch, from: from})
		case s.Kind == mongotest.Ended && len(out) > 0:
			out[len(out)-1].end = s
		}
	}
	return out
}

// takeovers measures how long it took from each death and stop until another one had
// each network that was in hand.
func (h *history) takeovers(within time.Duration) {
	h.t.Helper()
	var took, freed []time.Duration // until it was claimed; until anybody could claim it, where that was told
	var tardy []string
	never := 0
	for id := range h.steps {
		all := h.leases(id)
		for _, d := range h.left {
			for i, l := range all {
				if !strings.Contains(l.owner, fmt.Sprintf("-%d-", d.pid)) || l.from.After(d.at) {
					continue
				}
				done := l.end.Kind != "" && (l.end.Told.Before(d.at) || !l.end.Bare) // given back by itself
				if over := i+1 < len(all) && all[i+1].from.Before(d.at); done || over {
					continue
				}
				if i+1 == len(all) {
					never++
					h.t.Logf("%s, in hand of %s when that went, was never taken over", id, l.owner)
					continue
				}
				took = append(took, all[i+1].from.Sub(d.at))
				if late := took[len(took)-1]; late > within {
					tardy = append(tardy, fmt.Sprintf("%s, in hand of %s for %v, which went %v after the first (killed: %v), was freed (%q) after %v and taken by %s after %v",
						id, l.owner, d.at.Sub(l.from), d.at.Sub(h.left[0].at), d.kill, l.end.Kind, l.end.Told.Sub(d.at), all[i+1].owner, late))
				}
				if l.end.Kind != "" {
					freed = append(freed, l.end.Told.Sub(d.at))
				}
			}
		}
	}
	h.t.Logf("%d networks were in hand of who went; taken over: %s; promised are %v; %d not at all; %d freed before that: %s", len(took)+never, spread(took), within, never, len(freed), spread(freed))
	for _, one := range tardy[:min(len(tardy), 20)] {
		h.t.Log(one)
	}
	if len(took)+never < len(h.left)/2 {
		h.t.Errorf("only %d networks were in hand at %d departures: it proves little", len(took)+never, len(h.left))
	}
	if !*long { // a machine that runs all tests at once may stand still
		return
	}
	if late := share(took, 0.99, func(a, b time.Duration) int { return int(a - b) }); late > within || never > 0 {
		h.t.Errorf("of 100 takeovers 99 took %v, promised are %v; %d never came", late, within, never)
	}
}
