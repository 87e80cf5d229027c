package scheduler

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"collector/executor"
	"collector/fault"
	"collector/state"
)

// fail decides what follows an error.
func fail(n *state.Progress, now time.Time, p Policy, out executor.Outcome, kind fault.Kind) {
	f := fault.As(out.Err)
	if f == nil {
		f = &fault.Error{Kind: fault.Bug, Reason: out.Err.Error(), Whose: "collector"}
	}
	if out.Polled { // what stopped the run came after it: it is not polled again with what is tried again
		n.PollAt, n.PollWhy = nextPoll(n, now, p, out)
	}
	if kind == fault.RateLimited {
		limited(n, now, p, f)
		return
	}
	n.LastError, n.LastErrorAt = strings.TrimSuffix(out.Err.Error(), " ("+f.Next+")"), now
	n.Fault = kind.String()
	n.Whose, n.NextStep = whoseAndNext(f)
	switch kind {
	case fault.Temporary:
		n.Failures++
		wait := backoff(p, n.Failures, out.Network.ID)
		n.Condition, n.ScheduledTo = state.Failing, now.Add(wait)
		n.Reason = fmt.Sprintf("tried again after failure %d in a row", n.Failures)
	case fault.Unauthorized:
		refused(n, now, f)
	case fault.Forbidden:
		ask(n, state.NeedsScope, "paused until you grant what is missing: "+f.Reason)
	case fault.Gone:
		ask(n, state.Missing, "paused until you say how to go on: "+f.Reason)
	default: // Malformed, Bug, Unknown
		n.BadRuns++
		n.Failures++
		n.Condition, n.ScheduledTo = state.Failing, now.Add(backoff(p, n.BadRuns, out.Network.ID))
		n.Reason = fmt.Sprintf("tried again after reply %d in a row that cannot be used", n.BadRuns)
		if errors.Is(out.Err, executor.ErrStalled) {
			n.Condition = state.Stalled
			n.Reason = "the walk is begun again: the service's paging leads nowhere"
		}
		if n.BadRuns >= people {
			n.ScheduledTo = now.Add(probeGap)
			n.Reason = fmt.Sprintf("tried once a day: %d replies in a row cannot be used", n.BadRuns)
			if n.Condition != state.Stalled {
				n.Condition = state.Broken
			}
		}
	}
}

// whoseAndNext says whose fault an error is and what to do, also where the one
// who found it did not.
func whoseAndNext(f *fault.Error) (whose, next string) {
	switch f.Kind {
	case fault.Temporary:
		whose, next = "the service or the network", "nothing: the collector tries again"
	case fault.Malformed:
		whose, next = "the service, or collector", "nothing: the collector tries again; if it stays so, see whether a newer collector reads the reply"
	case fault.Bug, fault.Unknown:
		whose, next = "collector", "report it with the output of collector explain; it is tried again by itself"
	}
	return cmp.Or(f.Whose, whose), cmp.Or(f.Next, next)
}

// limited reschedules after a met limit, which is not a failure.
func limited(n *state.Progress, now time.Time, p Policy, f *fault.Error) {
	n.Condition = state.Limited
	if f.Busy && f.Until.Sub(now) <= 5*time.Second {
		n.Condition = state.OK // another call goes first: nothing a person would call a limit
	}
	// By the monotonic clock: the other may have been set since this was told.
	n.ScheduledTo = now.Add(f.Until.Sub(now))
	if !f.Until.After(now) {
		n.ScheduledTo = now.Add(max(time.Second, p.BackoffMin))
		if f.Busy {
			n.ScheduledTo = now.Add(time.Second)
		}
	}
	n.Reason = "waiting: " + f.Reason
}

// refused handles a credential that was not accepted.
func refused(n *state.Progress, now time.Time, f *fault.Error) {
	if n.RefusedAt.IsZero() {
		n.RefusedAt = now
	}
	if f.Revoked || now.Sub(n.RefusedAt) >= secondTry {
		ask(n, state.NeedsSignIn, "paused until you sign in again: "+f.Reason)
		return
	}
	n.Condition = state.Failing
	n.ScheduledTo = n.RefusedAt.Add(secondTry)
	n.Reason = "the credential was refused once; it is tried once more before you are asked"
}

// ask pauses until a person acts.
func ask(n *state.Progress, c state.Condition, reason string) {
	n.Condition, n.Reason = c, reason
	n.ScheduledTo = time.Time{}
}

// backoff doubles from the shortest to the longest wait, sets networks apart by
// up to 10 %, and is never longer than the longest.
func backoff(p Policy, failures int, network string) time.Duration {
	wait := p.BackoffMax
	if n := failures - 1; n < 40 {
		if d := p.BackoffMin << n; d > 0 && d < p.BackoffMax {
			wait = d
		}
	}
	apart := time.Duration(float64(wait) * fraction(fmt.Sprint(network, failures)) / 10)
	if wait+apart > p.BackoffMax {
		return wait - apart
	}
	return wait + apart
}

// quarantine is the outcome of a network that ended the process too often: it
// is not run, so that it cannot do so again at once.
func quarantine(n state.Network) executor.Outcome {
	return executor.Outcome{Network: n, Err: &fault.Error{
		Kind: fault.Bug, Whose: "collector",
		Reason: fmt.Sprintf("the program ended %d times while it worked on this network", n.Crashes-1),
		Next:   "report it with the log; it is tried again by itself",
	}}
}
