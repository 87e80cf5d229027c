package torture

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/simulate"
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

// commits holds that no network was saved but by the present owner, told by the
// sessions of the transactions: a session is one process's for as long as it lives.
func (h *history) commits() {
	owners := map[string]string{} // session -> owner
	saved, claims, overlaps := 0, 0, 0
	for id, steps := range h.steps {
		var now mongotest.Step
		for _, s := range steps {
			switch s.Kind {
			case mongotest.Claimed:
				claims++
				if s.Epoch <= now.Epoch {
					h.t.Errorf("%s was claimed with the epoch %d after %d", id, s.Epoch, now.Epoch)
				}
				now = s
			case mongotest.Ended:
				now.Owner = ""
			case mongotest.Saved:
				saved++
				if now.Epoch == 0 {
					continue // claimed before we listened
				}
				if was, known := owners[s.Session]; known && was != now.Owner || now.Owner == "" {
					overlaps++
					h.t.Errorf("%s was saved by %q in the time of %q (epoch %d)", id, was, now.Owner, s.Epoch)
				} else {
					owners[s.Session] = now.Owner
				}
			}
		}
	}
	h.t.Logf("%d claims, %d commits in %d sessions: %d in the time of another owner", claims, saved, len(owners), overlaps)
	if claims == 0 || h.mongo != nil && saved == 0 {
		h.t.Error("nothing was claimed or saved: it proves nothing")
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
	var took []time.Duration
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
			}
		}
	}
	h.t.Logf("%d networks were in hand of who went; taken over: %s; promised are %v", len(took)+never, spread(took), within)
	if never > 0 {
		h.t.Errorf("%d of them were never taken over", never)
	}
	if len(took) < len(h.left)/2 {
		h.t.Errorf("only %d networks were in hand at %d departures: it proves little", len(took), len(h.left))
	}
	limit := within
	if !*long { // a slow machine that runs all tests at once
		limit += 4 * time.Second
	}
	if late := share(took, 0.99, func(a, b time.Duration) int { return int(a - b) }); late > limit {
		h.t.Errorf("of 100 takeovers 99 took %v, promised are %v", late, within)
	}
}

// strays counts requests that came from a place whose owner had been superseded.
func (h *history) strays() {
	h.t.Helper()
	ids := h.ids()
	worst, all, asked := 0, 0, 0
	for _, a := range h.sim.Accounts() {
		if a.Service != simulate.GitHub {
			continue
		}
		leases := h.leases(ids[a.Name])
		by := map[int64]int{} // epoch of the successor -> requests that came too late
		at := 0
		for _, q := range h.sim.Requests(a.Key) {
			from := slices.IndexFunc(h.places, func(p *place) bool { return p.door == q.Host })
			if from < 0 || len(leases) == 0 {
				continue
			}
			asked++
			for at+1 < len(leases) && !leases[at+1].from.After(q.At) {
				at++
			}
			mine := func(i int) bool {
				return i < len(leases) && h.placeOf(leases[i].owner) == h.places[from]
			}
			if mine(at) || mine(at+1) && leases[at+1].from.Sub(q.At) < 250*time.Millisecond { // their clocks differ a little
				continue
			}
			by[leases[at].epoch]++
			h.t.Logf("superseded: %v from %s, when %s had epoch %d since %v", q, q.Host, leases[at].owner, leases[at].epoch, q.At.Sub(leases[at].from).Round(time.Millisecond))
		}
		for epoch, n := range by {
			worst, all = max(worst, n), all+n
			if n > 1 {
				h.t.Errorf("%s: %d requests of superseded owners after epoch %d had begun", a.Key, n, epoch)
			}
		}
	}
	h.t.Logf("%d requests, %d of superseded owners, at most %d a takeover", asked, all, worst)
	if asked == 0 {
		h.t.Error("nobody asked anything through a door: it proves nothing")
	}
}

// ids are the networks of GitHub accounts, by account.
func (h *history) ids() map[string]string {
	h.t.Helper()
	var all []struct {
		ID      string `bson:"_id"`
		Account string `bson:"account"`
	}
	cursor, err := h.mongo.Collection("networks").Find(context.Background(), bson.D{{Key: "service", Value: simulate.GitHub}})
	if err == nil {
		err = cursor.All(context.Background(), &all)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]string{}
	for _, n := range all {
		out[n.Account] = n.ID
	}
	return out
}
