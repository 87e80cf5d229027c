//go:build !linux

package etcdtest

import "syscall"

// diesWithParent can be asked for on Linux alone.
func diesWithParent() *syscall.SysProcAttr { return nil }
