package metrics

import (
	"context"
	"sync"
	"time"
)

const (
	// fresh is how long an answer of the store serves all who ask.
	fresh = 10 * time.Second
	// patience is how long whoever asks waits for a new answer, for all questions together.
	patience = 2 * time.Second
	// atMost is how long the store has for an answer before it is cut off.
	atMost = 10 * time.Second
	// stale is the age of an answer that is no longer shown: a series that ends tells more
	// than one that stands still.
	stale = time.Minute
)

// cached is an answer that is found out by one reader at a time. Who asks while that goes
// on for too long gets the answer before.
type cached[T any] struct {
	read   func(context.Context) (T, error)
	failed func() // counts an answer that did not come
	now    func() time.Time

	mu    sync.Mutex
	value T
	at    time.Time     // of value; zero: there is none
	asked time.Time     // when it was last tried to find one out
	busy  chan struct{} // closed when the reader ends; nil: there is none
}

// start finds a new answer out if the last one is too old and nobody does yet. The channel
// that it returns is closed when there is nothing more to wait for.
func (c *cached[T]) start(ctx context.Context) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy != nil {
		return c.busy
	}
	done := make(chan struct{})
	if age := c.now().Sub(c.asked); ctx.Err() != nil || !c.asked.IsZero() && age >= 0 && age < fresh {
		close(done)
		return done
	}
	c.busy, c.asked = done, c.now()
	go func() {
		ctx, cancel := context.WithTimeout(ctx, atMost)
		defer cancel()
		value, err := c.read(ctx)
		if err != nil {
			c.failed()
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if err == nil {
			c.value, c.at = value, c.now()
		}
		c.busy = nil
		close(done)
	}()
	return done
}

// close waits for the reader; the context of start has ended, so that no other one begins.
func (c *cached[T]) close() {
	c.mu.Lock() // a start that looked at its context before has made the reader busy
	busy := c.busy
	c.mu.Unlock()
	if busy != nil {
		<-busy
	}
}

// last returns the newest answer and its age, unless there is none that may be shown.
func (c *cached[T]) last() (value T, age time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	age = c.now().Sub(c.at)
	if c.at.IsZero() || age > stale {
		return value, age, false
	}
	return c.value, max(0, age), true
}
