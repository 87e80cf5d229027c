//go:build !linux

package sqlite

// holder cannot be known here.
func holder(string) string { return "" }
