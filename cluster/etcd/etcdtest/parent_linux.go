package etcdtest

import "syscall"

// diesWithParent has the kernel end the server when the test is killed.
func diesWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
