package search

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/store"
	"collector/store/mongo"
	"collector/store/mongo/mongotest"
	"collector/store/sqlite"
)

// Measurements are those of this package.
func Measurements() []figure.Measurement { return append(Alone(), OnMongo()...) }

// Alone lists what needs nothing but Go.
func Alone() []figure.Measurement {
	return []figure.Measurement{
		{Name: "queries/sqlite/100k", What: "searches among 100,000 items on SQLite, and the counts beside them", Do: onSQLite(100_000)},
		{Name: "queries/sqlite/1M", What: "the same among 1,000,000 items", Do: onSQLite(1_000_000)},
	}
}

// OnMongo lists what needs a MongoDB server.
func OnMongo() []figure.Measurement {
	return []figure.Measurement{
		{Name: "queries/mongo/100k", What: "searches among 100,000 items on MongoDB, and the counts beside them", Do: onMongo(100_000)},
		{Name: "queries/mongo/1M", What: "the same among 1,000,000 items", Do: onMongo(1_000_000)},
	}
}

func options() store.Options { return store.Options{Owner: "bench", Lease: time.Hour, Now: noon} }

func onSQLite(items int) func(context.Context, figure.Run) ([]figure.Figure, error) {
	return func(ctx context.Context, r figure.Run) (out []figure.Figure, err error) {
		st, err := sqlite.Open(ctx, filepath.Join(r.Dir, "library.db"), options())
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, st.Close()) }()
		return Measure(ctx, r, fmt.Sprint("queries/sqlite/", short(items)), items, st)
	}
}

// onMongo starts a server of its own, with the memory of a small one.
func onMongo(items int) func(context.Context, figure.Run) ([]figure.Figure, error) {
	return func(ctx context.Context, r figure.Run) (out []figure.Figure, err error) {
		program, err := mongotest.Program(r.Root)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", figure.ErrLeftOut, err)
		}
		server, err := mongotest.Large(ctx, program, filepath.Join(r.Dir, "server"))
		defer func() { err = errors.Join(err, server.Stop()) }()
		if err != nil {
			return nil, err
		}
		st, err := mongo.Open(ctx, strings.TrimPrefix(server.URI("library"), "mongodb:"), options())
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, st.Close()) }()
		return Measure(ctx, r, fmt.Sprint("queries/mongo/", short(items)), items, st)
	}
}
