package webhook

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"collector/queue"
)

// holding pauses the queues of endpoints that are not called. What waits there would else be
// claimed and put back each minute, however much it is.
type holding struct {
	jobs queue.Store
	held map[string]bool // by the endpoint's id; nil: not read yet
}

// set pauses the queues of the endpoints of which want says so, and lets the others go on.
func (h *holding) set(ctx context.Context, want map[string]bool) error {
	if h.held == nil {
		stats, err := h.jobs.Stats(ctx)
		if err != nil {
			return fmt.Errorf("looking which webhooks rest: %w", err)
		}
		h.held = map[string]bool{}
		for _, s := range stats {
			if id, ours := strings.CutPrefix(s.Queue, queues); ours && s.Paused {
				h.held[id] = true
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if h.held[id] == want[id] {
			continue
		}
		if err := h.jobs.Pause(ctx, QueueOf(id), want[id]); err != nil {
			return fmt.Errorf("letting webhook %s rest, or go on: %w", id, err)
		}
		if h.held[id] = want[id]; !want[id] {
			delete(h.held, id)
		}
	}
	return nil
}

// resting says of each endpoint whether it is not called at present.
func (s *Service) resting() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]bool{}
	for id, e := range s.all {
		out[id] = e.Paused || s.healths[id].Of(e).Stopped != ""
	}
	return out
}
