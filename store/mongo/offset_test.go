//go:build mongo

package mongo

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"collector/state"
)

// slowable is a clock that goes on by a while with every look at it.
type slowable struct {
	mu        sync.Mutex
	at        time.Time
	each      time.Duration
	afterThat int // looks from which on it stands still; 0: it goes on
}

func (c *slowable) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.at
	c.at = c.at.Add(c.each)
	if c.afterThat > 0 {
		if c.afterThat--; c.afterThat == 0 {
			c.each = 0
		}
	}
	return at
}

func (c *slowable) set(each time.Duration, looks int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.each, c.afterThat = each, looks
}

// TestALateAnswerTellsNoTime: the server is waited for as long as it takes to elect
// another, and what it says then is not believed. What was known stays, is asked again
// soon, and is not believed for longer because of that.
func TestALateAnswerTellsNoTime(t *testing.T) {
	clock := &slowable{at: noon}
	o := opts("a")
	o.Now = clock.now
	opening, err := Open(t.Context(), address(t), o)
	if err != nil {
		t.Fatal(err)
	}
	defer opening.Close()
	s := opening.(*Store)
	s.stop() // nobody else looks at the clock
	s.after.Wait()
	before, known := s.Offset()
	if !known || s.doubtful() {
		t.Fatal("the server's time is not known at first")
	}
	for _, wait := range []time.Duration{12 * time.Second, waitMost + time.Millisecond, -12 * time.Second} {
		clock.set(wait, 1)
		if err := s.measure(t.Context()); !errors.Is(err, errLate) {
			t.Errorf("after a wait of %v: %v", wait, err)
		}
		if by, known := s.Offset(); by != before || !known {
			t.Errorf("after a wait of %v the offset is %v, %v, it was %v", wait, by, known, before)
		}
		if !s.doubtful() {
			t.Errorf("after a wait of %v nobody asks again soon", wait)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s.after.Go(func() { s.maintain(ctx) })
	for deadline := time.After(20 * time.Second); s.doubtful(); {
		select {
		case <-deadline:
			t.Fatal("the upkeep does not ask again")
		case <-time.After(50 * time.Millisecond):
		}
	}
	clock.set(waitMost/2, 1)
	if err := s.measure(t.Context()); err != nil {
		t.Errorf("after a wait of %v: %v", waitMost/2, err)
	}
}

// TestAServerThatIsLateAtFirst: a store opens, and says why it takes nothing in hand.
func TestAServerThatIsLateAtFirst(t *testing.T) {
	clock := &slowable{at: noon, each: 12 * time.Second}
	o := opts("a")
	o.Now = clock.now
	opening, err := Open(t.Context(), address(t), o)
	if err != nil {
		t.Fatal(err)
	}
	defer opening.Close()
	s := opening.(*Store)
	s.stop()
	s.after.Wait()
	_, err = s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	if !errors.Is(err, state.ErrUnavailable) || !errors.Is(err, errLate) {
		t.Errorf("claiming: %v", err)
	}
	clock.set(0, 0)
	if err := s.measure(t.Context()); err != nil {
		t.Error(err)
	}
	if by, known := s.Offset(); !known || time.Since(clock.now().Add(by)).Abs() > time.Minute {
		t.Errorf("the offset is %v, %v", by, known)
	}
}
