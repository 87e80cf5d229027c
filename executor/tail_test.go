package executor_test

import (
	"fmt"
	"testing"
)

// Promise R7: the known items that end a poll stand in a row. Twenty old things
// liked again between twenty new ones end nothing.
func TestKnownTailIsARow(t *testing.T) {
	s := newShelf(t, "", 40)
	s.run()
	for i := range 20 {
		s.like(fmt.Sprint("i", i)) // again
		s.like(fmt.Sprint("new", i))
	}
	for range 2 {
		s.run()
	}
	got := s.collected()
	for i := range 20 {
		if _, ok := got[fmt.Sprint("new", i)]; !ok {
			t.Errorf("new%d is missing", i)
		}
	}
}
