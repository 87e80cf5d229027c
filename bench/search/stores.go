package search

import (
	"context"
	"errors"
	"time"

	"collector/bench/figure"
	"collector/store"
)

// Measurements are those of this package.
func Measurements() []figure.Measurement { return append(Alone(), OnMongo()...) }

// Alone lists what needs nothing but Go.
func Alone() []figure.Measurement {
	return []figure.Measurement{
		{Name: "queries/sqlite/100k", What: "searches among 100,000 items on SQLite, and the counts beside them", Do: over(OnFile, "queries/sqlite/100k", 100_000)},
		{Name: "queries/sqlite/1M", What: "the same among 1,000,000 items", Do: over(OnFile, "queries/sqlite/1M", 1_000_000)},
	}
}

// OnMongo lists what needs a MongoDB server.
func OnMongo() []figure.Measurement {
	return []figure.Measurement{
		{Name: "queries/mongo/100k", What: "searches among 100,000 items on MongoDB, and the counts beside them", Do: over(OnServer, "queries/mongo/100k", 100_000)},
		{Name: "queries/mongo/1M", What: "the same among 1,000,000 items", Do: over(OnServer, "queries/mongo/1M", 1_000_000)},
	}
}

func options() store.Options { return store.Options{Owner: "bench", Lease: time.Hour, Now: noon} }

// opened makes a library of so many items, or opens one that was kept.
type opened func(ctx context.Context, r figure.Run, items int) (*Library, error)

// over measures the questions over a library; the figures' names begin with name.
func over(open opened, name string, items int) func(context.Context, figure.Run) ([]figure.Figure, error) {
	return func(ctx context.Context, r figure.Run) (out []figure.Figure, err error) {
		l, err := open(ctx, r, items)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, l.Close()) }()
		for _, w := range ways() {
			figures, err := l.measure(ctx, r, name+"/"+w.name, w, w.aim(items))
			if err != nil {
				return nil, err
			}
			out = append(out, figures...)
		}
		return out, nil
	}
}
