package fleet

import (
	"container/heap"
	"fmt"
	"time"

	"collector/executor"
	"collector/scheduler"
	"collector/state"
)

// network is one list: what of its state the simulation needs, small enough for a
// million. Times are from the start of the run.
type network struct {
	n        int32
	service  uint8
	server   int32 // of a service with several
	failures int32
	read     int32 // likes that were collected
	rate     float64
	rateAt   time.Duration
	pollAt   time.Duration // when it was planned to be polled
	due      time.Duration // scheduledTo: later than planned where a quota or a failure put it off
	claimed  time.Duration
	polled   time.Duration // when it was last polled; 0: never
	likes    []time.Duration
}

func (n *network) id() string { return fmt.Sprintf("n%07d", n.n) }

// news is how many likes there are that were not collected before at.
func (n *network) news(at time.Duration) (count int) {
	for _, l := range n.likes[n.read:] {
		if l > at {
			break
		}
		count++
	}
	return count
}

// next plans the network by the outcome of a run that ended at now.
func (n *network) next(start time.Time, now time.Duration, p scheduler.Policy, added int, err error) {
	at := start.Add(now)
	out := executor.Outcome{Err: err, Network: state.Network{ID: n.id(), Progress: state.Progress{
		Mode: state.Normal, Condition: state.OK, Walks: 1, Failures: int(n.failures),
		Rate: n.rate, RateAt: start.Add(n.rateAt), PollAt: start.Add(n.pollAt), ScheduledTo: start.Add(n.due),
	}}}
	if err == nil {
		out.Kind, out.Pages, out.Added, out.Ended, out.Polled, out.Since = "poll", 1, added, true, true, now-n.rateAt
		n.read += int32(added)
		n.polled = now
	}
	next := scheduler.Next(at, p, out)
	n.failures = int32(next.Failures)
	n.rate, n.rateAt, n.pollAt, n.due = next.Rate, next.RateAt.Sub(start), next.PollAt.Sub(start), next.ScheduledTo.Sub(start)
}

// wake is a network and when it may be claimed.
type wake struct {
	at time.Duration
	n  *network
}

// wakes is a heap of networks that nobody has in work, in the order in which a
// store's index has them.
type wakes []wake

func (w wakes) Len() int { return len(w) }
func (w wakes) Less(i, j int) bool {
	return w[i].at < w[j].at || w[i].at == w[j].at && w[i].n.n < w[j].n.n
}
func (w wakes) Swap(i, j int) { w[i], w[j] = w[j], w[i] }
func (w *wakes) Push(x any)   { *w = append(*w, x.(wake)) }
func (w *wakes) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}

// init makes a heap of any order.
func (w *wakes) init() { heap.Init(w) }

// free lets a network be claimed from a time on.
func (w *wakes) free(n *network, at time.Duration) { heap.Push(w, wake{at, n}) }

// first is the network that has been due longest, nil if none is due at now.
func (w wakes) first(now time.Duration) *wake {
	if len(w) == 0 || w[0].at > now {
		return nil
	}
	return &w[0]
}

// take takes the first one.
func (w *wakes) take() *network { return heap.Pop(w).(wake).n }
