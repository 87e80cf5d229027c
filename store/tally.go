package store

import (
	"time"

	"collector/state"
)

// DueMost is up to how many due networks are counted.
const DueMost = 10_000

// Tally counts the networks whose collecting has not ended.
type Tally struct {
	// States is how many networks are in which state, by service, mode,
	// condition and paused; states without a network are absent.
	States []Standing
	// Items is how many items they hold.
	Items int
	// Due is how many are due and not in work, at most DueMost.
	Due int
	// Oldest is since when the one that waits longest is due; zero if none does.
	Oldest time.Time
}

// Standing is a state and how many networks are in it.
type Standing struct {
	Service   string
	Mode      state.Mode
	Condition state.Condition
	Paused    bool
	Networks  int
	Running   int // of them, those that an instance holds a lease on
}

// Networks is how many there are in all.
func (t Tally) Networks() (n int) {
	for _, s := range t.States {
		n += s.Networks
	}
	return n
}
