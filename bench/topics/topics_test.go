package topics

import (
	"context"
	"errors"
	"testing"
	"time"

	"collector/broker"
)

// TestOnlyWhatArrivesCounts: where the subscribers do not get what is sent there is no figure.
func TestOnlyWhatArrivesCounts(t *testing.T) {
	open := func() *broker.Broker {
		p, end, err := inMemory(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := end(); err != nil {
				t.Error(err)
			}
		})
		return p.Send
	}
	one, other := open(), open()
	const n = producers * together
	if took, err := live(t.Context(), Pair{one, one}, n); err != nil || took <= 0 {
		t.Errorf("it took %v, %v", took, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := live(ctx, Pair{one, other}, n); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the subscribers of another log: %v", err)
	}
}
