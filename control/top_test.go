package control

import (
	"testing"

	"collector/state"
	"collector/store"
)

// TestTopOfMany reads counters alone.
func TestTopOfMany(t *testing.T) {
	got := topOfTally(store.Tally{States: []store.Standing{
		{Service: "github", Condition: state.OK, Networks: 5000, Running: 3},
		{Service: "github", Condition: state.Limited, Networks: 20},
		{Service: "github", Condition: state.Broken, Networks: 1},
		{Service: "gist", Networks: 7},
	}})
	want := TopService{Service: "github", Networks: 5021, Running: 3, Waiting: 20, Trouble: 1}
	if len(got) != 2 || got[1] != want || got[0].Networks != 7 {
		t.Errorf("%+v", got)
	}
}
