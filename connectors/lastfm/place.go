package lastfm

import (
	"fmt"

	"collector/connectors"
	"collector/fault"
)

// place is where a walk is in the list: what lies before from, counted from the
// newest love, is read. It keeps how many loves there were, the size of a page that
// the service really gives, and the number of its step, so that no two are alike.
type place struct{ from, total, size, step int }

const form = "%d/%d/%d/%d"

func (p place) cursor() connectors.Cursor {
	return connectors.Cursor(fmt.Sprintf(form, p.from, p.total, p.size, p.step))
}

func parsePlace(at connectors.Cursor) (place, error) {
	var p place
	if at == "" {
		return p, nil
	}
	n, err := fmt.Sscanf(string(at), form, &p.from, &p.total, &p.size, &p.step)
	if err != nil || n != 4 || p.cursor() != at || p.from < 0 || p.total < 0 || p.size < 1 || p.step < 1 {
		return place{}, fault.New(fault.Bug, "lastfm: the stored cursor is no place in a list")
	}
	return p, nil
}

// page is the number of the page that holds from.
func (p place) page() int {
	if p.size == 0 {
		return 1
	}
	return p.from/p.size + 1
}

// fewer is how many loves less than when the place was named there are, of total
// now. So many at most have moved from behind it to before it: new ones move the
// others the other way.
func (p place) fewer(total int) int {
	if p.size == 0 {
		return 0
	}
	return min(p.from, max(0, p.total-total))
}
