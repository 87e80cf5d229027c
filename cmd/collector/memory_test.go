package main

import (
	"context"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/cmd/collector/internal/config"
)

// TestMemoryLimit: nothing is added for a broker that is not there, and each connection has
// room, so that the garbage of many is not collected all the time.
func TestMemoryLimit(t *testing.T) {
	const mib = int64(1) << 20
	if got := memoryLimit(32, false, broking{}); got != 55*mib {
		t.Errorf("without a broker %d MiB", got/mib)
	}
	if got := memoryLimit(32, true, broking{}); got != (55+24+16)*mib {
		t.Errorf("over MongoDB %d MiB", got/mib)
	}
	without := memoryLimit(32, false, broking{open: true})
	if without != (55+32)*mib {
		t.Errorf("with a broker %d MiB", without/mib)
	}
	if got := memoryLimit(32, false, broking{open: true, connections: 1}) - without; got < 32*mib {
		t.Errorf("a client that may fill what all share adds %d MiB", got/mib)
	}
	if got := memoryLimit(32, false, broking{open: true, connections: 10_000}) - without; got < 330*mib {
		t.Errorf("10,000 connections add %d MiB", got/mib)
	}
}

// TestGarbage is collected less often over MongoDB, unless the operator says how often.
func TestGarbage(t *testing.T) {
	was, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	defer func() { debug.SetGCPercent(was); debug.SetMemoryLimit(limit) }()
	for _, c := range []struct {
		store string
		env   []string
		want  int
	}{{"sqlite:likes.db", nil, 100}, {"mongodb://127.0.0.1/likes", []string{"GOGC=50"}, 100}, {"mongodb://127.0.0.1/likes", nil, 400}} {
		a := &app{env: c.env, conf: &config.Loaded{}}
		a.conf.Store, a.conf.Workers = c.store, 8
		a.limitMemory(broking{})
		if got := debug.SetGCPercent(100); got != c.want {
			t.Errorf("%s, %v: %d %%, want %d", c.store, c.env, got, c.want)
		}
	}
}

// TestTheLimitFollowsConnections up and down, in steps.
func TestTheLimitFollowsConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var open atomic.Int64
		var told []int
		go followConnections(ctx, func() int { return int(open.Load()) }, func(n int) { told = append(told, n) })
		for _, n := range []int64{0, 1, 200, 257, 10_000, 3, 0} {
			open.Store(n)
			time.Sleep(1500 * time.Millisecond)
			synctest.Wait()
		}
		if want := []int{256, 512, 10_240, 256, 0}; !slices.Equal(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
	})
}
