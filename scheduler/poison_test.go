package scheduler_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fetch"
	"collector/limit"
	"collector/scheduler"
	"collector/state"
)

var minutes = flag.Int("lateness.minutes", 2, "how long, of the virtual clock, 999 networks are polled beside a poisonous one")

// Promise R12: 999 networks are polled each minute while one of the same service
// hangs, panics or sends endless replies, and comes back each second. How late
// the others are read is what it was without: the slow hundredth at most a tenth
// later. (Each change: beside all three at once, which is harder; with more minutes
// also beside one.)
func TestPoisonDelaysNobody(t *testing.T) {
	lone := lateness(t)
	worlds := [][]string{{"panics", "hangs", "huge"}}
	if *minutes > 2 {
		worlds = append(worlds, []string{"panics"}, []string{"hangs"}, []string{"huge"})
	}
	for _, world := range worlds {
		beside, poison := lateness(t, world...), strings.Join(world, ", ")
		t.Logf("beside one that %s: p50 %v, p99 %v, at most %v of %d polls; without it %v, %v, %v of %d",
			poison, part(beside, 0.5), part(beside, 0.99), part(beside, 1), len(beside), part(lone, 0.5), part(lone, 0.99), part(lone, 1), len(lone))
		// What is due is looked for each second: less than that is no lateness.
		if with, without := part(beside, 0.99), max(time.Second, part(lone, 0.99)); with > without+without/10 {
			t.Errorf("beside one that %s the slow hundredth of the others is %v late, without it %v", poison, with, without)
		}
		if len(beside) < len(lone)*95/100 { // a poll that was a second late is due a second later the next time
			t.Errorf("beside one that %s the others were polled %d times, without it %d times", poison, len(beside), len(lone))
		}
	}
}

func part(all []time.Duration, share float64) time.Duration {
	return all[min(len(all)-1, int(share*float64(len(all))))]
}

// lateness has 999 networks polled, and more of which the name says what they do,
// and returns in order how late each run of the 999 began.
func lateness(t *testing.T, poison ...string) (late []time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("quick", poison...)
		s := &service{due: map[string]time.Time{}, met: map[string]int{}}
		client, err := fetch.New(fetch.Config{Version: "1", Now: time.Now, Ledger: limit.New(b.store, "me", time.Now), Transport: s})
		if err != nil {
			t.Fatal(err)
		}
		b.answer = func(ctx context.Context, c fetch.Call) (connectors.Reply, error) {
			s.called(c.Request.URL)
			return client.Do(ctx, c)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(*minutes)*time.Minute)
		defer cancel()
		go func() { // connected all through the first minute, so that they are due at different moments
			for i := range 111 {
				var names []string
				for j := range 9 {
					names = append(names, fmt.Sprint("n", 9*i+j))
				}
				s.rest(names)
				b.add("quick", names...)
				time.Sleep(time.Minute / 111)
			}
		}()
		err = b.scheduler(func(c *scheduler.Config) {
			c.Poll = func(string) (time.Duration, time.Duration) { return time.Minute, time.Minute }
			c.Workers = 16
			c.BackoffMin, c.BackoffMax, c.Ended = time.Second, time.Second, s.ended
		}, "quick").Run(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range poison {
			if s.met[name] < 2 {
				t.Errorf("the one that %s was called %d times: this proves nothing", name, s.met[name])
			}
		}
		late = s.late
	})
	slices.Sort(late)
	return late
}

// service answers by the name of the account, and notes how late it is called.
type service struct {
	mu   sync.Mutex
	due  map[string]time.Time // of networks that rest
	late []time.Duration
	met  map[string]int
}

// called is told of each call, before it waits for anything.
func (s *service) called(address string) {
	name, _, _ := strings.Cut(strings.TrimPrefix(address, "https://list.example/"), "?")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.met[name]++
	if due, rests := s.due[name]; rests {
		delete(s.due, name)
		s.late = append(s.late, time.Since(due))
	}
}

// rest notes networks that are due now.
func (s *service) rest(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		s.due[name] = time.Now()
	}
}

// ended is told of each run: from then on a network that is read rests.
func (s *service) ended(out executor.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if out.Err == nil && out.Network.Mode == state.Normal {
		s.due[out.Network.Account] = out.Network.ScheduledTo
	}
}

// RoundTrip answers as a server would, after 100 ms.
func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	if r.URL.Path == "/hangs" {
		timer.Reset(time.Hour)
	}
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	next, err := json.Marshal(map[string]string{"": "2", "2": "3"}[r.URL.RawQuery])
	if err != nil {
		return nil, err
	}
	reply := &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: -1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(next))),
	}
	if r.URL.Path == "/huge" {
		reply.Body = endless{r.Context()}
	}
	return reply, nil
}

// endless is a body of a quarter of a MiB a second.
type endless struct{ ctx context.Context }

func (e endless) Read(p []byte) (int, error) {
	timer := time.NewTimer(time.Second / 4)
	defer timer.Stop()
	select {
	case <-timer.C:
		return copy(p, strings.Repeat(" ", 64<<10)), nil
	case <-e.ctx.Done():
		return 0, e.ctx.Err()
	}
}

func (endless) Close() error { return nil }
