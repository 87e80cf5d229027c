package config

import (
	"fmt"

	"github.com/dustin/go-humanize"
)

// Floor is DiskFloor in bytes, 0 where the room on the disk is not looked at.
func (s Storage) Floor() (uint64, error) {
	n, err := humanize.ParseBytes(s.DiskFloor)
	if err != nil {
		return 0, fmt.Errorf("%q is no size: write 200MB, 1GB, or 0 for no floor", s.DiskFloor)
	}
	return n, nil
}
