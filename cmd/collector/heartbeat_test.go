package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/cmd/collector/internal/config"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// resting fills in what heartbeats tell of an instance that does nothing.
func resting(b beating) beating {
	b.owner = "me"
	if b.running == nil {
		b.running = func() int { return 0 }
	}
	if b.turned == nil {
		b.turned = func() time.Time { return time.Time{} }
	}
	if b.vitals == nil {
		b.vitals = func() *store.Vitals { return nil }
	}
	if b.quiet == nil {
		b.quiet = func() bool { return false }
	}
	if b.obey == nil {
		b.obey = func(store.Wish) {}
	}
	if b.wrote == nil {
		b.wrote = func(error) {}
	}
	return b
}

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
				beat, err := a.heartbeat(t.Context(), st, resting(beating{running: func() int { return 1 }, turned: turned}), slog.New(slog.DiscardHandler))
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

func (r *refusing) Heartbeat(ctx context.Context, in store.Instance) (store.Wish, error) {
	if r.beats++; r.beats > 1 {
		return "", state.ErrUnavailable
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
		beat, err := a.heartbeat(t.Context(), &refusing{Store: memory.New()}, resting(beating{wrote: func(err error) {
			if heard++; !errors.Is(err, state.ErrUnavailable) {
				t.Errorf("heard %v", err)
			}
		}}), slog.New(slog.DiscardHandler))
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

// waking is a store that takes no heartbeat before a time.
type waking struct {
	store.Store
	from time.Time
	err  error
}

func (w *waking) Heartbeat(ctx context.Context, in store.Instance) (store.Wish, error) {
	if time.Now().Before(w.from) {
		return "", w.err
	}
	return w.Store.Heartbeat(ctx, in)
}

// TestAStartOutlastsAStoreThatIsAway for as long as a server is looked for; what will not
// pass is told at once.
func TestAStartOutlastsAStoreThatIsAway(t *testing.T) {
	for name, c := range map[string]struct {
		away time.Duration
		err  error
		ends time.Duration
		well bool
	}{
		"a moment":      {time.Second, state.ErrUnavailable, time.Second, true},
		"an election":   {15 * time.Second, state.ErrUnavailable, 15 * time.Second, true},
		"for good":      {time.Hour, state.ErrUnavailable, beginWithin, false},
		"something bad": {time.Second, errors.New("damaged"), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out, told bytes.Buffer
				a := newApp(nil, nil, &out, &out)
				a.now, a.conf = time.Now, &config.Loaded{Config: config.Default(nil)}
				begun := time.Now()
				st := &waking{memory.New(), begun.Add(c.away), c.err}
				_, err := a.heartbeat(t.Context(), st, resting(beating{}), slog.New(slog.NewTextHandler(&told, nil)))
				if took := time.Since(begun); (err == nil) != c.well || took < c.ends || took > c.ends+beginAgain {
					t.Errorf("it ended after %v with %v", took, err)
				}
				if said := strings.Count(told.String(), "cannot be used yet"); said != 1 && c.ends > 0 || said > 0 && c.ends == 0 {
					t.Errorf("told: %s", told.String())
				}
			})
		})
	}
}

// closedBook is a store of which nothing can be read just now.
type closedBook struct{ store.Store }

func (closedBook) Meta(context.Context, string) (string, error) { return "", state.ErrUnavailable }

// TestAStoreThatIsAwayIsNoFaultOfTheKey: nobody is told to mend it.
func TestAStoreThatIsAwayIsNoFaultOfTheKey(t *testing.T) {
	inFolder(t)
	var out bytes.Buffer
	a := newApp(nil, nil, &out, &out)
	a.conf = &config.Loaded{Config: config.Default(nil)}
	_, err := a.keyring(t.Context(), closedBook{memory.New()})
	if p := problemOf(err); p.code != exitReadOnly || strings.Contains(p.next, "key") {
		t.Errorf("%d %s: %s", p.code, p.reason, p.next)
	}
}
