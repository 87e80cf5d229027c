//go:build failpoint && unix

package failpoint

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"time"
)

// vitalsEvery is how often a process writes what it uses.
const vitalsEvery = time.Second

// tellVitals writes a line with the goroutines and the bytes of live and dead
// objects on the heap of this process to prefix.PID, each second anew, for as
// long as the process lives. The file is replaced in one step, so that a reader
// sees a whole line. When somebody makes a file prefix.PID.want, it takes it away
// and writes a heap profile (go tool pprof) to prefix.PID.heap.
func tellVitals(prefix string) {
	path := fmt.Sprintf("%s.%d", prefix, os.Getpid())
	tick := time.NewTicker(vitalsEvery)
	for ; ; <-tick.C {
		if os.WriteFile(path+".new", []byte(vitals()), 0o600) == nil {
			_ = os.Rename(path+".new", path) // a test that finds no file says so
		}
		if os.Remove(path+".want") == nil {
			tellHeap(path + ".heap")
		}
	}
}

// tellHeap writes what is alive on the heap, and who made it.
func tellHeap(path string) {
	f, err := os.Create(path + ".new")
	if err != nil {
		return // a test that finds no file says so
	}
	runtime.GC()
	if pprof.WriteHeapProfile(f) == nil && f.Close() == nil {
		_ = os.Rename(path+".new", path)
	}
}

// vitals is what this process uses, without stopping it.
func vitals() string {
	s := []metrics.Sample{{Name: "/sched/goroutines:goroutines"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return fmt.Sprintf("goroutines %d heap %d\n", s[0].Value.Uint64(), s[1].Value.Uint64())
}
