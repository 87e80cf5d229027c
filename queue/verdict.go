package queue

import (
	"errors"
	"fmt"
	"time"
)

// ErrLeaseLost is the cause of a handler's context whose lease is lost: somebody else
// may do the job already, and nothing that this handler returns is taken.
var ErrLeaseLost = errors.New("the lease of the job is lost")

// ErrStopped is the cause of a handler's context when the Master does not wait for
// it any longer. The attempt does not count.
var ErrStopped = errors.New("the master stops")

// ErrTimeout is the cause of a handler's context at the end of the policy's Timeout.
var ErrTimeout = errors.New("the job took longer than its timeout")

// verdict is an error that says what becomes of the job.
type verdict struct {
	error
	verb Verb
	wait time.Duration
}

func (v *verdict) Unwrap() error { return v.error }

// verdictOf is nil where the error leaves it to the policy.
func verdictOf(err error) *verdict {
	var v *verdict
	if errors.As(err, &v) {
		return v
	}
	return nil
}

// Permanent wraps an error after which no attempt can be better: the job is dead at
// once. nil stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &verdict{error: err, verb: Bury}
}

// RetryIn wraps an error after which the next attempt has its own time: what a
// server's Retry-After says, for example. The attempt counts. nil stays nil.
func RetryIn(d time.Duration, err error) error {
	if err == nil {
		return nil
	}
	return &verdict{error: err, verb: Retry, wait: max(0, d)}
}

// SnoozeFor, as a handler's error, lets the job wait without counting the attempt:
// it was too early, and nothing went wrong.
func SnoozeFor(d time.Duration) error {
	return &verdict{error: fmt.Errorf("not before %v from now", d), verb: Snooze, wait: max(0, d)}
}
