//go:build unix

package sqlite_test

import (
	"os/exec"
	"syscall"
	"time"
)

const canStop = true

// stop stops a worker until its leases are over.
func (c *crew) stop(cmd *exec.Cmd) {
	c.Helper()
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		c.Fatalf("stopping a worker: %v", err)
	}
	over := time.NewTimer(2 * killLease)
	defer over.Stop()
	<-over.C
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		c.Fatalf("letting a worker go on: %v", err)
	}
}
