package main

import (
	"fmt"
	"os"
)

// memoryInUse is what the system counts as resident of this process, in bytes (the second
// number of /proc/self/statm, in pages: proc(5)); where that cannot be read, what Go has.
func memoryInUse() (bytes int64, resident bool) {
	text, err := os.ReadFile("/proc/self/statm")
	var size, pages int64
	if err == nil {
		_, err = fmt.Sscan(string(text), &size, &pages)
	}
	if err != nil || pages <= 0 {
		return goMemory(), false
	}
	return pages * int64(os.Getpagesize()), true
}
