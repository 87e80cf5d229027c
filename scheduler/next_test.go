package scheduler

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/executor"
	"collector/fault"
	"collector/state"
)

var (
	noon   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	policy = Policy{PollMin: 5 * time.Minute, PollMax: 6 * time.Hour, BackoffMin: time.Minute, BackoffMax: 6 * time.Hour}
)

func after(err error, p state.Progress) executor.Outcome {
	n := state.Network{ID: "n1", Service: "github", Progress: p}
	return executor.Outcome{Network: n, Kind: "poll", Pages: 1, Err: err, Ended: err == nil, Polled: err == nil && p.Mode == state.Normal, Since: 10 * time.Minute}
}

func TestNext(t *testing.T) {
	normal := state.Progress{Mode: state.Normal, RateAt: noon.Add(-time.Hour), Rate: 1}
	with := func(change func(*state.Progress)) state.Progress { p := normal; change(&p); return p }
	for _, c := range []struct {
		name      string
		in        executor.Outcome
		condition state.Condition
		atLeast   time.Duration // after noon
		atMost    time.Duration
		paused    bool
		says      string
	}{
		{"a poll without news", after(nil, normal), state.OK, 5 * time.Minute, 6 * time.Minute, false, "like"},
		{"one like a day", after(nil, with(func(p *state.Progress) { p.Rate = 1.0 / 24 })), state.OK, 25 * time.Minute, 29 * time.Minute, false, "one like a day"},
		{"one like in sixteen days", after(nil, with(func(p *state.Progress) { p.Rate = 1.0 / 24 / 16 })), state.OK, 102 * time.Minute, 114 * time.Minute, false, "one like in 16 days"},
		{"a backfill goes on", after(nil, state.Progress{Mode: state.Initial}), state.OK, 0, 0, false, "backfill"},
		{"a met limit", after(&fault.Error{Kind: fault.RateLimited, Reason: "GitHub's quota", Until: noon.Add(time.Hour)}, normal), state.Limited, time.Hour, time.Hour, false, "GitHub's quota"},
		{"a limit of 22 hours", after(&fault.Error{Kind: fault.RateLimited, Reason: "429", Until: noon.Add(79892 * time.Second)}, normal), state.Limited, 79892 * time.Second, 79892 * time.Second, false, "429"},
		{"a limit in the past", after(&fault.Error{Kind: fault.RateLimited, Reason: "429", Until: noon.Add(-time.Hour)}, normal), state.Limited, time.Minute, time.Minute, false, "429"},
		{"our own queue", after(&fault.Error{Kind: fault.RateLimited, Busy: true, Reason: "another call", Until: noon.Add(time.Second)}, normal), state.OK, time.Second, time.Second, false, "another call"},
		{"first failure", after(fault.New(fault.Temporary, "502"), normal), state.Failing, time.Minute, 66 * time.Second, false, "failure 1"},
		{"eleventh failure", after(fault.New(fault.Temporary, "502"), with(func(p *state.Progress) { p.Failures = 10 })), state.Failing, 5*time.Hour + 24*time.Minute, 6 * time.Hour, false, "failure 11"},
		{"thousandth failure", after(fault.New(fault.Temporary, "502"), with(func(p *state.Progress) { p.Failures = 999 })), state.Failing, 5*time.Hour + 24*time.Minute, 6 * time.Hour, false, "1000"},
		{"first refusal", after(fault.New(fault.Unauthorized, "401"), normal), state.Failing, time.Minute, time.Minute, false, "once more"},
		{"second refusal too soon", after(fault.New(fault.Unauthorized, "401"), with(func(p *state.Progress) { p.RefusedAt = noon.Add(-20 * time.Second) })), state.Failing, 40 * time.Second, 40 * time.Second, false, "once more"},
		{"second refusal", after(fault.New(fault.Unauthorized, "401"), with(func(p *state.Progress) { p.RefusedAt = noon.Add(-time.Minute) })), state.NeedsSignIn, 0, 0, true, "sign in"},
		{"revoked", after(&fault.Error{Kind: fault.Unauthorized, Revoked: true, Reason: "Bad credentials"}, normal), state.NeedsSignIn, 0, 0, true, "Bad credentials"},
		{"missing scope", after(fault.New(fault.Forbidden, "scope read:user is missing"), normal), state.NeedsScope, 0, 0, true, "read:user"},
		{"gone", after(fault.New(fault.Gone, "410"), normal), state.Missing, 0, 0, true, "410"},
		{"odd reply", after(fault.New(fault.Malformed, "HTML"), normal), state.Failing, time.Minute, 66 * time.Second, false, "reply 1"},
		{"fifth odd reply", after(fault.New(fault.Malformed, "HTML"), with(func(p *state.Progress) { p.BadRuns = 4 })), state.Broken, 24 * time.Hour, 24 * time.Hour, false, "once a day"},
		{"stalled", after(&fault.Error{Kind: fault.Malformed, Reason: "stalled", Err: executor.ErrStalled}, normal), state.Stalled, time.Minute, 66 * time.Second, false, "paging"},
		{"unclassified", after(errors.New("oops"), normal), state.Failing, time.Minute, 66 * time.Second, false, ""},
		{"a wait beyond belief", after(&fault.Error{Kind: fault.RateLimited, Reason: "429", Until: noon.Add(1000 * 24 * time.Hour)}, normal), state.Limited, maxDue, maxDue, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Next(noon, policy, c.in)
			if got.Condition != c.condition {
				t.Errorf("condition %q, want %q", got.Condition, c.condition)
			}
			if got.ScheduledTo.IsZero() != c.paused {
				t.Errorf("due %v, want paused %v", got.ScheduledTo, c.paused)
			}
			if d := got.ScheduledTo.Sub(noon); !c.paused && (d < c.atLeast || d > c.atMost) {
				t.Errorf("due in %v, want %v to %v", d, c.atLeast, c.atMost)
			}
			if got.Reason == "" || !strings.Contains(got.Reason, c.says) {
				t.Errorf("reason %q, want %q in it", got.Reason, c.says)
			}
		})
	}
}

