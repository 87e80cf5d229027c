package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"collector/queue"
)

// crew is the master of the queue while a process delivers, with the queues that it has. It is
// used by one goroutine.
type crew struct {
	s    *Service
	jobs queue.Store

	master *queue.Master // nil: it has not begun
	stop   func()
	have   []queue.Queue
	// leaving are the endpoints, by id, that are not there any more while something of them may
	// still be in a worker's hands.
	leaving map[string]bool
}

// follow lets the workers call the endpoints as they are now. Whoever is called goes on being
// called: the master is given other queues, and not replaced.
func (c *crew) follow(ctx context.Context) (err error) {
	want := c.s.lanes()
	switch {
	case c.master == nil:
		c.sweep(ctx)
		if c.master, c.stop, err = c.s.start(ctx, c.jobs, want); err != nil {
			return err
		}
	case !slices.Equal(want, c.have):
		if err := c.master.SetQueues(ctx, want...); err != nil {
			return err
		}
		if c.leave(want) {
			c.sweep(ctx)
		}
	default:
		c.see(ctx)
	}
	c.have = want
	return nil
}

// leave notes which endpoints have no queue any more, and returns whether there are any.
func (c *crew) leave(want []queue.Queue) bool {
	stays := map[string]bool{}
	for _, q := range want {
		stays[q.Name] = true
	}
	some := false
	for _, q := range c.have {
		if !stays[q.Name] {
			c.leaving[strings.TrimPrefix(q.Name, queues)], some = true, true
		}
	}
	return some
}

func (c *crew) sweep(ctx context.Context) {
	if err := Sweep(ctx, c.s.hooks, c.jobs, c.s.c.Now()); err != nil {
		c.s.warn(ctx, "removing what nobody is to be told any more", err)
	}
}

// see removes what workers have given back of endpoints that were removed meanwhile.
func (c *crew) see(ctx context.Context) {
	for id := range c.leaving {
		more, err := left(ctx, c.s.hooks, c.jobs, id)
		if err != nil {
			c.s.warn(ctx, "removing what nobody is to be told any more", err)
		} else if !more {
			delete(c.leaving, id)
		}
	}
}

// left removes what waits for an endpoint that was removed, and returns whether more may come:
// workers have something of it, or had until now. What waits for one that is damaged stays.
func left(ctx context.Context, st Store, jobs queue.Store, id string) (more bool, _ error) {
	switch _, err := st.Get(ctx, id); {
	case err == nil, errors.Is(err, ErrDamaged):
		return false, nil
	case !errors.Is(err, ErrUnknown):
		return true, err
	}
	has, _, err := jobs.Jobs(ctx, queue.Filter{Queue: QueueOf(id), State: queue.Running}, queue.Page{Limit: 1})
	if err != nil {
		return true, fmt.Errorf("looking what is being delivered to webhook %s: %w", id, err)
	}
	if len(has) > 0 {
		return true, nil
	}
	n, err := queue.Remove(ctx, jobs, queue.Filter{Queue: QueueOf(id)})
	if err != nil {
		return true, fmt.Errorf("removing what was still to be delivered to webhook %s: %w", id, err)
	}
	return n > 0, nil
}

// end ends the workers, and waits.
func (c *crew) end() {
	if c.stop != nil {
		c.stop()
	}
}
