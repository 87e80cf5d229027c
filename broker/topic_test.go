package broker_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"collector/broker"
	brokermemory "collector/broker/memory"
)

func several(destination string, from, to int) (out []broker.Message) {
	for i := from; i <= to; i++ {
		out = append(out, message(destination, fmt.Sprintf("%05d", i)))
	}
	return out
}

// TestASlowSubscriberMissesNothing has one subscriber stand still while far more comes than
// is kept in memory, and others read along.
func TestASlowSubscriberMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{Recent: 2000})
		slow, quick := w.subscribe(w.b, broker.Subscription{Destination: "/topic/a"}), w.subscribe(w.b, broker.Subscription{Destination: "/topic/a"})
		read := func(s broker.Stream, n int) (got []string) {
			ctx := w.within(10 * time.Minute)
			for len(got) < n {
				ms, err := s.Receive(ctx)
				if err != nil {
					t.Fatalf("after %d messages: %v", len(got), err)
				}
				got = append(got, ids(ms)...)
			}
			return got
		}
		var quicks []string
		for i := 1; i <= 3000; i += 10 {
			w.must(w.b.Send(w.ctx, time.Now(), several("/topic/a", i, i+9)))
			quicks = append(quicks, read(quick, 10)...)
		}
		want := ids(several("", 1, 3000))
		if !slices.Equal(quicks, want) {
			t.Error("the quick subscriber did not get what was sent")
		}
		if got := read(slow, 3000); !slices.Equal(got, want) {
			t.Error("the slow subscriber did not get what was sent")
		}
		w.must(w.b.Send(w.ctx, time.Now(), several("/topic/a", 3001, 3001)))
		if got := append(read(slow, 1), read(quick, 1)...); !slices.Equal(got, []string{"03001", "03001"}) {
			t.Errorf("then came %v", got)
		}
	})
}

// TestATooSlowSubscriberIsTold lets a subscriber fall behind what the log keeps.
func TestATooSlowSubscriberIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.Keeping(20), broker.Options{Recent: 1000})
		s := w.subscribe(w.b, broker.Subscription{Destination: "/topic/a"})
		for i := 1; i <= 100; i++ {
			w.must(w.b.Send(w.ctx, time.Now(), several("/topic/a", i, i)))
			synctest.Wait()
		}
		if got, err := s.Receive(w.within(10 * time.Minute)); !errors.Is(err, broker.ErrGone) {
			t.Errorf("received %v, %v", ids(got), err)
		}
		if got, err := w.subscribe(w.b, broker.Subscription{Destination: "/topic/a", From: broker.Oldest}).Receive(w.within(10 * time.Minute)); err != nil || len(got) != 20 {
			t.Errorf("from the oldest came %v, %v", ids(got), err)
		}
	})
}

// TestAFollowerThatFellBehindGoesOn has so much come during one read of the log that the
// hub itself misses some: subscribers are told, and what comes later is seen.
func TestAFollowerThatFellBehindGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.Keeping(20), broker.Options{})
		s := w.subscribe(w.b, broker.Subscription{Destination: "/topic/a"})
		w.must(w.b.Send(w.ctx, time.Now(), several("/topic/a", 1, 100))) // one write of more than is kept
		synctest.Wait()
		if got, err := s.Receive(w.within(10 * time.Minute)); !errors.Is(err, broker.ErrGone) {
			t.Errorf("received %v, %v", ids(got), err)
		}
		again := w.subscribe(w.b, broker.Subscription{Destination: "/topic/a"})
		w.must(w.b.Send(w.ctx, time.Now(), several("/topic/a", 101, 101)))
		if got, err := again.Receive(w.within(10 * time.Minute)); err != nil || !slices.Equal(ids(got), []string{"00101"}) {
			t.Errorf("then came %v, %v", ids(got), err)
		}
	})
}

// TestAStreamOfNothingCanBeLeft closes streams that wait.
func TestAStreamOfNothingCanBeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		for _, dest := range []string{"/queue/a", "/topic/a"} {
			s := w.subscribe(w.b, broker.Subscription{Destination: dest})
			left := make(chan error)
			go func() { _, err := s.Receive(w.within(10 * time.Minute)); left <- err }()
			synctest.Wait()
			w.must(s.Close(w.ctx, time.Now()))
			if err := <-left; !errors.Is(err, broker.ErrClosed) {
				t.Errorf("%s: %v", dest, err)
			}
			if _, err := w.subscribe(w.b, broker.Subscription{Destination: dest}).Receive(w.within(time.Second)); err == nil {
				t.Errorf("%s: something came", dest)
			}
		}
	})
}
