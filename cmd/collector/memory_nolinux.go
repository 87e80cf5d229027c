//go:build !linux

package main

// memoryInUse is what Go has of the memory, in bytes: what is resident only the system knows.
func memoryInUse() (bytes int64, resident bool) { return goMemory(), false }
