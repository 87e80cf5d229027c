package queue

import (
	"context"
	"fmt"
	"slices"
)

// A Master may have thousands of queues of which few have anything. When all of them are to be
// looked at, as at each poll, a store is asked once which ones have, and claims are made of those.

// few is up to how many queues are claimed from without asking before.
const few = 8

// sight is what a look found of a lane.
type sight struct {
	lane *lane
	some bool
}

// unsure are the lanes that may have something, where no store has said that they have.
func (d *dispatcher) unsure() (out []*lane) {
	for _, l := range d.lanes {
		if l.maybe && !l.sure && !l.gone {
			out = append(out, l)
		}
	}
	return out
}

// empty are the names of the queues of each store from which nothing is to be claimed until
// something is due in them, or comes.
func (d *dispatcher) empty() map[int][]string {
	out := map[int][]string{}
	for _, l := range d.lanes {
		if !l.maybe && !l.gone {
			out[l.source] = append(out[l.source], l.Name)
		}
	}
	return out
}

// look asks the stores which lanes have something to claim.
func (m *Master) look(ctx context.Context, lanes []*lane) (out []sight, _ error) {
	if len(lanes) == 0 {
		return nil, nil
	}
	for i, s := range m.stores() {
		var names []string
		for _, l := range lanes {
			if l.source == i {
				names = append(names, l.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		found, err := s.Claimable(ctx, m.c.Now(), names)
		if err != nil {
			return nil, fmt.Errorf("looking at %d queues: %w", len(names), err)
		}
		slices.Sort(found)
		for _, l := range lanes {
			if l.source == i {
				_, some := slices.BinarySearch(found, l.Name)
				out = append(out, sight{l, some})
			}
		}
	}
	return out, nil
}

// see takes up what a look found, if there was one. What was woken since may have something by
// now, and where a store has named it there is no need to ask: it may stand before what was found.
func (d *dispatcher) see(looked []sight) {
	d.looked = len(looked) > 0
	for _, s := range looked {
		s.lane.sure = s.some
		s.lane.maybe = s.some || s.lane.woken
	}
	if !d.looked {
		return
	}
	var told []*lane
	for _, l := range d.lanes {
		if l.told && !l.sure {
			told = append(told, l)
		}
	}
	if len(told) > few {
		return
	}
	for _, l := range told {
		l.sure = true
	}
}
