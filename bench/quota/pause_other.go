//go:build !unix

package quota

import (
	"errors"
	"os"
)

var errPause = errors.New("this system cannot stop a process and let it go on: measure on Linux or macOS")

// pause and resume are what this system does not have.
func pause(*os.Process) error { return errPause }

func resume(*os.Process) error { return errPause }
