//go:build !race

package fetch

// slack: none without the race detector.
const slack = 1
