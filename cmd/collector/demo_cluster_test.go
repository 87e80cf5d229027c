package main

import (
	"io"
	"testing"

	"collector/cluster"
)

// TestWhoHasThePagesLeadsLast: the instance that has the pages does not die, so it leads only
// once the death of a leader was played.
func TestWhoHasThePagesLeadsLast(t *testing.T) {
	play := &troupe{demo: &demo{app: &app{err: io.Discard}}, actors: map[string]*actor{}, gone: map[string]bool{}}
	stands := func(id string, shown bool) func() bool {
		a := &actor{id: id, shown: shown, mortal: &mortal{}, end: func() {}}
		play.actors[id] = a
		var c cluster.Config
		play.rehearse(a, nil, &c, nil)
		return c.Stands
	}
	leader, shown := stands("instance-1", false), stands("instance-2", true)
	stands("instance-3", false)
	play.leader = play.actors["instance-1"]
	if leader != nil {
		t.Error("who has no pages stands by leave")
	}
	if shown == nil || shown() {
		t.Fatal("who has the pages stands from the beginning")
	}
	if !play.die(false) || shown() {
		t.Error("it stands since one that did not lead has died, or none has")
	}
	if !play.die(true) || !shown() {
		t.Error("it does not stand although a leader has died, or none has")
	}
}
