package freshness

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"collector/bench/figure"
	"collector/connectors"
	"collector/executor"
	"collector/fault"
	"collector/fetch"
	"collector/limit"
	"collector/scheduler"
	"collector/state"
	"collector/store"
	"collector/store/sqlite"
)

// latency is how long the invented service takes to answer.
const latency = 100 * time.Millisecond

// quiet is an invented service whose lists never change.
type quiet struct{}

func (quiet) Info() connectors.Info {
	return connectors.Info{Name: "quiet", Provider: "quiet", Hosts: []string{"quiet.example"}, PageSize: 100, Order: connectors.ByLikeTime}
}

func (quiet) Request(q connectors.Query) (connectors.Request, error) {
	return connectors.Request{URL: "https://quiet.example/" + q.Account.Name}, nil
}

func (quiet) Parse(connectors.Query, connectors.Reply) (connectors.Page, error) {
	return connectors.Page{}, fault.New(fault.Malformed, "a list without changes has nothing to read")
}

// watched is a store that remembers when what it hands out was due.
type watched struct {
	store.Store
	mu   sync.Mutex
	now  func() time.Time
	due  map[string]time.Time // account -> when
	lags []time.Duration
}

func (w *watched) Claim(ctx context.Context, c state.Claim) ([]state.Claimed, error) {
	got, err := w.Store.Claim(ctx, c)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range got {
		w.due[n.AccountID] = n.ScheduledTo
	}
	return got, err
}

// do is one poll: nothing has changed.
func (w *watched) do(ctx context.Context, c fetch.Call) (connectors.Reply, error) {
	w.mu.Lock()
	w.lags = append(w.lags, w.now().Sub(w.due[c.Account]))
	w.mu.Unlock()
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return connectors.Reply{}, fault.New(fault.Temporary, "cut off: %w", context.Cause(ctx))
	}
	reply := connectors.Reply{Status: 304}
	return reply, c.Use(reply)
}

// dueLag runs the real scheduler, executor and SQLite store for a while over n
// accounts, in real time: polled as often as the policy polls the population,
// 100,000 accounts are 111 polls a second, so nothing need be compressed. The
// lag is the time from when a network is due to the moment its poll is sent.
func dueLag(ctx context.Context, r figure.Run, n int, during time.Duration) (result, error) {
	path := filepath.Join(r.Dir, fmt.Sprintf("due-%d.db", n))
	from := time.Now()
	if err := fill(ctx, path, n, r.Seed, from); err != nil {
		return result{}, fmt.Errorf("filling a store with %d accounts: %w", n, err)
	}
	s, err := sqlite.Open(ctx, path, store.Options{Owner: "bench", Lease: 30 * time.Second})
	if err != nil {
		return result{}, err
	}
	defer s.Close()
	w := &watched{Store: s, due: map[string]time.Time{}}
	began := time.Now() // as if the filling had taken no time
	w.now = func() time.Time { return from.Add(time.Since(began)) }
	ledger := limit.New(s, "bench", w.now)
	e := &executor.Executor{Store: w, Do: w.do, Now: w.now, Pages: 10, Version: "bench"}
	loop := scheduler.New(scheduler.Config{
		Modes: []state.Mode{state.Normal}, Owner: "bench", Lease: 30 * time.Second, Grace: 5 * time.Second, Workers: 64, Pages: 10,
		BackoffMin: time.Minute, BackoffMax: time.Hour, Version: "bench", Now: w.now,
		Poll: func(string) (time.Duration, time.Duration) { return floor, ceiling },
		Log:  slog.New(slog.NewTextHandler(io.Discard, nil)),
	}, w, ledger, []connectors.Connector{quiet{}}, e)
	ctx, cancel := context.WithTimeout(ctx, during)
	defer cancel()
	if err := loop.Run(ctx); err != nil {
		return result{}, err
	}
	return result{lags: sorted(w.lags), calls: len(w.lags)}, nil
}
