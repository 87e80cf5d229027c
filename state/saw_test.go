package state

import (
	"testing"
	"time"

	"collector/item"
)

// TestSaw: only times that a service stated say how far back a list reaches.
func TestSaw(t *testing.T) {
	at := func(days int) time.Time { return noon.Add(time.Duration(days) * 24 * time.Hour) }
	var p Progress
	p.Saw([]item.Item{{LikedAt: at(-9), LikedFrom: item.FromFirstSeen}, {LikedAt: at(-8), LikedFrom: item.FromOrder}, {LikedFrom: item.FromAPI}})
	if !p.Oldest.IsZero() {
		t.Errorf("made up: %v", p.Oldest)
	}
	p.Saw([]item.Item{{LikedAt: at(-2), LikedFrom: item.FromAPI}, {LikedAt: at(-3), LikedFrom: item.FromAPI}, {LikedAt: at(-1), LikedFrom: item.FromAPI}})
	p.Saw([]item.Item{{LikedAt: at(0), LikedFrom: item.FromAPI}})
	p.Saw(nil)
	if !p.Oldest.Equal(at(-3)) {
		t.Errorf("the oldest like is of %v, want %v", p.Oldest, at(-3))
	}
}
