package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/cmd/collector/internal/config"
	"collector/queue"
	"collector/store"
	"collector/store/memory"
)

// TestHeartbeatsObey: what is wished of an instance it does with its next heartbeat, and tells
// at once that it does; each change is told once, and stopping ends it.
func TestHeartbeatsObey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out, log bytes.Buffer
		a := newApp(nil, nil, &out, &out)
		a.now, a.conf = time.Now, &config.Loaded{Config: config.Default(nil)}
		st, hush, drained := memory.New(), new(queue.Hush), 0
		beat, err := a.heartbeat(t.Context(), st, resting(beating{
			quiet: hush.On, obey: a.obeying(hush, func() { drained++ }, slog.New(slog.NewTextHandler(&log, nil))),
			vitals: func() *store.Vitals { return &store.Vitals{Workers: 4} },
		}), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() { defer close(ended); beat(stop) }()
		is := func() (quiet bool) {
			t.Helper()
			time.Sleep(beatEvery + time.Second)
			beats, err := st.Beats(t.Context(), time.Now().Add(-beatEvery))
			if err != nil || len(beats) != 1 || beats[0].Vitals == nil || beats[0].Vitals.Workers != 4 {
				t.Fatalf("%+v, %v", beats, err)
			}
			if beats[0].Quiet != hush.On() {
				t.Errorf("it says that it is quiet: %v", beats[0].Quiet)
			}
			return hush.On()
		}
		ask := func(w store.Wish) {
			t.Helper()
			if err := st.Ask(t.Context(), "me", w); err != nil {
				t.Fatal(err)
			}
		}
		if is() {
			t.Error("it is quiet without a wish")
		}
		ask(store.Quiet)
		if first, next := is(), is(); !first || !next {
			t.Error("it is not quiet")
		}
		ask(store.Work)
		if is() || drained != 0 {
			t.Error("it does not work again")
		}
		ask(store.Stop)
		if first, next := is(), is(); !first || !next || drained != 1 {
			t.Errorf("asked to stop, it was drained %d times", drained)
		}
		close(stop)
		<-ended
		if n := strings.Count(log.String(), "asked to"); n != 3 {
			t.Errorf("told %d times: %s", n, log.String())
		}
	})
}

// TestMemoryInUse is told in bytes: a test has some megabytes, and not a gigabyte.
func TestMemoryInUse(t *testing.T) {
	for what, bytes := range map[string]int64{"in use": first(memoryInUse()), "of Go": goMemory()} {
		if bytes < 1<<20 || bytes > 4<<30 {
			t.Errorf("memory %s: %d", what, bytes)
		}
	}
}

func first(n int64, _ bool) int64 { return n }
