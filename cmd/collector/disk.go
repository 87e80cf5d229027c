package main

import (
	"fmt"
	"path/filepath"

	"github.com/dustin/go-humanize"

	"collector/store"
)

// room says why the store should not grow any more, or nil. It is looked at often
// and asks the system alone, so it answers also where nothing can be written.
type room func() error

// room is the look at the disk of a store. nil where there is none to look at:
// the store is not a file, or the operator wants no floor.
func (a *app) room(st store.Store) room {
	path := a.database()
	floor, err := a.conf.Floor()
	if path == "" || err != nil || floor == 0 {
		return nil
	}
	return func() error {
		left, err := a.free(filepath.Dir(path))
		if err != nil || left >= floor { // a disk that cannot be asked speaks for itself when it refuses a write
			return nil
		}
		return fmt.Errorf("the disk of %s has %s left, and collecting pauses below %s; free some space, then it goes on by itself (or set COLLECTOR_DISK_FLOOR lower)",
			st.Describe(), humanize.Bytes(left), humanize.Bytes(floor))
	}
}
