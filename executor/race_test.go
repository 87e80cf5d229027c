//go:build race

package executor_test

// usualSeeds: the race detector makes each several times slower. What it looks for, all of
// them do; the usual number runs without it (scripts/test).
const usualSeeds = 8
