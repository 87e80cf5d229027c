package grant

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How many wrong texts one address may try.
const (
	triesAtOnce = 10
	tryEvery    = time.Minute / triesAtOnce
)

const (
	maxPlaces = 10_000 // addresses that are told apart; all others share one bound
	maxProven = 10_000 // grants that are known to be good
	samePlace = 16     // wrong texts of one address that are known again
)

// tries bounds how many wrong texts an address may try, for this process. What is refused
// here is not looked up at all.
//
// Nobody is locked out by a stranger who shares his address, as all do behind one proxy:
// what was good a while ago is looked up whatever else comes from there. And a text that is
// wrong once more is no further try, so a browser that still sends the cookie of a session
// that has ended does not use up those of its user.
type tries struct {
	mu     sync.Mutex
	places map[netip.Prefix]*place
	proven map[Hash]bool
}

// place is an address that something wrong came from.
type place struct {
	left  *rate.Limiter
	wrong []Hash // the newest of them
}

// placeOf is what is bounded together: an address of IPv4, or a network of IPv6 such as
// one customer has. A socket without addresses is one place.
func placeOf(from netip.Addr) netip.Prefix {
	from = from.Unmap().WithZone("")
	bits := 64
	if from.Is4() {
		bits = 32
	}
	p, err := from.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// begin says whether a text may be looked up. good and bad tell how that ended; where
// neither is called, it is as if nothing had been tried.
func (t *tries) begin(now time.Time, from netip.Addr, h Hash) (ok bool, end *try) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.proven[h] {
		return true, &try{t: t, h: h}
	}
	p := t.place(now, placeOf(from))
	if slices.Contains(p.wrong, h) {
		return true, &try{t: t, h: h}
	}
	r := p.left.ReserveN(now, 1)
	if r.DelayFrom(now) > 0 {
		r.CancelAt(now)
		return false, nil
	}
	return true, &try{t: t, h: h, p: p, taken: r, now: now}
}

// place finds or makes that of an address.
func (t *tries) place(now time.Time, at netip.Prefix) *place {
	if t.places == nil {
		t.places, t.proven = map[netip.Prefix]*place{}, map[Hash]bool{}
	}
	if p := t.places[at]; p != nil {
		return p
	}
	if len(t.places) >= maxPlaces {
		for k, p := range t.places {
			if p.left.TokensAt(now) >= triesAtOnce {
				delete(t.places, k)
			}
		}
	}
	if len(t.places) >= maxPlaces {
		at = netip.Prefix{}
		if p := t.places[at]; p != nil {
			return p
		}
	}
	p := &place{left: rate.NewLimiter(rate.Every(tryEvery), triesAtOnce)}
	t.places[at] = p
	return p
}

// try is one that was begun.
type try struct {
	t     *tries
	h     Hash
	p     *place // nil where it counts for nothing
	taken *rate.Reservation
	now   time.Time
}

// undo says that nothing was found out.
func (y *try) undo() {
	if y.p != nil {
		y.t.mu.Lock()
		defer y.t.mu.Unlock()
		y.taken.CancelAt(y.now)
	}
}

// good says that the text was right.
func (y *try) good() {
	y.undo()
	y.t.mu.Lock()
	defer y.t.mu.Unlock()
	if len(y.t.proven) >= maxProven {
		clear(y.t.proven) // each is proven again by its next use
	}
	y.t.proven[y.h] = true
}

// bad says that it was wrong. What was right once and is wrong now is forgotten.
func (y *try) bad() {
	y.t.mu.Lock()
	defer y.t.mu.Unlock()
	delete(y.t.proven, y.h)
	if y.p == nil {
		return
	}
	if len(y.p.wrong) == samePlace {
		y.p.wrong = slices.Delete(y.p.wrong, 0, 1)
	}
	y.p.wrong = append(y.p.wrong, y.h)
}
