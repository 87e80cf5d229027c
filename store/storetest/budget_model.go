package storetest

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// What is done with a quota.
const (
	take     = "take"
	send     = "send"
	answered = "answered"
	limited  = "limited"
	unsent   = "unsent"
)

// spent is a call; times are milliseconds after noon.
type spent struct {
	What  string
	Now   int64
	Place int   // of the permit, among those of all processes
	Until int64 // what the limit announces, with the margin of the ledger
}

// paid is its answer.
type paid struct {
	OK    bool
	Until int64 // of a settled limit: until when nobody may call
}

// budget is a quota as the model knows it.
type budget struct {
	kind  *budgetKind
	given int                               // calls under way or spent
	since [linearClients * perSpender]int64 // when the permit at each place was taken; unset: none is there
	until int64                             // the block; unset: there is none
	probe int                               // 1 + place of the call that tests whether the block is over; 0: none
}

// oneBudget is what a ledger does when one call follows another.
//
// Of a quota of one account it says exactly who is granted a call. Calls of a
// shared quota are granted in batches, which are in the hands of processes: there
// a refusal is always right (that quotas are used up is measured elsewhere), a
// grant only if there is something left, and a call is sent only if no block was
// told before.
func oneBudget(kind budgetKind) porcupine.Model {
	first := budget{kind: &kind, until: unset}
	for i := range first.since {
		first.since[i] = unset
	}
	return porcupine.Model{
		Init: func() any { return first },
		Step: func(s, in, out any) (bool, any) {
			b, ok := s.(budget).after(in.(spent), out.(paid))
			return ok, b
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %+v", in, out) },
		DescribeState: func(s any) string {
			b := s.(budget)
			return fmt.Sprintf("given %d, under way since %v, blocked until %d, probe %d", b.given, b.since, b.until, b.probe)
		},
	}
}

// after is the quota after a call, and whether the call can have been told what
// it was told.
func (b budget) after(in spent, out paid) (budget, bool) {
	here := in.Place + 1
	switch in.What {
	case take:
		if !out.OK {
			return b, b.kind.shared() || !b.mayTake(in.Now)
		}
		if !b.mayTake(in.Now) {
			return b, false
		}
		b.given++
		if b.since[in.Place] = in.Now; b.until != unset && !b.kind.shared() {
			b.probe = here
		}
		return b, true
	case send:
		if !out.OK {
			return b, true // also a reservation that ran out
		}
		if b.until == unset || !b.kind.shared() && b.kind.quota.Parallel <= 1 {
			return b, true // granted alone, and not sent once its lease is over
		}
		if b.until > in.Now || b.probe != 0 && b.probe != here {
			return b, false
		}
		b.probe = here
		return b, true
	}
	b.since[in.Place] = unset
	switch in.What {
	case unsent:
		b.given--
		if b.probe == here {
			b.probe = 0
		}
	case answered:
		if b.probe == here {
			b.until, b.probe = unset, 0
		}
	case limited:
		b.until, b.probe = max(b.until, in.Until), 0
		return b, out.Until == b.until
	}
	return b, true
}

// mayTake says whether one more call may be granted.
func (b budget) mayTake(now int64) bool {
	if b.given >= b.kind.left {
		return false
	}
	if b.kind.shared() {
		return true
	}
	flying := 0
	for _, at := range b.since {
		if at != unset && at+budgetFence.Milliseconds() > now {
			flying++
		}
	}
	return flying < b.kind.quota.Parallel && b.until <= now && (b.until == unset || b.probe == 0)
}
