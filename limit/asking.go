package limit

import (
	"context"
	"fmt"

	"collector/fault"
)

// asking is one caller of this process that asks for a batch of a shared quota. The
// others wait for what comes of it: if each asked for himself, they would hold
// many batches, and the processes beside them none.
type asking struct {
	key    string
	class  Class
	others int // that wait
	done   chan struct{}
	err    error // why there is none; set before done is closed
}

// begin says that p asks for the needs at ask, or returns who asks already. Only a
// call that spends from one shared quota asks for others. l.mu is held.
func (l *Ledger) begin(p *Permit, ask []int) (other, mine *asking) {
	if len(p.needs) != 1 || len(ask) != 1 || !shared(p.needs[0].Quota) {
		return nil, nil
	}
	key := p.needs[0].Key
	if other := l.asking[key]; other != nil {
		other.others++
		return other, nil
	}
	mine = &asking{key: key, class: p.class, done: make(chan struct{})}
	l.asking[key] = mine
	return nil, mine
}

// wanted is how many calls want a share of what is asked for. l.mu is held.
func (l *Ledger) wanted(key string) int {
	if a := l.asking[key]; a != nil {
		return 1 + a.others
	}
	return 1
}

// end tells those who wait what came of it.
func (l *Ledger) end(mine *asking, err error) {
	if mine == nil {
		return
	}
	l.mu.Lock()
	delete(l.asking, mine.key)
	l.mu.Unlock()
	mine.err = err
	close(mine.done)
}

// wait waits for another call's batch. That it met a limit is told to calls of its
// class, which would meet the same.
func (a *asking) wait(ctx context.Context, c Class) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("waiting for a batch of the quota %s: %w", a.key, context.Cause(ctx))
	case <-a.done:
	}
	if f := fault.As(a.err); f != nil && f.Kind == fault.RateLimited && a.class == c {
		return a.err
	}
	return nil
}
