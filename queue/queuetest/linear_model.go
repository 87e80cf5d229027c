package queuetest

import (
	"fmt"

	"github.com/anishathalye/porcupine"

	"collector/queue"
)

// asked is a call; times are milliseconds after noon.
type asked struct {
	What  string // add, claim, renew, rescue, requeue, remove, look or a verb
	Token string
	Now   int64 // 0 where the call has none
	Until int64 // of a claim and a renewal: the end of the lease; of a verb: the due time
}

// told is its answer.
type told struct {
	OK   bool // it was added, stood, was rescued, re-queued, removed or is there
	Got  bool // the claim has it
	Seen seen
}

// seen is what can be read of a job.
type seen struct {
	State      queue.State // Ready for Scheduled too: when the one becomes the other is not to be told from outside
	Token      string
	Until      int64
	Attempts   int
	Deliveries int
}

func seenOf(j queue.Job) seen {
	s := seen{State: j.State, Token: j.Token, Attempts: j.Attempts, Deliveries: j.Deliveries}
	if s.State == queue.Scheduled {
		s.State = queue.Ready
	}
	if !j.LeaseUntil.IsZero() {
		s.Until = j.LeaseUntil.Sub(at(0)).Milliseconds()
	}
	return s
}

// one is a job as the model knows it; State is "" where there is none.
type one struct {
	seen
	Due int64
	// Latest is the latest time of a call that could have made it ready: what one clock
	// found due stays so for a claim by a clock that is behind.
	Latest int64
}

const linearAttempts = 3

// oneJob says what each call on one job is told when calls come one after another.
func oneJob() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return one{} },
		Step: func(state, input, output any) (bool, any) {
			return step(state.(one), input.(asked), output.(told))
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v: %+v", in, out) },
		DescribeState:     func(s any) string { return fmt.Sprintf("%+v", s) },
	}
}

// step returns whether that may be the answer, and what the job is then.
func step(j one, in asked, out told) (bool, one) {
	latest := max(j.Latest, in.Now)
	ok, next := stepped(j, in, out)
	next.Latest = latest
	return ok, next
}

func stepped(j one, in asked, out told) (bool, one) {
	switch in.What {
	case "add":
		if j.State != "" {
			return !out.OK, j
		}
		return out.OK, one{seen: seen{State: queue.Ready}, Due: in.Now}
	case "claim":
		if !out.Got { // others took it, or it was not looked at
			return true, j
		}
		may := j.State == queue.Ready && j.Due <= max(in.Now, j.Latest)
		j.seen = seen{State: queue.Running, Token: out.Seen.Token, Until: in.Until, Attempts: j.Attempts + 1, Deliveries: j.Deliveries + 1}
		return may && out.Seen == j.seen && out.Seen.Token != "", j
	case "renew":
		if !j.held(in) {
			return !out.OK, j
		}
		j.Until = in.Until
		return out.OK, j
	case "rescue":
		if j.State != queue.Running || j.Until > in.Now {
			return !out.OK, j
		}
		j.seen = seen{State: queue.Ready, Attempts: j.Attempts, Deliveries: j.Deliveries}
		j.Due = in.Now
		if j.Attempts >= linearAttempts {
			j.State = queue.Dead
		}
		return out.OK, j
	case "requeue":
		if j.State != queue.Dead {
			return !out.OK, j
		}
		return out.OK, one{seen: seen{State: queue.Ready, Deliveries: j.Deliveries}, Due: in.Now}
	case "remove":
		if j.State == "" || j.State == queue.Running {
			return !out.OK, j
		}
		return out.OK, one{}
	case "look":
		return out.OK == (j.State != "") && out.Seen == j.seen, j
	}
	if !j.held(in) {
		return !out.OK, j
	}
	return out.OK, j.ended(in)
}

// held says whether the claim of a call stands.
func (j one) held(in asked) bool { return j.State == queue.Running && j.Token == in.Token }

// ended is the job after the outcome of its claim.
func (j one) ended(in asked) one {
	next := one{seen: seen{State: queue.Ready, Attempts: j.Attempts, Deliveries: j.Deliveries}, Due: in.Until}
	switch queue.Verb(in.What) {
	case queue.Complete:
		return one{}
	case queue.Bury:
		next.State = queue.Dead
	case queue.Snooze:
		next.Attempts--
	case queue.Release:
		next.Attempts--
		next.Deliveries--
		next.Due = j.Due
	}
	return next
}
