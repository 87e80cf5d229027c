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

// TryAgain is how long after ErrTooMany the next text is looked at.
const TryAgain = tryEvery

const (
	maxPlaces = 10_000 // addresses that are told apart; all others share one bound
	maxProven = 10_000 // grants that are known to be good
	samePlace = 16     // texts of one address that are known again
)

// tries bounds how many wrong texts an address may try, for this process. What is refused
// here is not looked up at all.
//
// Nobody is locked out by a stranger who shares his address, as all do behind one proxy:
// what was good a while ago is looked up whatever else comes from there. And a text that
// comes once more is no further try, so a browser that still sends the cookie of a session
// that has ended does not use up those of its user, and one that sends twenty requests at
// once with a good one has tried one text.
type tries struct {
	mu     sync.Mutex
	places map[netip.Prefix]*place
	swept  time.Time // when those that are over were last looked for
	proven map[Hash]bool
}

// place is an address that something came from which was not known to be good.
type place struct {
	left  *rate.Limiter
	tried []Hash // the newest of them
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

// begin says whether a text may be looked up. good, bad or undo tells how that ended.
func (t *tries) begin(now time.Time, from netip.Addr, h Hash) (ok bool, end *try) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.proven[h] {
		return true, &try{t: t, h: h}
	}
	p := t.place(now, placeOf(from))
	if slices.Contains(p.tried, h) {
		return true, &try{t: t, h: h}
	}
	r := p.left.ReserveN(now, 1)
	if r.DelayFrom(now) > 0 {
		r.CancelAt(now)
		return false, nil
	}
	if len(p.tried) == samePlace {
		p.tried = slices.Delete(p.tried, 0, 1)
	}
	p.tried = append(p.tried, h)
	return true, &try{t: t, h: h, taken: r, now: now}
}

// place finds or makes that of an address.
func (t *tries) place(now time.Time, at netip.Prefix) *place {
	if t.places == nil {
		t.places, t.proven = map[netip.Prefix]*place{}, map[Hash]bool{}
	}
	if p := t.places[at]; p != nil {
		return p
	}
	if len(t.places) >= maxPlaces && now.Sub(t.swept).Abs() >= tryEvery { // sooner, little is over
		t.swept = now
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
	taken *rate.Reservation // nil where it counts for nothing
	now   time.Time
}

// undo says that nothing was found out.
func (y *try) undo() {
	if y.taken != nil {
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
}
