package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"collector/queue"
	queuememory "collector/queue/memory"
	queuemongo "collector/queue/mongo"
	queuesqlite "collector/queue/sqlite"
	"collector/store"
	"collector/store/mongo"
	"collector/store/sqlite"
)

// ownJobs says where jobs of the collector's own are kept: in a file beside an SQLite
// store, in the database of MongoDB, or in memory.
type ownJobs struct {
	what   string // for people
	beside string // follows the name of an SQLite store in that of the file
	prefix string // begins the names of the collections
	conns  int    // connections to the file; 0: no limit
}

// upkeepJobs are those of package upkeep.
func upkeepJobs() ownJobs {
	return ownJobs{what: "the jobs of upkeep", beside: ".jobs", prefix: "upkeep_"}
}

// openJobs opens jobs, and makes room for them where there is none yet, unless they are
// only read. What it returns beside it closes them.
func (a *app) openJobs(ctx context.Context, st store.Store, of ownJobs, reading bool) (_ queue.Store, closing func() error, err error) {
	jobs, err := opened(ctx, a.database(), reading, func(reading bool) (jobs queue.Store, err error) {
		jobs, closing, err = a.tryJobs(ctx, st, of, reading)
		return jobs, err
	})
	return jobs, closing, err
}

// tryJobs opens jobs as they are found.
func (a *app) tryJobs(ctx context.Context, st store.Store, of ownJobs, reading bool) (queue.Store, func() error, error) {
	if path := a.database(); path != "" {
		open := sqlite.Beside
		if reading {
			open = sqlite.BesideReading
		}
		db, err := open(ctx, path+of.beside)
		if err != nil {
			return nil, nil, fmt.Errorf("opening %s: %w", of.what, err)
		}
		db.SetMaxOpenConns(of.conns)
		jobs, err := queuesqlite.Open(ctx, db)
		if err != nil {
			return nil, nil, fmt.Errorf("opening %s: %w", of.what, errors.Join(err, db.Close()))
		}
		return jobs, func() error { return errors.Join(jobs.Close(), db.Close()) }, nil
	}
	if shared, ok := st.(*mongo.Store); ok {
		jobs, err := queuemongo.Open(ctx, shared.Database(), queuemongo.Options{Prefix: of.prefix})
		if err != nil {
			return nil, nil, fmt.Errorf("opening %s: %w", of.what, err)
		}
		return jobs, func() error { jobs.Close(); return nil }, nil
	}
	return queuememory.New(), func() error { return nil }, nil
}

// withOpenJobs runs fn over the jobs of one kind.
func (a *app) withOpenJobs(ctx context.Context, st store.Store, of ownJobs, fn func(queue.Store) error) (err error) {
	jobs, closing, err := a.openJobs(ctx, st, of, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	return fn(jobs)
}

// allJobs opens all jobs of the collector's own that there are. A command makes no file for
// them: where there is none, there are no jobs.
func (a *app) allJobs(ctx context.Context, st store.Store, reading bool) (all []queue.Store, closing func() error, err error) {
	var ends []func() error
	closing = func() (err error) {
		for _, end := range ends {
			err = errors.Join(err, end())
		}
		return err
	}
	for _, of := range []ownJobs{upkeepJobs(), waitingCalls()} {
		if path := a.database(); path != "" {
			if _, err := os.Stat(path + of.beside); errors.Is(err, fs.ErrNotExist) {
				continue
			}
		}
		jobs, end, err := a.openJobs(ctx, st, of, reading)
		if err != nil {
			return nil, nil, errors.Join(err, closing())
		}
		all, ends = append(all, jobs), append(ends, end)
	}
	return all, closing, nil
}
