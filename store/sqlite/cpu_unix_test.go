//go:build unix

package sqlite

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpu is the processor time that this process has used: on a busy machine the
// one figure that can be compared.
func cpu() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
