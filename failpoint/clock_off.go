//go:build !failpoint || !unix

package failpoint

import "time"

// Now is time.Now: this program was built without the tag failpoint.
func Now() time.Time { return time.Now() }
