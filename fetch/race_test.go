//go:build race

package fetch

// slack: the race detector drops pooled buffers at random and keeps shadows.
const slack = 4
