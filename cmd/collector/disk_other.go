//go:build !linux && !darwin && !windows

package main

import "errors"

// diskFree is not known on this system: there is no floor.
func diskFree(string) (uint64, error) { return 0, errors.ErrUnsupported }
