package brokertest_test

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"collector/broker"
	"collector/broker/brokertest"
	"collector/broker/memory"
	"collector/queue"
	queuememory "collector/queue/memory"
)

// saboteur breaks one promise, and names the test of the kit that must notice.
type saboteur struct {
	name, notices string
	log           func(broker.Log) broker.Log
	jobs          func(queue.Store) queue.Store
}

var saboteurs = []saboteur{
	{"none", "", nil, nil},
	{"skips-a-position", "TestSabotaged/Log/FollowSeesAllInOrder", func(l broker.Log) broker.Log { return skipping{l} }, nil},
	{"stores-twice", "TestSabotaged/Log/AnIDIsStoredOnce", func(l broker.Log) broker.Log { return renaming{l} }, nil},
	{"hides-what-is-gone", "TestSabotaged/Log/TheOldestGo", func(l broker.Log) broker.Log { return hiding{l} }, nil},
	{"half-a-batch", "TestSabotaged/Log/ABatchIsStoredWhole", func(l broker.Log) broker.Log { return halving{l, new(atomic.Int64)} }, nil},
	{"forgets-nothing", "TestSabotaged/Log/WhatIsForgottenIsBlank", func(l broker.Log) broker.Log { return remembering{l} }, nil},
	{"ack-without-fence", "TestSabotaged/Broker/ALateAckChangesNothing", nil, func(s queue.Store) queue.Store { return unfenced{s} }},
	{"claims-again", "TestSabotaged/Broker/UnacknowledgedStays", nil, func(s queue.Store) queue.Store { return forgetting{s} }},
}

type skipping struct{ broker.Log }

func (s skipping) Follow(ctx context.Context, from int64, fn func([]broker.Message)) error {
	return s.Log.Follow(ctx, from, func(ms []broker.Message) {
		if len(ms) > 1 {
			ms = ms[1:]
		}
		fn(ms)
	})
}

type renaming struct{ broker.Log }

func (s renaming) Append(ctx context.Context, now time.Time, ms []broker.Message) ([]int64, error) {
	out := append([]broker.Message(nil), ms...)
	for i := range out {
		out[i].ID = queue.NewID(now)
	}
	return s.Log.Append(ctx, now, out)
}

type hiding struct{ broker.Log }

func (s hiding) Read(ctx context.Context, topic string, from int64, n int) ([]broker.Message, error) {
	oldest, _, err := s.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	return s.Log.Read(ctx, topic, max(from, oldest), n)
}

// halving stores the second half of a batch when somebody has looked at the first.
type halving struct {
	broker.Log
	looks *atomic.Int64
}

func (s halving) Read(ctx context.Context, topic string, from int64, n int) ([]broker.Message, error) {
	defer s.looks.Add(1)
	return s.Log.Read(ctx, topic, from, n)
}

func (s halving) Append(ctx context.Context, now time.Time, ms []broker.Message) (at []int64, err error) {
	for i, m := range ms {
		for seen := s.looks.Load(); i > 0 && s.looks.Load() < seen+2 && ctx.Err() == nil; { // the first may have begun before
			runtime.Gosched()
		}
		one, err := s.Log.Append(ctx, now, []broker.Message{m})
		if err != nil {
			return nil, err
		}
		at = append(at, one...)
	}
	return at, nil
}

type remembering struct{ broker.Log }

func (s remembering) Forget(ctx context.Context, chosen func(broker.Message) bool) (n int, err error) {
	ms, err := s.Read(ctx, "/topic/items.anna", 1, 10)
	return 2 * len(ms), err
}

// unfenced acknowledges whoever holds the message now.
type unfenced struct{ queue.Store }

func (s unfenced) Finish(ctx context.Context, now time.Time, outcomes []queue.Outcome) ([]bool, error) {
	out := append([]queue.Outcome(nil), outcomes...)
	for i := range out {
		if j, err := s.Job(ctx, out[i].ID); err == nil {
			out[i].Token = j.Token
		}
	}
	return s.Store.Finish(ctx, now, out)
}

// forgetting removes what is claimed, as a queue without acknowledgements does.
type forgetting struct{ queue.Store }

func (s forgetting) Claim(ctx context.Context, c queue.Claim) ([]queue.Job, error) {
	jobs, err := s.Store.Claim(ctx, c)
	var outcomes []queue.Outcome
	for _, j := range jobs {
		outcomes = append(outcomes, queue.Outcome{Ref: j.Ref(), Verb: queue.Complete})
	}
	if err == nil {
		_, err = s.Finish(ctx, c.Now, outcomes)
	}
	return jobs, err
}

// variable names the saboteur that TestSabotaged runs with.
const variable = "BROKERTEST_SABOTEUR"

// TestSabotaged runs the kit over stores in memory: as they are, or, where the test below
// runs it, with a saboteur.
func TestSabotaged(t *testing.T) {
	var s saboteur
	for _, one := range saboteurs {
		if one.name == os.Getenv(variable) {
			s = one
		}
	}
	log := func(l broker.Log) broker.Log {
		if s.log != nil {
			return s.log(l)
		}
		return l
	}
	t.Run("Log", func(t *testing.T) {
		brokertest.Log(t, func(_ *testing.T, keep int) (one, other broker.Log) {
			l := log(memory.Keeping(keep))
			return l, l
		})
	})
	t.Run("Broker", func(t *testing.T) {
		brokertest.Broker(t, func(*testing.T) (queue.Store, broker.Log) {
			var jobs queue.Store = queuememory.New()
			if s.jobs != nil {
				jobs = s.jobs(jobs)
			}
			return jobs, log(memory.New())
		})
	})
}

// TestTheKitBites runs the kit with each saboteur in a process of its own: the test that
// it breaks must turn red.
func TestTheKitBites(t *testing.T) {
	for _, s := range saboteurs {
		t.Run(s.name, func(t *testing.T) {
			run := "^TestSabotaged$"
			if s.notices != "" {
				run = "^" + strings.ReplaceAll(s.notices, "/", "$/^") + "$"
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", run, "-test.v", "-test.timeout", "20s")
			cmd.Env = append(os.Environ(), variable+"="+s.name)
			out, err := cmd.CombinedOutput()
			ran := s.notices == "" || strings.Contains(string(out), "=== RUN   "+s.notices)
			if red := err != nil; !ran || red != (s.notices != "") {
				t.Errorf("the kit under %s: %v\n%s", s.name, err, out)
			}
		})
	}
}
