package queuetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"collector/queue"
)

// Concurrent owners, stale ones among them, add, claim, renew, end, rescue, re-queue and
// remove the same few jobs. What each call was told must be what one call after
// another would have been told, in an order that their times allow (Herlihy and
// Wing, 1990); porcupine looks for that order, job by job.
var linear = []promise{
	{"ConcurrentCallsAreLinearizable", linearizable},
}

const (
	linearJobs    = 4
	linearClients = 8
	linearCalls   = 80 // of each client in one history
	linearRounds  = 4  // histories, unless Backend.Histories says more
)

func linearizable(k *kit) {
	rounds := max(k.Histories, linearRounds)
	calls := 0
	saw := map[string]int{} // answers that show that something was tried
	for round := range rounds {
		h := newHistory(k, uint64(round+1))
		h.run()
		for n, ops := range h.ops {
			calls += len(ops)
			for _, op := range ops {
				in, out := op.Input.(asked), op.Output.(told)
				switch {
				case out.Got && out.Seen.Deliveries > 1:
					saw["re-deliveries"]++
				case in.What == string(queue.Complete) && !out.OK:
					saw["late acknowledgements refused"]++
				case in.What == "rescue" && out.OK:
					saw["rescues"]++
				case in.What == "requeue" && out.OK:
					saw["re-queued"]++
				}
			}
			model := oneJob()
			result, info := porcupine.CheckOperationsVerbose(model, ops, 0)
			if result == porcupine.Ok {
				continue
			}
			k.Fatalf("seed %d: what the %d calls on job %d were told fits no order of them: %v; look at %s", round+1, len(ops), n, result, k.drawn(model, info))
		}
	}
	k.Logf("%d histories, %d calls on single jobs: %v", rounds, calls, saw)
	for _, what := range []string{"re-deliveries", "late acknowledgements refused", "rescues"} {
		if saw[what] < rounds {
			k.Errorf("%d %s in %d histories: this proved too little", saw[what], what, rounds)
		}
	}
}

// drawn is the file in which a history can be looked at.
func (k *kit) drawn(model porcupine.Model, info porcupine.LinearizationInfo) string {
	k.Helper()
	dir, err := os.MkdirTemp("", "linearizability-")
	k.must(err)
	path := filepath.Join(dir, "history.html")
	k.must(porcupine.VisualizePath(model, info, path))
	return path
}

// history is one in the making.
type history struct {
	*kit
	seed  uint64
	queue string // of this history alone
	ids   []string
	clock atomic.Int64
	order atomic.Int64 // numbers the beginnings and ends of calls
	mu    sync.Mutex
	ops   [][]porcupine.Operation // by job
}

func newHistory(k *kit, seed uint64) *history {
	h := &history{kit: k, seed: seed, queue: fmt.Sprint("history", seed), ops: make([][]porcupine.Operation, linearJobs)}
	for i := range linearJobs {
		h.ids = append(h.ids, fmt.Sprintf("%d-%d", seed, i))
	}
	return h
}

func (h *history) run() {
	var all sync.WaitGroup
	for i := range linearClients {
		all.Go(func() {
			c := &client{
				history: h, number: i, store: []queue.Store{h.s, h.Other}[i%2],
				rnd: rand.New(rand.NewPCG(h.seed, uint64(i))),
			}
			for range linearCalls {
				c.step()
			}
		})
	}
	all.Wait()
}

// client makes one call after another.
type client struct {
	*history
	number int
	store  queue.Store
	rnd    *rand.Rand
	claims []queue.Ref // the newest, also those that are over
}

