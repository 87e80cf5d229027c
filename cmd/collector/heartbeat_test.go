package main

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"collector/cmd/collector/internal/config"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// An instance whose scheduler hangs shows no sign of life, so that containers are
// started again, too; one that waits for its store, or stops, does.
func TestHungSchedulerShowsNoHeartbeat(t *testing.T) {
	for name, c := range map[string]struct {
		stale time.Duration // since when the loop has not come round
		lives bool
	}{"at work": {time.Second, true}, "the store is slow": {time.Minute, true}, "hung": {3 * time.Minute, false}, "at the start": {0, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				a := newApp(nil, nil, &out, &out)
				a.now, a.conf = time.Now, &config.Loaded{Config: config.Default(nil)}
				st := memory.New()
				turned := func() time.Time {
					if c.stale == 0 {
						return time.Time{}
					}
					return time.Now().Add(-c.stale)
				}
				beat, err := a.heartbeat(t.Context(), st, "me", func() int { return 1 }, turned, func(error) {})
				if err != nil {
					t.Fatal(err)
				}
				stop, ended := make(chan struct{}), make(chan struct{})
				go func() { defer close(ended); beat(stop) }()
				time.Sleep(beatLife + 2*beatEvery)
				beats, err := st.Beats(t.Context(), time.Now().Add(-beatLife))
				close(stop)
				<-ended
				if err != nil || (len(beats) == 1) != c.lives {
					t.Errorf("%d instances live, %v", len(beats), err)
				}
			})
		})
	}
}

// refusing is a store that takes no heartbeat but the first.
type refusing struct {
	store.Store
	beats int
}

func (r *refusing) Heartbeat(ctx context.Context, in store.Instance) error {
	if r.beats++; r.beats > 1 {
		return state.ErrUnavailable
	}
	return r.Store.Heartbeat(ctx, in)
}

// TestHeartbeatsAreHeardOf: who tells of a store that refuses hears of each heartbeat.
func TestHeartbeatsAreHeardOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		a := newApp(nil, nil, &out, &out)
		a.now, a.conf = time.Now, &config.Loaded{Config: config.Default(nil)}
		heard := 0
		beat, err := a.heartbeat(t.Context(), &refusing{Store: memory.New()}, "me", func() int { return 0 }, func() time.Time { return time.Time{} }, func(err error) {
			if heard++; !errors.Is(err, state.ErrUnavailable) {
				t.Errorf("heard %v", err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() { defer close(ended); beat(stop) }()
		time.Sleep(4*beatEvery + time.Second)
		close(stop)
		<-ended
		if heard != 4 {
			t.Errorf("heard of %d heartbeats, want 4", heard)
		}
	})
}
