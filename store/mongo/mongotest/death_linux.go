package mongotest

import "syscall"

// dieWithParent has the kernel end a server with the test that started it,
// however the test ends.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
