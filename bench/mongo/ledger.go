package mongo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"collector/bench/figure"
	"collector/bench/process"
	"collector/connectors"
	"collector/limit"
	"collector/store"
)

// ledger measures how many calls a second one key of the ledger carries: taken,
// looked at before they are sent, and settled with the answer of a service that
// takes no time. Four ledgers share it, each over a handle of its own as a process
// has, each with many callers.
func ledger(ctx context.Context, r figure.Run, s *server) (figures []figure.Figure, err error) {
	const ledgers = 4
	callers, span := 512, 5*time.Second
	if r.Short {
		callers, span = 32, 300*time.Millisecond
	}
	q := connectors.Quota{
		Name: "core", Scope: connectors.PerApp, Unit: "calls", N: 100_000_000, Per: 24 * time.Hour,
		Report: connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset", Unit: connectors.EpochSeconds},
	}
	need := []limit.Need{{Key: limit.Key("github", q, "app"), Quota: q}}
	var calls atomic.Int64
	end := time.Now().Add(q.Per)
	call := func(ctx context.Context, l *limit.Ledger) error {
		p, err := l.Take(ctx, need, limit.Backfill)
		if err != nil {
			return err
		}
		if err := p.Send(ctx); err != nil {
			return err
		}
		header := http.Header{}
		header.Set("X-RateLimit-Limit", fmt.Sprint(q.N))
		header.Set("X-RateLimit-Remaining", fmt.Sprint(q.N-int(calls.Add(1))))
		header.Set("X-RateLimit-Reset", fmt.Sprint(end.Unix()))
		_, err = l.Settle(ctx, p, limit.Read(header, []connectors.Quota{q}, time.Now()))
		return err
	}
	var all [ledgers]*limit.Ledger
	for i := range all {
		var st store.Store
		if st, err = s.open(ctx, "ledger", fmt.Sprint("p", i)); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, st.Close()) }()
		all[i] = limit.New(st, fmt.Sprint("p", i), time.Now)
		if i == 0 { // the first answer of the window says what it allows; until then calls are granted one by one
			if err := call(ctx, all[i]); err != nil {
				return nil, err
			}
		}
	}
	calls.Store(1)
	before, err := s.spent()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	var group errgroup.Group
	for _, l := range all {
		for range callers {
			group.Go(func() error {
				for time.Since(began) < span {
					if err := call(ctx, l); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	took, n := time.Since(began).Seconds(), float64(calls.Load())
	after, err := s.spent()
	return []figure.Figure{
		{
			Name: "mongo/ledger/calls", Unit: "calls/s", Ours: n / took, Limit: 20_000, AtLeast: true, Repeats: 1,
			Note: fmt.Sprintf("one key; taken, looked at and settled by %d ledgers of %d callers", ledgers, callers),
		},
		{Name: "mongo/ledger/cpu", Unit: "µs", Ours: (after - before).Seconds() * 1e6 / n, Repeats: 1, Note: "a call, of the ledgers and of the database server"},
	}, err
}

// spent is the CPU time of this process and of the server until now.
func (s *server) spent() (time.Duration, error) {
	own, err := process.CPU(os.Getpid())
	server, err2 := process.CPU(s.Members[0].PID())
	return own + server, errors.Join(err, err2)
}
