package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"collector/queue"
)

// ending is what one call says of claims.
type ending struct {
	outcomes []queue.Outcome
	until    time.Time // see finish
	stood    []bool
	err      error
	done     chan struct{}
}

// ends writes acknowledgements: those that come while it writes share the next write.
// Each brings the token of its claim, so that what comes too late changes nothing.
type ends struct {
	b *Broker

	mu   sync.Mutex
	line []*ending
	more chan struct{} // has room for one
}

func newEnds(b *Broker) *ends { return &ends{b: b, more: make(chan struct{}, 1)} }

// finish ends claims, and returns for each whether it still stood. Before until nobody
// else can have them; zero is for who does not ask whether they stood. If ctx ends before
// the store has answered they are ended later all the same.
func (e *ends) finish(ctx context.Context, outcomes []queue.Outcome, until time.Time) ([]bool, error) {
	if len(outcomes) == 0 {
		return nil, nil
	}
	n := &ending{outcomes: outcomes, until: until, done: make(chan struct{})}
	e.mu.Lock()
	e.line = append(e.line, n)
	e.mu.Unlock()
	select {
	case e.more <- struct{}{}:
	default:
	}
	select {
	case <-n.done:
		return n.stood, n.err
	case <-ctx.Done():
		return nil, fmt.Errorf("acknowledging: the store has not answered yet: %w", context.Cause(ctx))
	case <-e.b.ctx.Done():
		return nil, fmt.Errorf("acknowledging: the broker ended: %w", ErrClosed)
	}
}

func (e *ends) run() {
	for {
		e.mu.Lock()
		var now []*ending
		count := 0
		for len(e.line) > 0 && (count == 0 || count+len(e.line[0].outcomes) <= MaxBatch) {
			count += len(e.line[0].outcomes)
			now, e.line = append(now, e.line[0]), e.line[1:]
		}
		e.mu.Unlock()
		if len(now) == 0 {
			select {
			case <-e.more:
				continue
			case <-e.b.ctx.Done():
				return
			}
		}
		e.write(now)
	}
}

// write is one write for several calls.
func (e *ends) write(calls []*ending) {
	var all []queue.Outcome
	var untils []time.Time // of each
	for _, n := range calls {
		all = append(all, n.outcomes...)
		untils = append(untils, slices.Repeat([]time.Time{queue.Milli(n.until)}, len(n.outcomes))...)
	}
	var stood []bool
	failed := false
	err := e.b.retry(e.b.ctx, "acknowledging", func(ctx context.Context) (err error) {
		stood, err = e.b.jobs.Finish(ctx, e.b.o.Now(), all)
		if err == nil && failed {
			err = e.doubt(ctx, all, untils, stood)
		}
		failed = failed || err != nil
		return err
	})
	for _, n := range calls {
		n.err = err
		if err == nil {
			n.stood, stood = stood[:len(n.outcomes)], stood[len(n.outcomes):]
		}
		close(n.done)
	}
}

// doubt looks at claims that no longer stand although an earlier try, whose answer was
// lost, may have ended them. A message that is gone while its lease goes on was
// acknowledged by this claim; later it may have been by the next one, whose consumer is
// the only one to be told so. One that was to be given back is in nobody's hands by this
// claim.
func (e *ends) doubt(ctx context.Context, all []queue.Outcome, untils []time.Time, stood []bool) error {
	for i, o := range all {
		if stood[i] {
			continue
		}
		if o.Verb != queue.Complete {
			stood[i] = true
			continue
		}
		_, err := e.b.jobs.Job(ctx, o.ID)
		if err != nil && !errors.Is(err, queue.ErrNotFound) {
			return err
		}
		stood[i] = err != nil && e.b.o.Now().Before(untils[i])
	}
	return nil
}
