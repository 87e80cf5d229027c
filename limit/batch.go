package limit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"collector/fault"
)

// batch is calls of a shared quota that this process was granted and has not
// sent yet.
type batch struct {
	id   string
	left int
	void time.Time // our clock
}

// inHand returns a batch that covers a need, or nil. Batches that are too old
// are moved to stale, since what was not sent of them goes back. l.mu is held.
func (l *Ledger) inHand(n Need, now time.Time, stale map[string][]*batch) (found *batch) {
	if !shared(n.Quota) {
		return nil
	}
	l.batches[n.Key] = slices.DeleteFunc(l.batches[n.Key], func(b *batch) bool {
		if now.Before(b.void) && b.left > 0 {
			if found == nil && b.left >= n.Cost {
				found = b
			}
			return false
		}
		if b.left > 0 {
			stale[n.Key] = append(stale[n.Key], b)
		}
		return true
	})
	return found
}

// putBack returns what was taken from the batches in hand.
func (l *Ledger) putBack(p *Permit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, n := range p.needs {
		for _, b := range l.batches[n.Key] {
			if b.id == p.ids[i] {
				b.left += n.Cost
			}
		}
	}
}

// idle gives back the batches in hand that would run out before the call may
// happen, since another quota refuses it for longer.
func (l *Ledger) idle(ctx context.Context, p *Permit, refused error) error {
	f := fault.As(refused)
	if f == nil || f.Kind != fault.RateLimited {
		return nil
	}
	for i, n := range p.needs {
		if p.ids[i] == "" || !shared(n.Quota) || f.Until.Before(l.now().Add(life(n.Quota)*3/4)) {
			continue
		}
		left := l.unsent(n.Key, p.ids[i])
		if left == 0 {
			continue
		}
		err := l.store.UpdateQuotas(ctx, []string{n.Key}, func(rows []*Row) error {
			rows[0].giveBack(p.ids[i], left, p.class)
			return nil
		})
		if err != nil {
			return fmt.Errorf("giving back what is left of the quota %s: %w", n.Key, err)
		}
	}
	return nil
}

// unsent takes the batch id of a key away, and returns how many of its calls
// were not used.
func (l *Ledger) unsent(key, id string) (left int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches[key] = slices.DeleteFunc(l.batches[key], func(b *batch) bool {
		if b.id != id {
			return false
		}
		left = b.left
		return true
	})
	if len(l.batches[key]) == 0 {
		delete(l.batches, key)
	}
	return left
}

// Close gives back what this process reserved and did not send. Call it when
// nothing more is sent.
func (l *Ledger) Close(ctx context.Context) error {
	l.mu.Lock()
	left := l.batches
	l.batches = map[string][]*batch{}
	l.mu.Unlock()
	for key, batches := range left {
		err := l.store.UpdateQuotas(ctx, []string{key}, func(rows []*Row) error {
			for _, b := range batches {
				rows[0].giveBack(b.id, b.left, Poll)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("giving back what is left of the quota %s: %w", key, err)
		}
	}
	return nil
}
