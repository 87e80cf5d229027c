package cluster

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a registry that answers renewals late.
type slow struct {
	Registry
	by time.Duration
}

func (s slow) Renew(context.Context, LeaseID) error {
	time.Sleep(s.by)
	return nil
}

// TestLeadingEndsWithTheLease also where the answer to a renewal was late: the lease
// lives from when it was asked for, and so does what the leader does.
func TestLeadingEndsWithTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ttl, late = 8 * time.Second, time.Second
		m := New(Config{Self: func() Peer { return Peer{ID: "a"} }, TTL: ttl, Log: slog.New(slog.DiscardHandler)}, slow{by: late})
		m.lease, m.ttl, m.until = 7, ttl, time.Now().Add(ttl)
		m.promote(t.Context(), 3)
		asked := time.Now()
		if err := m.renew(t.Context(), m.lease); err != nil {
			t.Fatal(err)
		}
		<-m.leading.Done()
		if led := time.Since(asked); led != ttl {
			t.Errorf("it led for %v, its lease lived for %v", led, ttl)
		}
		m.demote()
	})
}

// renewed is a registry that keeps when it is asked to renew.
type renewed struct {
	Registry
	at []time.Time
}

func (r *renewed) Renew(context.Context, LeaseID) error {
	r.at = append(r.at, time.Now())
	return nil
}

// TestALeaseIsRenewedAtHalf, each time.
func TestALeaseIsRenewedAtHalf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewed{}
		m := New(Config{Self: func() Peer { return Peer{ID: "a"} }, TTL: DefaultTTL, Log: slog.New(slog.DiscardHandler)}, r)
		begun := time.Now()
		m.lease, m.ttl, m.until, m.renewAt, m.said = 7, DefaultTTL, begun.Add(DefaultTTL), begun.Add(DefaultTTL/2), m.self()
		for time.Since(begun) < 2*DefaultTTL {
			m.keep(t.Context())
			time.Sleep(time.Second)
		}
		for i, at := range r.at {
			if want := begun.Add(time.Duration(i+1) * DefaultTTL / 2); at.Sub(want).Abs() > 2*time.Second {
				t.Errorf("renewed after %v, want %v", at.Sub(begun), want.Sub(begun))
			}
		}
		if len(r.at) != 3 {
			t.Errorf("renewed %d times in two leases", len(r.at))
		}
	})
}

// TestAnErrorIsNoLargerThanAnAnswer: a result is one message, whatever a handler says.
func TestAnErrorIsNoLargerThanAnAnswer(t *testing.T) {
	r := answer(Task{ID: "a"}, nil, errors.New(strings.Repeat("\u00e9", MaxPayload)), time.Time{}, time.Time{})
	if value, err := encode(r); err != nil || len(r.Error) > MaxPayload || len(value) > 2*MaxPayload || !strings.HasPrefix(r.Error, "\u00e9\u00e9") || strings.Contains(r.Error, "\ufffd") {
		t.Errorf("an error of %d bytes in a result of %d, %v", len(r.Error), len(value), err)
	}
}
