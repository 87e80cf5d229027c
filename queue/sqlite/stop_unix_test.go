//go:build unix

package sqlite_test

import (
	"os/exec"
	"syscall"
	"time"

	"collector/queue"
)

const canStop = true

// stop stops a worker that has something in hand, until its leases are over and others have that;
// so many times again where they could not.
func (c *crew) stop(cmd *exec.Cmd, s queue.Store, again int) {
	c.Helper()
	signal := func(sig syscall.Signal) {
		if err := cmd.Process.Signal(sig); err != nil {
			c.Fatalf("sending %v to a worker: %v", sig, err)
		}
	}
	for tries := 0; ; tries++ {
		signal(syscall.SIGSTOP)
		held, _, err := s.Jobs(c.Context(), queue.Filter{Owner: owner(cmd.Process.Pid), State: queue.Running}, queue.Page{Limit: 1})
		if err != nil {
			c.Fatal(err)
		}
		if len(held) > 0 || tries == 1000 {
			break
		}
		signal(syscall.SIGCONT) // one that has nothing in hand loses nothing
		moment := time.NewTimer(time.Millisecond)
		<-moment.C
	}
	over := time.NewTimer(2 * killLease)
	defer over.Stop()
	<-over.C
	held, _, err := s.Jobs(c.Context(), queue.Filter{Owner: owner(cmd.Process.Pid), State: queue.Running}, queue.Page{Limit: 1})
	signal(syscall.SIGCONT)
	if err != nil {
		c.Fatal(err)
	}
	if len(held) > 0 && again > 0 { // it was stopped while it wrote, and nobody could take anything over
		c.stop(cmd, s, again-1)
	}
}
