package limittest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
	_ "time/tzdata" // the service's own calendar

	"collector/connectors"
)

// Shape is when a window of a service begins.
type Shape uint8

// The shapes.
const (
	FromFirst Shape = iota // with the first call after the last one
	Aligned                // at multiples of its length
	Rolling                // always: what counts is the time before each call
	Pacific                // at midnight in California
	UTCDay                 // at midnight in London, in winter
	UTCMonth               // with the month
)

// Window is one window as the service counted it.
type Window struct {
	Start, End time.Time
	Used       int // units of answered calls
	Refused    int // calls over the budget
	Strange    int // units spent by somebody else
}

// Budget counts like a service, by itself: it knows nothing of the ledger.
type Budget struct {
	N     int
	Per   time.Duration
	Shape Shape
	// Tell writes what a reply says into its headers, or returns what its body
	// says. nil: nothing.
	Tell func(h http.Header, b *Budget, left int, end, now time.Time) *connectors.Usage

	Windows []Window // fixed shapes: the last is the present one
	Calls   []Call   // rolling: everything that was answered
	Over    int      // refused calls of a rolling budget
	inside  int      // first of Calls that still counts
	used    int      // rolling: units that still count
}

// Call is units spent at a time.
type Call struct {
	At    time.Time
	Units int
}

func (b *Budget) bounds(now time.Time) (start, end time.Time) {
	switch b.Shape {
	case Aligned:
		start = now.Truncate(b.Per)
		return start, start.Add(b.Per)
	case Pacific, UTCDay:
		zone := time.UTC
		if b.Shape == Pacific {
			zone = time.FixedZone("PST", -8*60*60)
			if la, err := time.LoadLocation("America/Los_Angeles"); err == nil { // the zones are built in
				zone = la
			}
		}
		y, m, d := now.In(zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, zone), time.Date(y, m, d+1, 0, 0, 0, 0, zone)
	case UTCMonth:
		y, m, _ := now.Date()
		return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC), time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return now, now.Add(b.Per)
}

// fits says whether a call of so many units is within the budget.
func (b *Budget) fits(now time.Time, units int) bool {
	if b.Shape == Rolling {
		for b.inside < len(b.Calls) && !b.Calls[b.inside].At.Add(b.Per).After(now) {
			b.used -= b.Calls[b.inside].Units
			b.inside++
		}
		return b.used+units <= b.N
	}
	if len(b.Windows) == 0 || !now.Before(b.present().End) {
		start, end := b.bounds(now)
		b.Windows = append(b.Windows, Window{Start: start, End: end})
	}
	return b.present().Used+units <= b.N
}

func (b *Budget) present() *Window { return &b.Windows[len(b.Windows)-1] }

func (b *Budget) spend(now time.Time, units int, stranger bool) {
	if b.Shape == Rolling {
		b.Calls = append(b.Calls, Call{now, units})
		b.used += units
		return
	}
	b.present().Used += units
	if stranger {
		b.present().Strange += units
	}
}

func (b *Budget) refuse() {
	if b.Shape == Rolling {
		b.Over++
		return
	}
	b.present().Refused++
}

// Refused is how many calls were over the budget.
func (b *Budget) Refused() int {
	n := b.Over
	for _, w := range b.Windows {
		n += w.Refused
	}
	return n
}

func (b *Budget) left() int {
	if b.Shape == Rolling {
		return max(0, b.N-b.used)
	}
	return max(0, b.N-b.present().Used)
}

// Frees is when a full budget has room again.
func (b *Budget) Frees(now time.Time) time.Time {
	if b.Shape == Rolling {
		if b.inside < len(b.Calls) {
			return b.Calls[b.inside].At.Add(b.Per)
		}
		return now
	}
	return b.present().End
}

// Serve is a call at now that spends units[i] of budgets[i]: of all, or of none
// where one is full. It returns the headers of the reply, what its body says of
// each budget (nil: nothing), and the budget that was full, nil for an answered
// call. A call of 0 units is free, as an unchanged list is for some services.
func Serve(now time.Time, budgets []*Budget, units []int) (h http.Header, body []*connectors.Usage, full *Budget) {
	h, body = http.Header{}, make([]*connectors.Usage, len(budgets))
	for i, b := range budgets {
		if !b.fits(now, units[i]) {
			full = b
		}
	}
	if full != nil {
		full.refuse()
	}
	for i, b := range budgets {
		if full == nil {
			b.spend(now, units[i], false)
		}
	}
	for i, b := range budgets {
		if b.Tell != nil {
			body[i] = b.Tell(h, b, b.left(), b.Frees(now), now)
		}
	}
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	return h, body, full
}

// The ways of telling.

// Epoch tells limit, remainder and the end in whole seconds since 1970.
func Epoch(h http.Header, b *Budget, left int, end, _ time.Time) *connectors.Usage {
	h.Set("X-RateLimit-Limit", strconv.Itoa(b.N))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(left))
	if r := end.Truncate(time.Second); r.Before(end) {
		end = r.Add(time.Second)
	}
	h.Set("X-RateLimit-Reset", strconv.FormatInt(end.Unix(), 10))
	return nil
}

// ISO tells the end as Mastodon does.
func ISO(h http.Header, b *Budget, left int, end, now time.Time) *connectors.Usage {
	Epoch(h, b, left, end, now)
	h.Set("X-RateLimit-Reset", end.UTC().Format("2006-01-02T15:04:05.000000Z"))
	return nil
}

// Fractions tells a remainder with decimals and seconds to go, as Reddit does.
func Fractions(h http.Header, b *Budget, left int, end, now time.Time) *connectors.Usage {
	h.Set("X-Ratelimit-Used", strconv.Itoa(b.N-left))
	h.Set("X-Ratelimit-Limit", strconv.Itoa(b.N))
	h.Set("X-Ratelimit-Remaining", fmt.Sprintf("%d.0", left))
	h.Set("X-Ratelimit-Reset", fmt.Sprintf("%.1f", end.Sub(now).Seconds()))
	return nil
}

// Whole tells seconds to go, cut to whole ones.
func Whole(h http.Header, b *Budget, left int, end, now time.Time) *connectors.Usage {
	Fractions(h, b, left, end, now)
	h.Set("X-Ratelimit-Reset", strconv.Itoa(int(end.Sub(now).Seconds())))
	return nil
}

// Structured tells by the RateLimit header of the draft that Hugging Face sends.
func Structured(h http.Header, b *Budget, left int, end, now time.Time) *connectors.Usage {
	h.Set("RateLimit", fmt.Sprintf(`"api";r=%d;t=%d`, left, int(end.Sub(now).Seconds())))
	h.Set("RateLimit-Policy", fmt.Sprintf(`"fixed window";"api";q=%d;w=%d`, b.N, int(b.Per.Seconds())))
	return nil
}

// Endless tells what is left and not until when.
func Endless(h http.Header, b *Budget, left int, _, _ time.Time) *connectors.Usage {
	h.Set("X-RateLimit-Limit", strconv.Itoa(b.N))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(left))
	return nil
}

// InBody tells in the reply itself.
func InBody(_ http.Header, b *Budget, left int, _, _ time.Time) *connectors.Usage {
	return &connectors.Usage{Limit: b.N, Left: &left}
}
