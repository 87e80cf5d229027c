//go:build !unix

package scale

import "time"

// used would be the CPU time of this process; this system is not asked for it.
func used() (time.Duration, bool) { return 0, false }
