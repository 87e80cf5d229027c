package main

import (
	"runtime/debug"
	"strings"
)

// limitMemory asks the runtime to collect garbage harder near a soft limit, so
// that many large replies at once do not grow the process: bodies share 40 MiB
// (package fetch), and each worker has its buffers and stack, some 32 kB. What
// the kernel counts is some 30 MB more: the program's own pages and SQLite's, which
// a program over MongoDB does not have. There each worker may have a page that waits
// for the server, and the next one: half a MiB. With less, two
// fifths of the program's time went into garbage (docs/PERFORMANCE.md).
// GOMEMLIMIT, where it is set, stands.
func (a *app) limitMemory() {
	if a.getenv("GOMEMLIMIT") != "" {
		return
	}
	limit := int64(54)<<20 + int64(a.conf.Workers)<<15
	if strings.HasPrefix(a.conf.Store, "mongodb") {
		limit += int64(24)<<20 + int64(a.conf.Workers)<<19
	}
	debug.SetMemoryLimit(limit)
}
