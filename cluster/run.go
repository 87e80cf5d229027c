package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// memory is how long a member that left is remembered for who may lead next.
const memory = time.Hour

// Run takes part until ctx is done, then resigns and leaves. It does not fail when
// the registry does not answer: it goes on trying. The error is about leaving.
func (m *Member) Run(ctx context.Context) error {
	watching, deaf := context.WithCancel(ctx)
	news := make(chan news)
	m.work.Go(func() { m.watch(watching, news) })
	answered := sync.OnceFunc(func() { close(m.ready) })
	defer answered()
	defer m.settle()
	beat := time.NewTicker(min(m.retry(), time.Second))
	defer beat.Stop()
	for ctx.Err() == nil {
		m.step(ctx)
		answered()
		select {
		case <-ctx.Done():
		case n := <-news:
			m.learn(n)
		case <-beat.C:
		}
	}
	deaf()
	m.demote()
	m.work.Wait()
	return m.leave(ctx)
}

// step does what is due.
func (m *Member) step(ctx context.Context) {
	m.keep(ctx)
	now := time.Now()
	m.mu.Lock()
	events := m.roster.settle(now, false)
	for id, a := range m.left {
		if now.Sub(a.at) > memory {
			delete(m.left, id)
		}
	}
	m.mu.Unlock()
	m.emit(events...)
	m.lead(ctx)
	if !m.Lost() {
		m.act(ctx)
	}
}

// wait is how long one call may take, retry the pause after one that failed.
func (m *Member) wait() time.Duration  { return min(m.TTL/4, 2*time.Second) }
func (m *Member) retry() time.Duration { return min(m.TTL/8, 5*time.Second) }

// keep registers, renews the lease when half of it is over, and says what changed.
func (m *Member) keep(ctx context.Context) {
	now := time.Now()
	m.mu.Lock()
	lease := m.lease
	m.mu.Unlock()
	var err error
	switch {
	case lease == 0 && now.Before(m.retryAt):
		return
	case lease == 0:
		err = m.register(ctx)
	case !now.Before(m.renewAt):
		err = m.renew(ctx, lease)
	default:
		err = m.advertise(ctx, lease, now)
	}
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, ErrLeaseGone):
		m.mu.Lock()
		m.lease, m.seen = 0, false
		m.mu.Unlock()
		m.retryAt = now
		select { // what was watched may have been emptied with the leases
		case m.again <- struct{}{}:
		default:
		}
	default:
		m.retryAt, m.renewAt = now.Add(m.retry()), now.Add(m.retry())
		m.lose(err)
	}
}

func (m *Member) register(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, m.wait())
	defer cancel()
	asked := time.Now()
	lease, ttl, err := m.registry.Grant(ctx, m.TTL)
	if err != nil {
		return fmt.Errorf("asking for a lease: %w", err)
	}
	p := m.self()
	if err := m.say(ctx, p, lease); err != nil {
		undoing, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.wait())
		defer cancel()
		_ = m.registry.Revoke(undoing, lease) // else it ends by itself
		return fmt.Errorf("registering: %w", err)
	}
	m.mu.Lock()
	if m.ttl != 0 {
		m.trust = asked.Add(ttl)
	}
	m.lease, m.ttl, m.until = lease, ttl, asked.Add(ttl)
	m.mu.Unlock()
	m.renewAt = asked.Add(ttl / 2)
	m.found(false)
	return nil
}

func (m *Member) renew(ctx context.Context, lease LeaseID) error {
	ctx, cancel := context.WithTimeout(ctx, m.wait())
	defer cancel()
	asked := time.Now()
	if err := m.registry.Renew(ctx, lease); err != nil {
		return fmt.Errorf("renewing the lease: %w", err)
	}
	m.mu.Lock()
	m.until = asked.Add(m.ttl)
	if m.fuse != nil {
		m.fuse.Reset(time.Until(m.until))
	}
	m.renewAt = asked.Add(m.ttl / 2)
	m.mu.Unlock()
	m.found(true)
	return nil
}

// advertise writes the own entry when it changed: at once when it is about
// leaving, else not too often, since all members read it.
func (m *Member) advertise(ctx context.Context, lease LeaseID, now time.Time) error {
	p := m.self()
	if p.equal(m.said) || p.Draining == m.said.Draining && now.Before(m.saidAt.Add(max(m.TTL/24, time.Second))) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, m.wait())
	defer cancel()
	if err := m.say(ctx, p, lease); err != nil {
		return fmt.Errorf("advertising: %w", err)
	}
	return nil
}

func (m *Member) say(ctx context.Context, p Peer, lease LeaseID) error {
	b, err := encode(p)
	if err != nil {
		return err
	}
	if _, err := m.registry.Commit(ctx, Txn{Then: []Op{{Key: memberKeys + m.id, Value: b, Lease: lease}}}); err != nil {
		return err
	}
	m.said, m.saidAt = p, time.Now()
	return nil
}

// lose takes in that the registry does not answer.
func (m *Member) lose(err error) {
	m.mu.Lock()
	was := m.lost
	m.lost = true
	m.mu.Unlock()
	m.settle()
	if !was {
		m.emit(Event{Kind: Lost, Err: err})
	}
}

// found takes in that the registry answers; same says that the lease outlived the
// silence, so that who is not there any more has really left.
func (m *Member) found(same bool) {
	m.mu.Lock()
	was := m.lost
	m.lost = false
	var events []Event
	if was {
		events = append(events, Event{Kind: Back})
	}
	if was && same && m.seen {
		events = append(events, m.roster.settle(time.Now(), true)...)
	}
	m.mu.Unlock()
	m.emit(events...)
}

// leave ends the lease, and with it the entry and the leadership.
func (m *Member) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.wait())
	defer cancel()
	m.mu.Lock()
	lease := m.lease
	m.lease, m.seen = 0, false
	m.mu.Unlock()
	if lease == 0 {
		return nil
	}
	if err := m.registry.Revoke(ctx, lease); err != nil {
		return fmt.Errorf("leaving the cluster, which ends by itself within %s: %w", m.ttl, err)
	}
	return nil
}
