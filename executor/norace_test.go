//go:build !race

package executor_test

// usualSeeds is how many random histories there are of each walk strategy.
const usualSeeds = 150
