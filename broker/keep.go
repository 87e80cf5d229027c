package broker

import (
	"context"
	"fmt"
	"time"

	"collector/queue"
)

// rescued is how many jobs one statement takes from dead owners.
const rescued = 1000

// keep renews the leases of all messages that consumers of this process have, and takes
// from dead processes what they had, every third of a lease. Transactions that they have
// noted come first: rescued, what they acknowledge would be delivered again.
func (b *Broker) keep() {
	tick := time.NewTicker(b.o.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(b.ctx, b.o.Lease/3)
		for _, step := range []func(context.Context) error{b.renew, b.resume, b.rescue} {
			if err := step(ctx); err != nil && b.ctx.Err() == nil {
				b.o.Report(err)
			}
		}
		cancel()
	}
}

// renew moves the ends of all leases. What no longer stands is not handed out.
func (b *Broker) renew(ctx context.Context) error {
	b.mu.Lock()
	var feeders []*feeder
	for _, f := range b.feeders {
		feeders = append(feeders, f)
	}
	b.mu.Unlock()
	var all []*delivery
	var owners []*feeder
	var refs []queue.Ref
	for _, f := range feeders {
		f.mu.Lock()
		for _, s := range f.streams {
			for _, list := range [][]*delivery{s.ready, s.held} {
				for _, d := range list {
					if !d.lost && d.leased() {
						all, owners, refs = append(all, d), append(owners, f), append(refs, d.ref)
					}
				}
			}
		}
		f.mu.Unlock()
	}
	if len(refs) == 0 {
		return nil
	}
	until := b.o.Now().Add(b.o.Lease)
	stood, err := b.jobs.Renew(ctx, refs, until)
	if err != nil {
		return fmt.Errorf("renewing the leases of %d messages: %w", len(refs), err)
	}
	for i, d := range all {
		owners[i].mu.Lock()
		if d.lost = !stood[i]; stood[i] {
			d.until = until
		}
		owners[i].mu.Unlock()
	}
	return nil
}

// rescue takes what dead owners had. Each call removes what was kept long enough, too, up to a
// number: there are as many more as it takes to remove no less than this process stores.
func (b *Broker) rescue(ctx context.Context) error {
	for rounds := 1 + b.left.Swap(0)/rescued; rounds > 0; rounds-- {
		jobs, err := b.jobs.Rescue(ctx, b.o.Now(), rescued)
		if err != nil {
			return fmt.Errorf("taking messages from dead consumers: %w", err)
		}
		if len(jobs) == rescued {
			rounds++ // there may be more of them
		}
	}
	return nil
}
