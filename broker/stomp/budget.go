package stomp

import (
	"context"

	"golang.org/x/sync/semaphore"

	"collector/broker/stomp/frame"
)

// budget is the memory that all sessions share, in bytes. It has two halves, so that what
// clients leave open keeps nobody's body out. A body is let in once and whole, before
// most of it is read, and who waits for it holds nothing of its half: no two can wait for
// each other. A transaction does not wait, as what it waits for may be its own client's commit.
type budget struct {
	bodies *semaphore.Weighted // that are read, or carried out
	open   *semaphore.Weighted // of open transactions
}

func newBudget(bytes int) *budget {
	half := int64(bytes / 2)
	return &budget{bodies: semaphore.NewWeighted(half), open: semaphore.NewWeighted(half)}
}

// free is what a session has of either half without asking: small messages never wait, and
// small transactions are never refused, whatever others do.
const free = 16 << 10

// holding is what a session has of the memory.
type holding struct {
	body int // of the body that is read, or carried out
	open int // bytes of its transactions
	kept int // of them, those that are beyond what is free
}

// admit waits until there is memory for the body that has begun.
func (c *session) admit() error {
	n := c.in.Body(free)
	if n == 0 || c.holding.body > 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.listening, c.o.FrameTime)
	defer cancel()
	if err := c.budget.bodies.Acquire(ctx, int64(n)); err != nil {
		if err := c.failure(); err != nil {
			return err
		}
		return refuse(nil, "no memory for the body", "others used all of it for %s: send the message again later", c.o.FrameTime)
	}
	c.holding.body = n
	return nil
}

// carried gives back what the body took: the broker has it, or a transaction.
func (c *session) carried() {
	c.budget.bodies.Release(int64(c.holding.body))
	c.holding.body = 0
}

// keep counts bytes into an open transaction.
func (c *session) keep(f *frame.Frame, t *transaction, n int) error {
	h := &c.holding
	more := max(0, h.open+n-free) - h.kept
	if !c.budget.open.TryAcquire(int64(more)) {
		return refuse(f, "no memory for transactions", "those that are open hold all of it: commit sooner, or send it again later")
	}
	h.open, h.kept, t.held = h.open+n, h.kept+more, t.held+n
	return nil
}

// letGo gives back what a transaction took.
func (c *session) letGo(t *transaction) {
	h := &c.holding
	h.open -= t.held
	less := h.kept - max(0, h.open-free)
	h.kept -= less
	c.budget.open.Release(int64(less))
}

// forget gives back all that a session has when it ends.
func (c *session) forget() {
	c.in, c.batch, c.transactions = nil, batch{}, nil
	c.budget.bodies.Release(int64(c.holding.body))
	c.budget.open.Release(int64(c.holding.kept))
	c.holding = holding{}
}
