//go:build unix

package sqlite_test

import (
	"os/exec"
	"syscall"
	"time"
)

// stop stops a worker until its leases are over.
func (c *crew) stop(cmd *exec.Cmd) {
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		c.Errorf("stopping a worker: %v", err)
		return
	}
	c.wait.Go(func() {
		over := time.NewTimer(2 * killLease)
		defer over.Stop()
		<-over.C
		cmd.Process.Signal(syscall.SIGCONT) // it may have been killed meanwhile
	})
}
