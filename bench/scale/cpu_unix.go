//go:build unix

package scale

import (
	"syscall"
	"time"
)

// used is the CPU time of this process until now, exact to microseconds.
func used() (time.Duration, bool) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}
