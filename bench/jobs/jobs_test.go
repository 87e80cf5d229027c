package jobs

import (
	"errors"
	"testing"

	"collector/queue"
	"collector/queue/memory"
)

// TestWhatIsMeasuredIsDone: all jobs are completed, and where there are too few that is
// an error and no figure.
func TestWhatIsMeasuredIsDone(t *testing.T) {
	s := memory.New()
	if err := Fill(t.Context(), s, 1030); err != nil {
		t.Fatal(err)
	}
	if err := Drain(t.Context(), s, 1030, 100); err != nil {
		t.Fatal(err)
	}
	stats, err := s.Stats(t.Context())
	if err != nil || len(stats) != 1 || stats[0] != (queue.Stats{Queue: queue.DefaultQueue, Added: 1030, Completed: 1030}) {
		t.Errorf("counted are %+v, %v", stats, err)
	}
	if err := Drain(t.Context(), s, 1, 100); !errors.Is(err, errNotAll) {
		t.Errorf("nothing was there: %v", err)
	}
}
