//go:build failpoint && unix

package failpoint

import (
	"os"
	"strings"
	"time"
	"unsafe"
)

// Now is the time on a wall clock that is wrong by what the file holds that
// COLLECTOR_FAILPOINT_CLOCK names, such as -1h or 87600h; it is read at every
// call, so a test can set the clock while the program runs. The monotonic clock
// goes on as it was, as when somebody sets the time. Without the variable, and
// while the file says nothing that can be read, it is time.Now.
func Now() time.Time {
	now := time.Now()
	name := os.Getenv("COLLECTOR_FAILPOINT_CLOCK")
	if name == "" {
		return now
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return now
	}
	wrong, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil {
		return now
	}
	return setWall(now, wrong)
}

// setWall moves the wall clock of a time and leaves its monotonic reading, which
// no method of time.Time does. The seconds stand in bits 30 to 62 of its first
// word while there is a reading; TestSetWall notices when that changes.
func setWall(t time.Time, by time.Duration) time.Time {
	word := (*uint64)(unsafe.Pointer(&t))
	*word += uint64(int64(by/time.Second)) << 30
	return t
}
