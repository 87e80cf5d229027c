// Command worker is one of several processes that read a backfill which nothing but
// a quota limits: so many workers take calls from the ledger in a shared store, make
// them, and settle them. It knows no networks and stores nothing, so that what is
// seen is the ledger.
//
// Half of the workers call for one service and half for another that spends from
// the same budget of the same account. While the store cannot be had they wait, as a
// daemon does. It ends with its standard input and prints three numbers: the calls that
// it made, how often the ledger gave none, and how often the store could not be had.
//
// Usage: worker -store mongodb://… -url http://… -token … -process p0
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"collector/connectors"
	"collector/fault"
	"collector/limit"
	"collector/state"
	"collector/store"
	"collector/store/mongo"
	"collector/store/sqlite"
)

// worker is what all workers of the process share.
type worker struct {
	url, token string
	quota      connectors.Quota
	ledger     *limit.Ledger

	calls, barred, failed atomic.Int64 // what is printed at the end
}

// away is how long a worker waits while the store cannot be had.
const away = time.Second

func main() {
	var w worker
	address := flag.String("store", "", "address of the store: sqlite:FILE or mongodb://…")
	process := flag.String("process", "", "name of this process in the ledger")
	workers := flag.Int("workers", 64, "how many")
	dead := flag.String("forget", "", "name of a process that has died")
	guess := flag.Int("guess", 5000, "calls a window, until the service says how many")
	per := flag.Duration("per", time.Hour, "length of a window, likewise")
	flag.StringVar(&w.url, "url", "", "origin of the service")
	flag.StringVar(&w.token, "token", "", "of the account")
	flag.Parse()
	w.quota = Quota(*guess, *per)
	if err := w.run(*address, *process, *dead, *workers, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
	fmt.Println(w.calls.Load(), w.barred.Load(), w.failed.Load())
}

// Quota is what both services spend from.
func Quota(n int, per time.Duration) connectors.Quota {
	return connectors.Quota{
		Name: "core", Scope: connectors.PerApp, Unit: "calls", N: n, Per: per,
		Report: connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Used: "X-RateLimit-Used", Reset: "X-RateLimit-Reset", Unit: connectors.EpochSeconds},
	}
}

func (w *worker) run(address, process, dead string, workers int, in io.Reader) (err error) {
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, in) // ends when whoever started us ends
		stop()
	}()
	st, err := open(ctx, address, process)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	w.ledger = limit.New(st, process, time.Now)
	if dead != "" { // as a daemon does that is told so
		if err := w.ledger.Forget(ctx, []string{dead}); err != nil {
			return err
		}
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}
	var group errgroup.Group
	services := []connectors.Info{
		{Name: "github", Provider: "github", Quotas: []connectors.Quota{w.quota}}, {Name: "test", Provider: "github", Quotas: []connectors.Quota{w.quota}},
	}
	for i := range workers {
		of := services[i%len(services)]
		need := limit.Need{Key: limit.Key(of.Provider, of.Quotas[0], "app"), Quota: of.Quotas[0]}
		group.Go(func() error { return w.work(ctx, client, need) })
	}
	return errors.Join(group.Wait(), w.ledger.Close(context.WithoutCancel(ctx)))
}

// open opens the store, at a busy machine not at once.
func open(ctx context.Context, address, process string) (st store.Store, err error) {
	tick := time.NewTicker(away)
	defer tick.Stop()
	for range 20 {
		st, err = store.Open(ctx, address, map[string]store.Opener{"sqlite": sqlite.Open, "mongodb": mongo.Open}, store.Options{Owner: process})
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-tick.C:
		}
	}
	return st, err
}

// work makes calls until the process is to end.
func (w *worker) work(ctx context.Context, client *http.Client, need limit.Need) error {
	for ctx.Err() == nil {
		until, err := w.call(ctx, client, need)
		switch f := fault.As(err); {
		case errors.Is(err, state.ErrUnavailable):
			w.failed.Add(1)
			until = time.Now().Add(away)
		case f != nil && f.Kind == fault.RateLimited:
			w.barred.Add(1)
			until = f.Until
		case err != nil && ctx.Err() == nil:
			return err
		}
		wait := time.NewTimer(max(time.Millisecond, time.Until(until)))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
	}
	return nil
}

// call makes one call. What was begun is ended also when the process is to end.
func (w *worker) call(ctx context.Context, client *http.Client, need limit.Need) (until time.Time, err error) {
	permit, err := w.ledger.Take(ctx, []limit.Need{need}, limit.Backfill)
	if err != nil {
		return time.Time{}, err
	}
	ctx = context.WithoutCancel(ctx)
	if refused := permit.Send(ctx); refused != nil {
		_, err := w.ledger.Settle(ctx, permit, nil)
		return time.Time{}, errors.Join(err, refused)
	}
	answer, err := w.ask(ctx, client)
	if err != nil {
		return time.Time{}, err
	}
	w.calls.Add(1)
	return w.ledger.Settle(ctx, permit, answer)
}

func (w *worker) ask(ctx context.Context, client *http.Client) (*limit.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/user/starred?per_page=1", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	reply, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("calling the service: %w", err)
	}
	defer reply.Body.Close()
	if _, err := io.Copy(io.Discard, reply.Body); err != nil {
		return nil, fmt.Errorf("calling the service: %w", err)
	}
	answer := limit.Read(reply.Header, []connectors.Quota{w.quota}, time.Now())
	switch reply.StatusCode {
	case http.StatusOK:
	case http.StatusForbidden, http.StatusTooManyRequests:
		answer.Limited = &limit.Limited{Until: answer.Usage[w.quota.Name].Reset, Reason: "the service says that the quota is used up"}
	default:
		return nil, fmt.Errorf("calling the service: status %d", reply.StatusCode)
	}
	return answer, nil
}