// call does something and notes when it began and ended, and what each job was told.
func (c *client) call(jobs []int, in asked, do func() (func(job int) told, error)) {
	begun := c.order.Add(1)
	out, err := do()
	ended := c.order.Add(1)
	if err != nil {
		c.Errorf("seed %d: %s: %v", c.seed, in.What, err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range jobs {
		c.ops[n] = append(c.ops[n], porcupine.Operation{ClientId: c.number, Input: in, Call: begun, Output: out(n), Return: ended})
	}
}

// simple is a call on one job with one answer.
func (c *client) simple(job int, in asked, do func() (bool, error)) {
	c.call([]int{job}, in, func() (func(int) told, error) {
		ok, err := do()
		return func(int) told { return told{OK: ok} }, err
	})
}

var everyJob = []int{0, 1, 2, 3}

func (c *client) step() {
	now := c.clock.Add(int64(c.rnd.IntN(12))) // milliseconds after noon
	job := c.rnd.IntN(linearJobs)
	id := c.ids[job]
	dice := c.rnd.IntN(100)
	if len(c.claims) == 0 && dice >= 35 && dice < 75 {
		dice = 20
	}
	switch {
	case dice < 12:
		c.simple(job, asked{What: "add", Now: now}, func() (bool, error) {
			added, err := c.store.Add(c.ctx, when(now), "", []queue.Job{{ID: id, Queue: c.queue, Kind: "work", MaxAttempts: linearAttempts}})
			return err == nil && added[0], err
		})
	case dice < 35:
		c.claim(now, now+40)
	case dice < 67:
		c.end(now)
	case dice < 75:
		r := c.newest()
		c.simple(c.numberOf(r), asked{What: "renew", Token: r.Token, Until: now + 40}, func() (bool, error) {
			stood, err := c.store.Renew(c.ctx, []queue.Ref{r}, when(now+40))
			return err == nil && stood[0], err
		})
	case dice < 82:
		c.call(everyJob, asked{What: "rescue", Now: now}, func() (func(int) told, error) {
			got, err := c.store.Rescue(c.ctx, when(now), 1000)
			return c.among(got, func(queue.Job) told { return told{OK: true} }), err
		})
	case dice < 86:
		c.simple(job, asked{What: "requeue", Now: now}, func() (bool, error) {
			n, err := c.store.Requeue(c.ctx, when(now), time.Time{}, queue.Filter{ID: id}, 1)
			return n == 1, err
		})
	case dice < 88:
		c.simple(job, asked{What: "remove"}, func() (bool, error) {
			n, err := c.store.Remove(c.ctx, queue.Filter{ID: id}, 1)
			return n == 1, err
		})
	default:
		c.call([]int{job}, asked{What: "look"}, func() (func(int) told, error) {
			j, err := c.store.Job(c.ctx, id)
			if errors.Is(err, queue.ErrNotFound) {
				return func(int) told { return told{} }, nil
			}
			return func(int) told { return told{OK: true, Seen: seenOf(j)} }, err
		})
	}
}

// end ends one of the newest claims.
func (c *client) end(now int64) {
	verbs := []queue.Verb{queue.Complete, queue.Complete, queue.Retry, queue.Retry, queue.Snooze, queue.Release, queue.Bury}
	r, verb, due := c.newest(), verbs[c.rnd.IntN(len(verbs))], now+int64(c.rnd.IntN(20))
	c.simple(c.numberOf(r), asked{What: string(verb), Token: r.Token, Now: now, Until: due}, func() (bool, error) {
		stood, err := c.store.Finish(c.ctx, when(now), []queue.Outcome{{Ref: r, Verb: verb, Due: when(due)}})
		return err == nil && stood[0], err
	})
}

func (c *client) claim(now, until int64) {
	c.call(everyJob, asked{What: "claim", Now: now, Until: until}, func() (func(int) told, error) {
		got, err := c.store.Claim(c.ctx, queue.Claim{
			Queue: c.queue, N: 1 + c.rnd.IntN(linearJobs), Owner: fmt.Sprint("owner", c.number), Now: when(now), Until: when(until),
		})
		for _, j := range got {
			c.claims = append(c.claims, j.Ref())
		}
		return c.among(got, func(j queue.Job) told { return told{Got: true, Seen: seenOf(j)} }), err
	})
}

// among answers for each job by whether it is one of those.
func (c *client) among(got []queue.Job, answer func(queue.Job) told) func(int) told {
	return func(n int) told {
		for _, j := range got {
			if j.ID == c.ids[n] {
				return answer(j)
			}
		}
		return told{}
	}
}

// newest is one of the newest claims that this client was given.
func (c *client) newest() queue.Ref {
	newest := c.claims[max(0, len(c.claims)-3):]
	return newest[c.rnd.IntN(len(newest))]
}

// numberOf is the number of a claim's job.
func (c *client) numberOf(r queue.Ref) int {
	for n, id := range c.ids {
		if id == r.ID {
			return n
		}
	}
	return 0
}

// when is a time of the history.
func when(millis int64) time.Time { return at(time.Duration(millis) * ms) }
