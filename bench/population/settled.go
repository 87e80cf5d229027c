package population

import (
	"math/rand/v2"
	"time"

	"collector/executor"
	"collector/scheduler"
	"collector/state"
)

// Settled is the progress at now of a network that has been polled for long: the
// scheduler knows its rate (likes an hour), and now is somewhere in its interval.
func Settled(id string, rate float64, p scheduler.Policy, rnd *rand.Rand, now time.Time) state.Progress {
	n := state.Progress{Mode: state.Normal, Condition: state.OK, Walks: 1, Resume: "0", Rate: rate, RateAt: now.UTC()}
	n = scheduler.Next(now, p, executor.Outcome{
		Network: state.Network{ID: id, Progress: n}, Kind: "poll", Ended: true, Polled: true, Since: time.Nanosecond,
	})
	n.PollAt = now.Add(time.Duration(rnd.Int64N(int64(n.PollAt.Sub(now))))).UTC()
	n.ScheduledTo = n.PollAt
	return n
}
