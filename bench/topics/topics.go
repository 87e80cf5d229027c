// Package topics measures how fast messages of a topic reach subscribers that are there: sent
// by four producers in calls of a hundred, each when the one before it is stored, and taken
// by ten subscribers while they are sent. A message counts when all ten have it; one that
// somebody has not, has twice or out of order is an error and no figure.
package topics

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"collector/bench/figure"
	"collector/broker"
	brokermemory "collector/broker/memory"
	brokersqlite "collector/broker/sqlite"
	queuememory "collector/queue/memory"
	"collector/store/sqlite"
)

const (
	topic       = "/topic/bench"
	producers   = 4
	subscribers = 10
	together    = 100 // messages of a call
	size        = 200 // bytes of a body
	longest     = 5 * time.Minute
)

var (
	errOther = errors.New("not what was sent")
	errLate  = fmt.Errorf("not all came within %v", longest)
)

// Pair are brokers over one log: one sends, the other has the subscribers. They may be one.
type Pair struct{ Send, Take *broker.Broker }

// Open opens the brokers of one run, over a log that is empty, and returns what ends them.
type Open func(ctx context.Context, run int) (Pair, func() error, error)

// Measurements are those that need no database server.
func Measurements() []figure.Measurement {
	return []figure.Measurement{
		{Name: "topics/memory", What: "messages of a topic that reach ten live subscribers, in memory", Do: func(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
			return Figures(ctx, r, "topics/memory", 200_000, 0, inMemory)
		}},
		{Name: "topics/sqlite", What: "messages of a topic that reach ten live subscribers, over a file", Do: func(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
			return Figures(ctx, r, "topics/sqlite", 100_000, 0, onFiles(r.Dir))
		}},
	}
}

func inMemory(ctx context.Context, _ int) (Pair, func() error, error) {
	return over(ctx, brokermemory.Keeping(1_000_000))
}

// onFiles keeps the messages as the collector does beside an SQLite store.
func onFiles(dir string) Open {
	return func(ctx context.Context, run int) (Pair, func() error, error) {
		db, err := sqlite.Beside(ctx, filepath.Join(dir, fmt.Sprint("topics", run, ".db")))
		if err != nil {
			return Pair{}, nil, err
		}
		log, err := brokersqlite.Open(ctx, db, broker.Keep{})
		if err != nil {
			return Pair{}, nil, errors.Join(err, db.Close())
		}
		p, end, err := over(ctx, log)
		return p, func() error { return errors.Join(end(), db.Close()) }, err
	}
}

// over is one process that does both.
func over(ctx context.Context, log broker.Log) (Pair, func() error, error) {
	b := broker.New(queuememory.New(), log, broker.Options{Owner: "bench"})
	return Pair{b, b}, func() error { return b.Close(context.WithoutCancel(ctx)) }, nil
}

// Figures measures n messages, as often as is asked for. limit is the least number of
// messages a second, 0 where there is none.
func Figures(ctx context.Context, r figure.Run, name string, n int, limit float64, open Open) ([]figure.Figure, error) {
	if r.Short {
		n = 2 * producers * together
	}
	var rates, deliveries []float64
	for i := range r.Repeats {
		p, end, err := open(ctx, i)
		if err != nil {
			return nil, err
		}
		took, err := live(ctx, p, n)
		if err = errors.Join(err, end()); err != nil {
			return nil, err
		}
		rate := float64(n) / took.Seconds()
		rates, deliveries = append(rates, rate), append(deliveries, subscribers*rate)
		r.Log("%s, run %d of %d: %.0f messages/s to %d subscribers", name, i+1, r.Repeats, rate, subscribers)
	}
	note := fmt.Sprintf("%d messages of %d bytes by %d producers, %d a call; each counts when all %d subscribers have it", n, size, producers, together, subscribers)
	return []figure.Figure{
		{Name: name + "/rate", Unit: "messages/s", Ours: figure.Median(rates), Limit: limit, AtLeast: true, Repeats: r.Repeats, Note: note},
		{Name: name + "/deliveries", Unit: "deliveries/s", Ours: figure.Median(deliveries), AtLeast: true, Repeats: r.Repeats, Note: "the same, each subscriber's counted"},
	}, nil
}

// live sends n messages, a multiple of what the producers send together, and returns how
// long it took until every subscriber had all of them.
func live(ctx context.Context, p Pair, n int) (time.Duration, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, longest, errLate)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	for range subscribers {
		stream, err := p.Take.Subscribe(ctx, time.Now(), broker.Subscription{Destination: topic, Prefetch: 1000})
		if err != nil {
			return 0, err
		}
		defer stream.Close(context.WithoutCancel(ctx), time.Now())
		group.Go(func() error { return take(ctx, stream, n) })
	}
	began := time.Now()
	for range producers {
		group.Go(func() error { return send(ctx, p.Send, n/producers) })
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}

func send(ctx context.Context, b *broker.Broker, n int) error {
	ms := make([]broker.Message, together)
	for i := range ms {
		ms[i] = broker.Message{Destination: topic, Body: make([]byte, size), Priority: broker.DefaultPriority}
	}
	for ; n > 0; n -= len(ms) {
		if err := b.Send(ctx, time.Now(), ms[:min(n, len(ms))]); err != nil {
			return err
		}
	}
	return nil
}

// take takes n messages, whose positions have to follow each other.
func take(ctx context.Context, s broker.Stream, n int) error {
	var last int64
	for n > 0 {
		ms, err := s.Receive(ctx)
		if err != nil {
			return fmt.Errorf("%d messages have still to come: %w", n, err)
		}
		for _, m := range ms {
			if last > 0 && m.Position != last+1 || m.Destination != topic || len(m.Body) != size {
				return fmt.Errorf("%w: position %d of %s after %d", errOther, m.Position, m.Destination, last)
			}
			last = m.Position
		}
		n -= len(ms)
	}
	return nil
}
