package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Kind names jobs whose data is a T, written as JSON. Its zero fields are the
// defaults of Job.
type Kind[T any] struct {
	Name        string
	Queue       string
	Priority    int
	MaxAttempts int
	Keep        time.Duration
	Policy      Policy // of the handler
}

// Job returns a job with this data, to be changed and added.
func (k Kind[T]) Job(data T) (Job, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return Job{}, fmt.Errorf("%w: the data of a %s cannot be written as JSON: %w", ErrInvalid, k.Name, err)
	}
	attempts := k.MaxAttempts
	if attempts == 0 {
		attempts = k.Policy.attempts()
	}
	return Job{Queue: k.Queue, Kind: k.Name, Data: raw, Priority: k.Priority, MaxAttempts: attempts, Keep: k.Keep}, nil
}

// Adder adds jobs: a Master, or On.
type Adder interface {
	Add(ctx context.Context, jobs ...Job) error
}

// Add adds a job with this data; each change is applied to it before. A job with its
// id that is there already is ErrExists.
func (k Kind[T]) Add(ctx context.Context, to Adder, data T, changes ...func(*Job)) error {
	j, err := k.Job(data)
	if err != nil {
		return err
	}
	for _, change := range changes {
		change(&j)
	}
	return to.Add(ctx, j)
}

// Handle returns the handler of the kind. Data that is no T buries the job: no
// attempt would read it better.
func (k Kind[T]) Handle(do func(ctx context.Context, t *Task, data T) error) Handler {
	return Handler{Kind: k.Name, Policy: k.Policy, Do: func(ctx context.Context, t *Task) error {
		var data T
		if err := json.Unmarshal(t.Job.Data, &data); err != nil {
			return Permanent(fmt.Errorf("reading the data of %s %s: %w", k.Name, t.Job.ID, err))
		}
		return do(ctx, t, data)
	}}
}

// Handler does the jobs of one kind.
type Handler struct {
	Kind   string
	Policy Policy
	// Do does one job. nil is done; an error is tried again by the policy, but for those of
	// Permanent, SnoozeFor and RetryIn. A panic is an error with its stack. ctx ends with
	// the Policy's Timeout, when the lease is lost (ErrLeaseLost is its cause), or when the
	// Master is stopped and does not wait any longer (ErrStopped).
	Do func(ctx context.Context, t *Task) error
	// Isolated runs Do in a child process; see ServeChild.
	Isolated bool
}

// Async makes a handler out of a function that ends a job from elsewhere: by calling
// done, once, from any goroutine. The job holds its worker until then. Later calls
// change nothing, nor do those after ctx ended.
func Async(start func(ctx context.Context, t *Task, done func(error))) func(context.Context, *Task) error {
	return func(ctx context.Context, t *Task) error {
		ended := make(chan error, 1)
		start(ctx, t, func(err error) {
			select {
			case ended <- err:
			default:
			}
		})
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Policy says how a kind's jobs are tried. Its zero value: 25 attempts, exponential
// waits, no timeout.
type Policy struct {
	// MaxAttempts is how many attempts a job has that sets none itself. 0 is 25, -1 no limit.
	MaxAttempts int
	// Backoff is how long to wait after so many attempts (from 1) before the next one; nil
	// is Exponential(time.Second, time.Hour).
	Backoff func(attempt int) time.Duration
	// Timeout ends the handler's context. 0 is none. The lease is renewed meanwhile: it
	// tells whether the owner lives, not how long the job may take.
	Timeout time.Duration
}

const defaultAttempts = 25

// attempts is the MaxAttempts of a job, where 0 is no limit.
func (p Policy) attempts() int {
	switch {
	case p.MaxAttempts < 0:
		return 0
	case p.MaxAttempts == 0:
		return defaultAttempts
	}
	return p.MaxAttempts
}

// Exponential waits twice as long after each attempt, from first up to longest.
func Exponential(first, longest time.Duration) func(int) time.Duration {
	return func(attempt int) time.Duration {
		d := first
		for range min(attempt, 64) - 1 {
			if d >= longest/2 {
				return longest
			}
			d *= 2
		}
		return min(d, longest)
	}
}

// Constant waits equally long after each attempt.
func Constant(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

// next is what becomes of a job whose attempt ended with err. Where the Master had stopped
// it, an attempt that failed does not count, be it the last one or not.
func (p Policy) next(j Job, err error, now time.Time, stopped bool) Outcome {
	o := Outcome{Ref: j.Ref(), Verb: Complete}
	if err == nil {
		return o
	}
	o.Error = err.Error()
	v := verdictOf(err)
	switch {
	case v == nil:
	case v.verb == Bury:
		o.Verb = Bury
		return o
	case v.verb == Snooze:
		o.Verb, o.Due = Snooze, now.Add(v.wait)
		return o
	}
	if stopped {
		o.Verb, o.Due = Snooze, now
		if v != nil { // it has its own time
			o.Due = now.Add(v.wait)
		}
		return o
	}
	most := j.MaxAttempts
	if most == 0 {
		most = p.attempts()
	}
	if most > 0 && j.Attempts >= most {
		o.Verb = Bury
		return o
	}
	o.Verb = Retry
	if v != nil {
		o.Due = now.Add(v.wait)
		return o
	}
	wait, panicked := p.wait(j.Attempts)
	if o.Due = now.Add(wait); panicked != nil {
		o.Error = fmt.Sprintf("%v (its Backoff panicked: %v)", o.Error, panicked)
	}
	return o
}

// wait is how long to wait after so many attempts. A Backoff that panics is told, and
// takes nothing along.
func (p Policy) wait(attempt int) (d time.Duration, panicked any) {
	usual := Exponential(time.Second, time.Hour)
	if p.Backoff == nil {
		return usual(attempt), nil
	}
	defer func() {
		if panicked = recover(); panicked != nil {
			d = usual(attempt)
		}
	}()
	return max(0, p.Backoff(attempt)), nil
}
