package limit

import (
	"testing"
	"time"

	"collector/connectors"
	"collector/fault"
)

// jumps is a ledger of processes whose clock is wrong by some time, beside a
// service that knows the right one.
type jumps struct {
	*testing.T
	rows  *table
	l     *Ledger
	right time.Time
	wrong time.Duration
	dated bool // replies have a Date
	need  []Need
}

func (j *jumps) now() time.Time { return j.right.Add(j.wrong) }

// restart begins a new process.
func (j *jumps) restart() { j.l = New(j.rows, "p", j.now) }

// answer is a reply of the service.
func (j *jumps) answer(l *Limited) *Answer {
	a := &Answer{At: j.now(), Limited: l}
	if j.dated {
		a.Date = j.right.Truncate(time.Second)
	}
	return a
}

// call makes one, which the service answers so; it says until when not, zero if
// it was made.
func (j *jumps) call(l *Limited) (until time.Time) {
	j.Helper()
	p, err := j.l.Take(j.Context(), j.need, Poll)
	if f := fault.As(err); f != nil {
		return f.Until
	}
	if err != nil {
		j.Fatal(err)
	}
	if err := p.Send(j.Context()); err != nil {
		j.Fatal(err)
	}
	if _, err := j.l.Settle(j.Context(), p, j.answer(l)); err != nil {
		j.Fatal(err)
	}
	return time.Time{}
}

// waits asks as often as it is told to until a call is made, and returns how long
// that took.
func (j *jumps) waits(most time.Duration) time.Duration {
	j.Helper()
	begun := j.right
	for {
		until := j.call(nil)
		took := j.right.Sub(begun)
		if until.IsZero() {
			return took
		}
		if took > most {
			j.Errorf("no call in %v, and not before %v more have gone: %v", took, until.Sub(j.now()), j.rows.rows)
			return took
		}
		j.right = j.right.Add(max(time.Second, min(until.Sub(j.now()), most)))
	}
}

// overKinds runs a test for each way in which a row keeps time, and with and
// without a new process at the points where it asks for one.
func overKinds(t *testing.T, test func(j *jumps, perhaps func())) {
	reported, rolling, silent := core, core, core
	rolling.Rolling, rolling.Per, silent.Report = true, 10*time.Minute, connectors.Report{}
	for name, c := range map[string]struct {
		q     connectors.Quota
		dated bool
	}{"dated": {reported, true}, "without a date": {reported, false}, "rolling": {rolling, true}, "silent": {silent, false}} {
		for again, restart := range map[string]func(*jumps){"the same process": func(*jumps) {}, "a new process": (*jumps).restart} {
			t.Run(name+", "+again, func(t *testing.T) {
				j := &jumps{T: t, rows: &table{rows: map[string]string{}}, right: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), dated: c.dated}
				j.need = []Need{{Key: "x", Quota: c.q}}
				j.restart()
				test(j, func() { restart(j) })
			})
		}
	}
}

// Promises R5 and R13: a pause that a service asked for while our clock was ahead
// lasts as long as it asked for once the clock is right, neither less nor until the
// wrong time.
func TestBlockOfAClockThatWasAhead(t *testing.T) {
	for _, ahead := range []time.Duration{time.Hour, 24 * time.Hour, 39 * 24 * time.Hour} {
		overKinds(t, func(j *jumps, perhaps func()) {
			j.call(nil)
			j.wrong = ahead
			j.right = j.right.Add(time.Minute)
			j.waits(time.Minute)
			if until := j.call(&Limited{Wait: 20 * time.Minute, Reason: "429"}); !until.IsZero() {
				j.Fatalf("not asked: barred until %v", until)
			}
			told := j.right
			j.right = j.right.Add(5 * time.Minute)
			j.wrong = 0
			perhaps()
			waited := j.waits(time.Hour)
			if j.right.Sub(told) < 20*time.Minute || waited > 21*time.Minute {
				j.Errorf("ahead by %v: asked again %v after a pause of 20 minutes was asked for, and %v after the clock was right", ahead, j.right.Sub(told), waited)
			}
		})
	}
}

// The same of a pause that was asked for while our clock was right, if it is behind
// in between.
func TestBlockOutlivesAClockThatIsBehind(t *testing.T) {
	for _, behind := range []time.Duration{time.Hour, 24 * time.Hour} {
		overKinds(t, func(j *jumps, perhaps func()) {
			j.call(nil)
			j.call(&Limited{Wait: 6 * time.Hour, Reason: "429"})
			told := j.right
			j.wrong = -behind
			j.right = j.right.Add(10 * time.Minute)
			perhaps()
			for range 3 {
				if until := j.call(nil); until.IsZero() || until.Sub(j.now()) > 6*time.Hour+time.Minute {
					j.Errorf("behind by %v: barred until %v, now is %v", behind, until, j.now())
				}
				j.right = j.right.Add(time.Minute)
			}
			j.wrong = 0
			perhaps()
			j.waits(10 * time.Hour)
			if took := j.right.Sub(told); took < 6*time.Hour || took > 6*time.Hour+time.Minute {
				j.Errorf("behind by %v: asked again %v after a pause of 6 hours was asked for", behind, took)
			}
		})
	}
}

// Promise R13: a quota that was used up, and a call whose process died, while our
// clock was ahead bar nobody for longer than a window.
func TestQuotaOfAClockThatWasAhead(t *testing.T) {
	overKinds(t, func(j *jumps, perhaps func()) {
		j.need[0].Quota.N = 10
		j.wrong = 24 * time.Hour
		for j.call(nil).IsZero() {
		}
		j.need = append(j.need, Need{Key: "y", Quota: j.need[0].Quota})
		if _, err := j.l.Take(j.Context(), j.need[1:], Poll); err != nil { // never answered
			j.Fatal(err)
		}
		j.wrong = 0
		perhaps()
		if waited := j.waits(3 * time.Hour); waited > j.need[0].Quota.Per+3*time.Minute {
			j.Errorf("the next call %v after the clock was right", waited)
		}
	})
}
