package scheduler

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"time"

	"collector/executor"
	"collector/fault"
	"collector/state"
)

// Policy is the timing of one service.
type Policy struct {
	PollMin, PollMax       time.Duration // floor and ceiling between two polls
	Daily                  time.Duration // between two polls of a network with one like a day; 0 means 27 min
	BackoffMin, BackoffMax time.Duration // wait after the first temporary failure, and the longest
}

const (
	people    = 5              // malformed replies or own failures in a row after which a person is asked
	probeGap  = 24 * time.Hour // then it is still tried so often
	secondTry = time.Minute    // a credential that is refused is tried once more after this
	maxDue    = 40 * 24 * time.Hour
	runsKept  = 20
)

// Next returns the progress to save after a run: when the network is due next
// and why, in words. It is a pure function, so the whole schedule is a table.
//
// Success resets failures. A limit is not a failure. A refused credential
// pauses and asks the user only at the second refusal at least a minute later,
// or when the service says revoked. A missing scope and a list that is gone
// pause and ask. Temporary failures back off for ever and never disable.
// Malformed replies and our own failures back off, need a person after 5 in a
// row, and are still tried daily.
func Next(now time.Time, p Policy, out executor.Outcome) state.Progress {
	n := out.Network.Progress.Clone()
	n.LastRunAt = now
	kind := fault.KindOf(out.Err)
	if out.Err == nil {
		kind = fault.Unknown
		succeed(&n, now, p, out)
	} else {
		fail(&n, now, p, out, kind)
	}
	if far := now.Add(maxDue); n.ScheduledTo.After(far) {
		n.ScheduledTo = far
	}
	remember(&n, now, out, kind)
	return n
}

func succeed(n *state.Progress, now time.Time, p Policy, out executor.Outcome) {
	n.Condition = state.OK
	n.Failures, n.BadRuns, n.RefusedAt = 0, 0, time.Time{}
	n.LastError, n.LastErrorAt, n.Fault, n.Whose, n.NextStep = "", time.Time{}, "", "", ""
	n.LastOKAt = now
	if out.Polled {
		n.PollAt, n.PollWhy = nextPoll(n, now, p, out)
	}
	n.ScheduledTo, n.Reason = n.PollAt, n.PollWhy
	switch {
	case n.Mode == state.Initial:
		n.ScheduledTo, n.Reason = now, "the backfill goes on"
	case n.Walk != nil:
		n.ScheduledTo, n.Reason = now, "the poll goes on: more is new than one run reads"
	case out.SweepLeft || n.Sweep != nil || n.SweepDue:
		n.ScheduledTo, n.Reason = now, "the sweep goes on"
	case out.Details:
		n.ScheduledTo, n.Reason = now, "details of items are still to be read"
	}
}

// nextPoll says when to poll again: at an interval that falls with the square
// root of the likes that are expected, between the floor and the ceiling, set
// apart from others by a hash. Of all ways to share out the same number of calls
// this one has the least lag over all likes; the package bench/freshness
// derives and measures it.
func nextPoll(n *state.Progress, now time.Time, p Policy, out executor.Outcome) (time.Time, string) {
	if out.Since > 0 {
		learnRate(n, now, out)
	} else {
		firstRate(n, out)
	}
	n.RateAt = now
	every, why := p.PollMax, "nothing new is expected soon"
	if n.Rate > 0 {
		every = time.Duration(min(float64(p.PollMax), float64(cmp.Or(p.Daily, daily))/math.Sqrt(24*n.Rate)))
		why = "about " + perTime(n.Rate) + " expected"
	}
	if fill := guard(n); fill > 0 && fill < every {
		every, why = fill, fmt.Sprintf("%s, of which the service shows %d", why, n.Window)
	}
	switch {
	case every < p.PollMin:
		every, why = p.PollMin, why+"; no sooner than the floor"
	case every >= p.PollMax:
		why += "; no later than the ceiling"
	}
	every = min(every, p.PollMax-p.PollMax/20) // room for the spread, which must not pass the ceiling
	every = max(p.PollMin, every+spread(out.Network.ID, every))
	return now.Add(every), fmt.Sprintf("polled every %s: %s", every.Round(time.Second), why)
}

// guard is how often to poll a list of which only a window is shown, at least: in
// the time in which a quarter of it fills, so that a likes' burst of four times the
// usual rate loses nothing. 0 is no bound.
func guard(n *state.Progress) time.Duration {
	if n.Window <= 0 || n.Rate <= 0 {
		return 0
	}
	return time.Duration(min(float64(n.Window)/4/n.Rate, maxDue.Hours()) * float64(time.Hour))
}

// daily is how often a network with one like a day is polled unless the policy
// says otherwise.
const daily = 27 * time.Minute

const rhythm = 7 * 24 * time.Hour // a week of polls outweighs what was before

// learnRate smooths the likes an hour over about a week.
func learnRate(n *state.Progress, now time.Time, out executor.Outcome) {
	hours := out.Since.Hours()
	if hours <= 0 {
		return
	}
	weight := 1 - math.Exp(-out.Since.Hours()/rhythm.Hours())
	n.Rate += weight * (float64(out.Added)/hours - n.Rate)
}

// firstRate guesses the rhythm from the history that the backfill read.
func firstRate(n *state.Progress, out executor.Outcome) {
	n.Rate = 1.0 / 6 // nothing is known of the like times: a few a day
	if hours := out.History.Hours(); hours > 1 {
		n.Rate = float64(out.Read) / hours
	}
}

func perTime(perHour float64) string {
	switch {
	case perHour >= 1.5:
		return fmt.Sprintf("%.0f likes an hour", perHour)
	case perHour >= 1:
		return "one like an hour"
	case perHour*24 >= 1.5:
		return fmt.Sprintf("%.0f likes a day", perHour*24)
	case perHour*24 > 1/1.5:
		return "one like a day"
	default:
		return fmt.Sprintf("one like in %.0f days", 1/(perHour*24))
	}
}

// spread is between -5 % and +5 % of d, always the same for one network.
func spread(network string, d time.Duration) time.Duration {
	return time.Duration((fraction(network) - 0.5) * float64(d) / 10)
}

// fraction is a hash of s in [0, 1).
func fraction(s string) float64 {
	h := fnv.New64a()
	h.Write([]byte(s)) // a Hash never returns an error
	x := h.Sum64()
	x ^= x >> 33 // FNV leaves names that differ at their end close together: stir once more (MurmurHash3's finalizer)
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

func remember(n *state.Progress, now time.Time, out executor.Outcome, kind fault.Kind) {
	run := state.Run{At: now, Kind: out.Kind, Pages: out.Pages, Added: out.Added}
	if out.Err != nil {
		run.Fault = kind.String()
	}
	if f := fault.As(out.Err); f != nil && f.Busy && out.Pages == 0 {
		return // nothing was sent: not a run
	}
	n.Runs = append(n.Runs, run)
	n.Runs = n.Runs[max(0, len(n.Runs)-runsKept):]
}
