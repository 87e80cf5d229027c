//go:build mongo && failpoint && unix

package mongo

import (
	"os/exec"
	"strconv"
	"testing"

	"collector/internal/children"
)

// spawn starts a child process; its lines come on the channel, which ends with it.
func spawn(t *testing.T, role, at string, hour int, env ...string) (*exec.Cmd, <-chan string) {
	t.Helper()
	return children.Start(t, []string{role, at, strconv.Itoa(hour)}, env...)
}
