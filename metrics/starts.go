package metrics

import (
	"context"
	"math"
	"sync"
	"time"

	"collector/state"
)

// How long starts are remembered, and in how many pieces: about 60 kB in all. A piece is
// short while the process is young, so that there is something to see within minutes, and
// twice as long whenever the pieces are used up, until they hold a day.
const (
	startsFor   = 24 * time.Hour
	startsPiece = 10 * time.Minute // the longest
	startsFirst = startsPiece / 8
	startsKept  = int(startsFor / startsPiece)
)

// Starts remembers for a day how late this process took networks in hand, in memory alone.
// Its methods may be used from many goroutines.
type Starts struct {
	since time.Time // when it began

	mu    sync.Mutex
	piece time.Duration // how long one is now
	ring  [startsKept]startsOf
}

// startsOf are the starts of one piece of time.
type startsOf struct {
	begun time.Time
	lags  lagCounts
}

// lagSteps are in how many steps lags are told apart: each is a quarter longer than the
// one before it, from 10 ms to half a year.
const lagSteps = 96

const (
	firstLag  = 10 * time.Millisecond
	lagFactor = 1.25
)

// lagCounts is how many lags there were of each step.
type lagCounts [lagSteps]uint32

// stepOf is the step of a lag.
func stepOf(lag time.Duration) int {
	if lag <= firstLag {
		return 0
	}
	return min(int(math.Ceil(math.Log(float64(lag)/float64(firstLag))/math.Log(lagFactor))), lagSteps-1)
}

// ofStep is the longest lag of a step.
func ofStep(step int) time.Duration {
	return time.Duration(float64(firstLag) * math.Pow(lagFactor, float64(step)))
}

// within is in what time a share of the lags lies, told by at most a quarter too long;
// -1 where there was none.
func (c *lagCounts) within(share float64) time.Duration {
	of := uint32(math.Ceil(float64(c.total()) * share))
	if of == 0 {
		return -1
	}
	var n uint32
	for step, count := range c {
		if n += count; n >= of {
			return ofStep(step)
		}
	}
	return -1
}

func (c *lagCounts) add(more lagCounts) {
	for step, n := range more {
		c[step] += n
	}
}

func (c *lagCounts) total() (n uint32) {
	for _, count := range c {
		n += count
	}
	return n
}

// NewStarts has none yet.
func NewStarts(now time.Time) *Starts { return &Starts{since: now, piece: startsFirst} }

// lagOf is how long after its due time a network was taken in hand; false where it was
// not yet due, since a person asked for it.
func lagOf(c state.Claimed, now time.Time) (time.Duration, bool) {
	due := c.ScheduledTo
	return now.Sub(due), !due.IsZero() && !due.After(now)
}

// Store passes everything on to a store and remembers what is taken in hand through it.
func (s *Starts) Store(st state.Store) state.Store { return starting{st, s} }

type starting struct {
	state.Store
	starts *Starts
}

// Claim is state.Store.Claim.
func (s starting) Claim(ctx context.Context, want state.Claim) ([]state.Claimed, error) {
	got, err := s.Store.Claim(ctx, want)
	for _, c := range got {
		if lag, due := lagOf(c, want.Now); due {
			s.starts.add(lag, want.Now)
		}
	}
	return got, err
}

func (s *Starts) add(lag time.Duration, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grow(now)
	s.begunAt(now).lags[stepOf(lag)]++
}

// begunAt is the piece of a time, emptied where its place held another one: an older one,
// or one of a clock that was ahead.
func (s *Starts) begunAt(t time.Time) *startsOf {
	begun := t.Truncate(s.piece)
	of := &s.ring[s.place(begun)]
	if !begun.Equal(of.begun) {
		*of = startsOf{begun: begun}
	}
	return of
}

// place is where a piece of time stands in the ring.
func (s *Starts) place(begun time.Time) int {
	return int(begun.Unix()/int64(s.piece/time.Second)) % startsKept
}

// grow makes pieces long enough for all the time since the process began, a day at most:
// two become one.
func (s *Starts) grow(now time.Time) {
	for s.piece < startsPiece && now.Truncate(s.piece).Sub(s.since.Truncate(s.piece)) >= s.piece*time.Duration(startsKept) {
		s.piece *= 2
		old := s.ring
		s.ring = [startsKept]startsOf{}
		for _, o := range old {
			if !o.begun.IsZero() {
				s.begunAt(o.begun).lags.add(o.lags)
			}
		}
	}
}

// StartLags is how late networks were taken in hand, piece by piece: each is 75 seconds
// long at first, and 10 minutes once the process is some 12 hours old.
type StartLags struct {
	From, Until time.Time       // of all pieces; the process is no older than From
	Half, Most  []time.Duration // in what time half of a piece's and 95 % of them began; -1 where there was none
	Runs        int             // in all
	// Of all of them together.
	HalfOfAll, MostOfAll time.Duration
}

// Lags are those of the last 24 hours, or since the process began.
func (s *Starts) Lags(now time.Time) StartLags {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grow(now)
	last := now.Truncate(s.piece)
	first := last.Add(-s.piece * time.Duration(startsKept-1))
	if since := s.since.Truncate(s.piece); since.After(first) && !since.After(last) {
		first = since
	}
	out := StartLags{From: first, Until: now}
	var all lagCounts
	for at := first; !at.After(last); at = at.Add(s.piece) {
		var of lagCounts
		if piece := s.ring[s.place(at)]; piece.begun.Equal(at) {
			of = piece.lags
		}
		all.add(of)
		out.Half, out.Most = append(out.Half, of.within(.5)), append(out.Most, of.within(.95))
	}
	out.Runs, out.HalfOfAll, out.MostOfAll = int(all.total()), all.within(.5), all.within(.95)
	return out
}
