package memory

import (
	"context"
	"time"
)

// SetRight makes due what a clock that was ahead has put off.
func (s *Store) SetRight(ctx context.Context, now time.Time) (woken int, err error) {
	end, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	for _, n := range s.networks {
		if n.removed || n.Owner != "" || !n.setAt.After(now) || !n.WakeAt.After(now) {
			continue
		}
		n.WakeAt, n.setAt = now, now
		for _, it := range n.items {
			if it.detailsDue.After(now) {
				it.detailsDue = now
			}
		}
		woken++
	}
	return woken, nil
}
