package main

import "runtime/debug"

// limitMemory asks the runtime to collect garbage harder near a soft limit, so
// that many large replies at once do not grow the process: bodies share 40 MiB
// (package fetch), and each worker has its buffers and stack, some 32 kB. What
// the kernel counts is some 30 MB more: the program's own pages. GOMEMLIMIT, where
// it is set, stands.
func (a *app) limitMemory() {
	if a.getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(54<<20 + int64(a.conf.Workers)<<15)
	}
}
