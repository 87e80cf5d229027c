package limit

import (
	"testing"
	"time"
	"unsafe"

	"collector/connectors"
	"collector/fault"
)

// slept returns t as a clock shows it whose monotonic reading stood still for d
// while its wall clock went on; a negative d is a wall clock that was set back.
// Package time has no way to make such a Time, so its second word, the
// monotonic reading, is changed in place.
func slept(t *testing.T, at time.Time, d time.Duration) time.Time {
	t.Helper()
	out := at.Add(d)
	*(*int64)(unsafe.Add(unsafe.Pointer(&out), 8)) -= int64(d)
	if out.Sub(at) != 0 || out.Round(0).Sub(at.Round(0)) != d {
		t.Fatal("time.Time is laid out otherwise than this test believes")
	}
	return out
}

// Promise R13: what was reserved before the machine slept, or before its clock
// was set, is not used afterwards.
func TestPermitsEndOnBothClocks(t *testing.T) {
	began := time.Now()
	for name, c := range map[string]struct {
		at   time.Time
		void bool
	}{
		"at once":                         {began.Add(time.Second), false},
		"after an hour":                   {began.Add(time.Hour), true},
		"the machine slept for an hour":   {slept(t, began, time.Hour), true},
		"an hour, and the clock set back": {slept(t, began.Add(time.Hour), -time.Hour), true},
	} {
		t.Run(name, func(t *testing.T) {
			now := began
			l := New(&table{rows: map[string]string{}}, "a", func() time.Time { return now })
			p, err := l.Take(t.Context(), []Need{{Key: "x", Quota: core}}, Poll)
			if err != nil {
				t.Fatal(err)
			}
			now = c.at
			if err := p.Send(t.Context()); (fault.KindOf(err) == fault.RateLimited) != c.void {
				t.Errorf("got %v, want void %v", err, c.void)
			}
		})
	}
}

// Promise R5: calls that were granted before somebody met a limit are not sent
// after it, in this process or another.
func TestGrantedCallsSeeABlock(t *testing.T) {
	for _, scope := range []connectors.Scoping{connectors.PerAccount, connectors.PerApp} {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		shared := &table{rows: map[string]string{}}
		q := core
		q.Scope, q.Parallel, q.Rate = scope, 4, 0
		need := []Need{{Key: "x", Quota: q}}
		var permits []*Permit
		for _, process := range []string{"a", "b", "a"} {
			p, err := New(shared, process, clock).Take(t.Context(), need, Poll)
			if err != nil {
				t.Fatal(err)
			}
			permits = append(permits, p)
		}
		if _, err := permits[0].ledger.Settle(t.Context(), permits[0], &Answer{At: now, Limited: &Limited{Wait: time.Minute, Reason: "429"}}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
		for i, p := range permits[1:] {
			err := p.Send(t.Context())
			if f := fault.As(err); f == nil || f.Kind != fault.RateLimited || f.Until.Sub(now) < 50*time.Second {
				t.Errorf("scope %v: call %d may be sent: %v", scope, i+1, err)
			}
		}
	}
}
