package main

import (
	"context"
	"runtime/debug"
	"strings"
	"time"

	"collector/broker/stomp"
)

// limitMemory asks the runtime to collect garbage harder near a soft limit, so
// that many large replies at once do not grow the process: bodies share 40 MiB
// (package fetch), and each worker has its buffers and stack, some 32 kB. What
// the kernel counts is some 30 MB more: the program's own pages and SQLite's, which
// a program over MongoDB does not have. There each worker may have a page that waits
// for the server, and the next one: half a MiB. With less, two
// fifths of the program's time went into garbage (docs/PERFORMANCE.md).
// Far from the limit, a program over MongoDB collects a quarter as often as Go does by
// itself: nearly all that a page takes is garbage once it is stored.
// GOMEMLIMIT and GOGC, where they are set, stand.
func (a *app) limitMemory(of broking) {
	mongo := strings.HasPrefix(a.conf.Store, "mongodb")
	if a.getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit(a.conf.Workers, mongo, of))
	}
	if a.getenv("GOGC") == "" && mongo {
		debug.SetGCPercent(mongoGrowth)
	}
}

// mongoGrowth is by how many percent of what is in use the heap may grow over MongoDB.
const mongoGrowth = 400

// broking is what the message broker does that takes memory.
type broking struct {
	open        bool
	connections int // of STOMP
}

// memoryLimit is what the process should need. The broker may have 16 MiB of messages that
// wait for the store, and 16 MiB of those of topics; what clients of STOMP send shares a
// memory of its own. A connection that subscribes has some 16 kB of stacks and buffers; with
// as much again for what is no longer used, the garbage of ten thousand is not collected all
// the time.
func memoryLimit(workers int, mongo bool, of broking) int64 {
	limit := int64(54)<<20 + int64(workers)<<15
	if mongo {
		limit += int64(24)<<20 + int64(workers)<<19
	}
	if of.open {
		limit += int64(32)<<20 + int64(of.connections)<<15
	}
	if of.connections > 0 {
		limit += stomp.Memory
	}
	return limit
}

// connectionSteps are those in which the limit follows the number of connections.
const connectionSteps = 256

// followConnections has the limit follow the number of connections until ctx ends.
func followConnections(ctx context.Context, open func() int, limit func(connections int)) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for told := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if n := (open() + connectionSteps - 1) / connectionSteps * connectionSteps; n != told {
			told = n
			limit(n)
		}
	}
}
