package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// news is what the watch saw: all keys, or some changes.
type news struct {
	listed  bool
	entries []Entry
	changes []Change
}

// watch lists the keys and follows their changes, again and again until ctx ends:
// a watch ends when what it should tell has been compacted away, when the
// connection broke for good, and when the member had to register again.
func (m *Member) watch(ctx context.Context, out chan<- news) {
	send := func(n news) {
		select {
		case out <- n:
		case <-ctx.Done():
		}
	}
	for ctx.Err() == nil {
		if err := m.follow(ctx, send); err != nil {
			m.Log.Debug("the members of the cluster are to be listed again", "err", err)
		}
		pause := time.NewTimer(m.retry())
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
}

func (m *Member) follow(ctx context.Context, send func(news)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-m.again:
			cancel()
		case <-stop:
		}
	}()
	listing, done := context.WithTimeout(ctx, m.wait())
	entries, revision, err := m.registry.List(listing)
	done()
	if err != nil {
		return fmt.Errorf("listing the members of the cluster: %w", err)
	}
	send(news{listed: true, entries: entries})
	return m.registry.Watch(ctx, revision, func(cs []Change) { send(news{changes: cs}) })
}

// learn takes in what the watch saw.
func (m *Member) learn(n news) {
	m.mu.Lock()
	was := m.view[leaderKey]
	_, asked := m.view[drainKeys+m.id]
	if n.listed {
		m.seen = false
		m.view.relist(n.entries)
		for _, e := range n.entries {
			m.look(Change{Entry: e})
		}
	}
	for _, c := range n.changes { // its own entry first: it says what to make of the others
		m.look(c)
		m.view.apply(c)
	}
	now := time.Now()
	var gone time.Time // zero: who goes has left
	if !m.seen || m.lost {
		gone = now.Add(max(m.TTL, m.ttl))
	}
	var events []Event
	if n.listed {
		until := gone
		if until.IsZero() && now.Before(m.trust) {
			until = m.trust // who is not there has not registered again yet
		}
		events = m.roster.relist(n.entries, until)
	}
	for _, c := range n.changes {
		events = append(events, m.roster.apply(c, gone)...)
	}
	if l, led := m.view[leaderKey]; led && l.Created != was.Created {
		p := m.roster.peers[string(l.Value)]
		p.ID = string(l.Value)
		events = append(events, Event{Kind: Led, Peer: p, Term: l.Created})
	}
	if _, asks := m.view[drainKeys+m.id]; asks && !asked {
		m.draining = true
		events = append(events, Event{Kind: Draining})
	}
	_, led := m.view[leaderKey]
	known := led || m.draining
	m.mu.Unlock()
	if known {
		m.settle()
	}
	m.emit(events...)
}

// look notes whether the own entry is there.
func (m *Member) look(c Change) {
	if c.Key == memberKeys+m.id {
		m.seen = !c.Deleted && m.lease != 0 && c.Lease == m.lease
	}
}

func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("writing an entry of the cluster: %w", err)
	}
	return b, nil
}
