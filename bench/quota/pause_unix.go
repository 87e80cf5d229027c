//go:build unix

package quota

import (
	"os"
	"syscall"
)

// pause stops a process where it stands, resume lets it go on.
func pause(p *os.Process) error { return p.Signal(syscall.SIGSTOP) }

func resume(p *os.Process) error { return p.Signal(syscall.SIGCONT) }
