package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"collector/auth"
	"collector/bench/figure"
	"collector/deliver/webhook"
	"collector/fetch"
	"collector/limit"
	"collector/queue"
	queuesqlite "collector/queue/sqlite"
	"collector/store"
	"collector/store/sqlite"
)

// Conns is how many connections to the database all workers share, as in the collector.
const Conns = 20

// Open opens the store of one run, and the jobs beside it, both empty, and returns what
// closes them.
type Open func(ctx context.Context, run string) (store.Store, queue.Store, func() error, error)

// Measurements are those that need no database server.
func Measurements() []figure.Measurement {
	return []figure.Measurement{{Name: "webhooks/sqlite", What: "calls of webhooks a minute over files, against 100 bare clients", Do: func(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
		return Figures(ctx, r, "webhooks/sqlite", onFiles(r.Dir))
	}}}
}

// onFiles keeps the jobs where the collector does, beside an SQLite store.
func onFiles(dir string) Open {
	return func(ctx context.Context, run string) (store.Store, queue.Store, func() error, error) {
		path := filepath.Join(dir, run+".db")
		st, err := sqlite.Open(ctx, path, store.Options{Owner: User, Lease: time.Hour})
		if err != nil {
			return nil, nil, nil, err
		}
		db, err := sqlite.Beside(ctx, path+".webhooks")
		if err != nil {
			return nil, nil, nil, errors.Join(err, st.Close())
		}
		db.SetMaxOpenConns(Conns)
		jobs, err := queuesqlite.Open(ctx, db)
		if err != nil {
			return nil, nil, nil, errors.Join(err, db.Close(), st.Close())
		}
		return st, jobs, func() error { return errors.Join(jobs.Close(), db.Close(), st.Close()) }, nil
	}
}

// Figures measures both servers, pair after pair.
func Figures(ctx context.Context, r figure.Run, name string, open Open) (figures []figure.Figure, err error) {
	for _, of := range []struct {
		name     string
		takes    time.Duration
		calls    int
		atLeast  float64 // a minute
		short    time.Duration
		shortest int
	}{
		{"200ms", 200 * time.Millisecond, 10_000, 25_000, 5 * time.Millisecond, 150},
		{"at-once", 0, 20_000, 100_000, 0, 150},
	} {
		if r.Short {
			of.takes, of.calls = of.short, of.shortest
		}
		var rates, floors []float64
		for i := range r.Repeats {
			took, floor, err := pair(ctx, r, of.takes, of.calls, fmt.Sprint(of.name, i), open)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", of.name, err)
			}
			minute := func(d time.Duration) float64 { return float64(of.calls) / d.Minutes() }
			rates, floors = append(rates, minute(took)), append(floors, minute(floor))
			r.Log("%s/%s, pair %d of %d: ours %.0f calls/min, bare %.0f", name, of.name, i+1, r.Repeats, rates[i], floors[i])
		}
		at := name + "/" + of.name
		note := fmt.Sprintf("%d workers, %d connections, %d changes that wait; queueing them is in it", webhook.Workers, Conns, of.calls)
		figures = append(figures,
			figure.Figure{Name: at + "/rate", Unit: "calls/min", Ours: figure.Median(rates), Limit: of.atLeast, AtLeast: true, Repeats: r.Repeats, Note: note},
			figure.Figure{Name: at + "/bare", Unit: "calls/min", Ours: figure.Median(rates), Floor: figure.Median(floors), Against: "100 clients in a bare loop", AtLeast: true, Repeats: r.Repeats},
		)
	}
	return figures, nil
}

// pair delivers n changes to a server, and calls it as often by the bare loop.
func pair(ctx context.Context, r figure.Run, takes time.Duration, n int, run string, open Open) (ours, floor time.Duration, err error) {
	st, jobs, closing, err := open(ctx, run)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, closing()) }()
	to := NewReceiver(takes)
	defer to.Close()
	if err := Fill(ctx, st, n); err != nil {
		return 0, 0, err
	}
	if ours, err = deliver(ctx, st, jobs, to, n, filepath.Join(r.Dir, run+".key")); err != nil {
		return 0, 0, err
	}
	calls, most, size := to.took()
	if calls != n || most > webhook.Workers {
		return 0, 0, fmt.Errorf("%d changes were told in %d calls, %d at once", n, calls, most)
	}
	floor, err = bare(ctx, to, n, size)
	return ours, floor, err
}

// deliver runs a process that tells a webhook of what the store holds, and returns how long
// that took: from its start to the last call.
func deliver(ctx context.Context, st store.Store, jobs queue.Store, to *Receiver, n int, key string) (took time.Duration, err error) {
	began := time.Now()
	stop, err := Start(ctx, st, jobs, to, key)
	if err != nil {
		return 0, err
	}
	err = to.Await(ctx, n)
	took = time.Since(began)
	stop()
	if err != nil {
		return 0, err
	}
	stats, err := jobs.Stats(ctx)
	if err == nil && (len(stats) != 1 || stats[0].Completed != int64(n)) {
		err = fmt.Errorf("of %d messages the queue counts %+v", n, stats)
	}
	return took, err
}

// Start lets the workers of this process tell a server of all polls that the store holds and
// of what comes, until the function that it returns is called. key is the file of their key.
func Start(ctx context.Context, st store.Store, jobs queue.Store, to *Receiver, key string) (stop func(), err error) {
	ring, err := auth.OpenKeyring(ctx, st, auth.KeySource{Beside: key})
	if err != nil {
		return nil, err
	}
	client, err := fetch.New(fetch.Config{Version: "bench", Now: time.Now, Ledger: limit.New(st, User, time.Now), AllowPrivate: []string{"127.0.0.1"}})
	if err != nil {
		return nil, err
	}
	e := webhook.Endpoint{ID: webhook.NewID(), User: User, URL: to.URL, Kinds: []string{"poll"}, Parallel: webhook.MaxParallel, CreatedAt: time.Now()}
	hooks := webhook.NewMemory() // where it stands is noted once a batch: not what is measured
	e.Secret, err = webhook.Seal(ring, e.ID, auth.NewSecret(webhook.NewSecret()), auth.Secret{})
	if err == nil {
		_, err = hooks.Put(ctx, webhook.Record{Endpoint: e})
	}
	if err != nil {
		client.Close()
		return nil, err
	}
	s := webhook.New(webhook.Config{
		Store: st, Post: client.Post, Ring: ring, Know: func(string, auth.Credential) {},
		Endpoints: func(context.Context) (webhook.Store, error) { return hooks, nil },
		Open: func(context.Context) (queue.Store, func() error, error) {
			return jobs, func() error { return nil }, nil
		},
		Item:  func(it store.Liked) (json.RawMessage, error) { return json.Marshal(it.Item) },
		Leads: func() bool { return true }, Owner: User, Lease: 30 * time.Second, Grace: 10 * time.Second, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	running, end := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(running)
	}()
	return func() {
		end()
		<-ended
		client.Close()
	}, nil
}
