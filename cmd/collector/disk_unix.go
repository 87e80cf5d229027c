//go:build linux || darwin

package main

import "golang.org/x/sys/unix"

// diskFree is how many bytes this user may still write on the file system of a folder.
func diskFree(folder string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
