//go:build !linux

package mongotest

import "syscall"

// dieWithParent does nothing here: a server outlives a test that is killed.
func dieWithParent() *syscall.SysProcAttr { return nil }
