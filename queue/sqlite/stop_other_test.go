//go:build !unix

package sqlite_test

import "os/exec"

const canStop = false

// stop does nothing where processes cannot be stopped: they are killed alone.
func (c *crew) stop(*exec.Cmd) {}