// Promise R11. Defects 1 and 2: a met limit is no failure, and a success clears
// what was counted; a thousand server errors never disable.
// Defect 1: a rate limit counts as an error and disables the account.
// Defect 2: failures are never reset by a success.
func TestFailuresNeverDisable(t *testing.T) {
	p := state.Progress{Mode: state.Normal}
	now := noon
	for i := range 1000 {
		p = Next(now, policy, after(fault.New(fault.Temporary, "503"), p))
		if p.ScheduledTo.IsZero() || p.Condition != state.Failing {
			t.Fatalf("disabled after %d failures: %+v", i+1, p)
		}
		if wait := p.ScheduledTo.Sub(now); wait > policy.BackoffMax || wait < policy.BackoffMin {
			t.Fatalf("failure %d waits %v", i+1, wait)
		}
		now = p.ScheduledTo
	}
	for range 10 {
		p = Next(now, policy, after(&fault.Error{Kind: fault.RateLimited, Reason: "429", Until: now.Add(time.Minute)}, p))
	}
	if p.Failures != 1000 {
		t.Errorf("limits were counted as failures: %d", p.Failures)
	}
	p = Next(now, policy, after(nil, p))
	if p.Failures != 0 || p.Condition != state.OK || p.LastError != "" {
		t.Errorf("a success did not clear the failures: %+v", p)
	}
}

// Promise R13: whatever the clock says, nothing is due before now or later than
// the longest wait.
func TestClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{-24 * time.Hour, -time.Hour, time.Hour, 24 * time.Hour, 12 * 365 * 24 * time.Hour} {
		p := Next(noon, policy, after(nil, state.Progress{Mode: state.Normal, Rate: 1, RateAt: noon.Add(-time.Hour)}))
		later := noon.Add(jump)
		out := after(nil, p)
		out.Since = later.Sub(p.RateAt)
		p = Next(later, policy, out)
		if d := p.ScheduledTo.Sub(later); d < policy.PollMin || d > policy.PollMax*106/100 {
			t.Errorf("jump of %v: due in %v", jump, d)
		}
		if p.Rate < 0 || p.Rate != p.Rate {
			t.Errorf("jump of %v: rate %v", jump, p.Rate)
		}
	}
}

// Due times of many networks are spread, and the same network keeps its place.
func TestSpread(t *testing.T) {
	var low, high int
	slots := map[int]bool{} // of ten seconds each: ids that differ only at their end are spread too
	for i := range 1000 {
		d := spread(fmt.Sprint("network", i), time.Hour)
		if d < -3*time.Minute || d > 3*time.Minute {
			t.Fatalf("spread %v", d)
		}
		if d < 0 {
			low++
		} else {
			high++
		}
		slots[int(d/(10*time.Second))] = true
		if d != spread(fmt.Sprint("network", i), time.Hour) {
			t.Fatal("not stable")
		}
	}
	if len(slots) < 30 {
		t.Errorf("1,000 due times fall on %d of 36 slots", len(slots))
	}
	if low < 400 || high < 400 {
		t.Errorf("%d low, %d high", low, high)
	}
}

// Polling follows the rhythm of the network between the floor and the ceiling.
func TestRhythm(t *testing.T) {
	p := state.Progress{Mode: state.Normal, Rate: 1.0 / 6, RateAt: noon}
	now := noon
	for range 3000 { // 20 likes an hour
		out := after(nil, p)
		out.Since = 10 * time.Minute
		out.Added = 3
		now = now.Add(out.Since)
		p = Next(now, policy, out)
	}
	if d := p.ScheduledTo.Sub(now); d > 6*time.Minute {
		t.Errorf("a busy network is polled every %v", d)
	}
	for range 400 {
		out := after(nil, p)
		out.Since = 6 * time.Hour
		now = now.Add(out.Since)
		p = Next(now, policy, out)
	}
	if d := p.ScheduledTo.Sub(now); d < 5*time.Hour {
		t.Errorf("a silent network is polled every %v", d)
	}
}

// A sweep that meets a limit is tried again without the poll that ended before it.
func TestAPollThatEndedIsNotRepeatedWithItsSweep(t *testing.T) {
	limit := noon.Add(time.Minute)
	out := after(&fault.Error{Kind: fault.RateLimited, Reason: "429", Until: limit}, state.Progress{Mode: state.Normal, PollAt: noon, RateAt: noon.Add(-time.Hour), Rate: 1})
	out.Polled = true
	if got := Next(noon, policy, out); !got.PollAt.After(limit) || !got.ScheduledTo.Equal(limit) {
		t.Errorf("due at %s, to be polled at %s; want the sweep at %s and the poll later", got.ScheduledTo, got.PollAt, limit)
	}
}
