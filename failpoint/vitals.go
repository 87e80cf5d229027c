//go:build failpoint && unix

package failpoint

import (
	"fmt"
	"os"
	"runtime/metrics"
	"time"
)

// vitalsEvery is how often a process writes what it uses.
const vitalsEvery = time.Second

// tellVitals writes a line with the goroutines and the bytes of live and dead
// objects on the heap of this process to prefix.PID, each second anew, for as
// long as the process lives. The file is replaced in one step, so that a reader
// sees a whole line.
func tellVitals(prefix string) {
	path := fmt.Sprintf("%s.%d", prefix, os.Getpid())
	tick := time.NewTicker(vitalsEvery)
	for ; ; <-tick.C {
		if os.WriteFile(path+".new", []byte(vitals()), 0o600) == nil {
			_ = os.Rename(path+".new", path) // a test that finds no file says so
		}
	}
}

// vitals is what this process uses, without stopping it.
func vitals() string {
	s := []metrics.Sample{{Name: "/sched/goroutines:goroutines"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return fmt.Sprintf("goroutines %d heap %d\n", s[0].Value.Uint64(), s[1].Value.Uint64())
}
