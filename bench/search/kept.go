package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
	"collector/store"
	"collector/store/mongo"
	"collector/store/mongo/mongotest"
	"collector/store/sqlite"
)

// shape is the number of what newLibrary and fill make. A library that was kept under
// another one is not used.
const shape = 1

// Library is a store with the items of the searches: ten of eleven are of the user me, in
// ten lists of three services, the rest of the user you; the newest was liked a moment
// before Noon.
type Library struct {
	store.Store
	Items   int                // how many there are
	Dir     string             // where it is; others may keep files there
	Made    bool               // now, and not by an earlier run
	Servers *mongotest.Servers // nil on SQLite
}

// OnFile is a library of so many items on SQLite; of few in a short run. Where the run
// keeps stores, it is one that an earlier run has made, or is left to later ones.
func OnFile(ctx context.Context, r figure.Run, items int) (*Library, error) {
	l, err := place(r, "sqlite", items)
	if err != nil {
		return nil, err
	}
	l.Store, err = sqlite.Open(ctx, filepath.Join(l.Dir, "library.db"), options())
	return l.filled(ctx, r, err)
}

// OnServer is OnFile on a MongoDB server of its own, which has the memory of a small one.
func OnServer(ctx context.Context, r figure.Run, items int) (*Library, error) {
	program, err := mongotest.Program(r.Root)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", figure.ErrLeftOut, err)
	}
	l, err := place(r, "mongo", items)
	if err != nil {
		return nil, err
	}
	start := mongotest.Large
	if !l.Made {
		start = mongotest.Again
	}
	if l.Servers, err = start(ctx, program, filepath.Join(l.Dir, "server")); err == nil {
		l.Store, err = mongo.Open(ctx, l.Address(), options())
	}
	return l.filled(ctx, r, err)
}

// Address is where on the server the store is, as mongo.Open takes it.
func (l *Library) Address() string {
	return strings.TrimPrefix(l.Servers.URI("library"), "mongodb:")
}

// whole is the file that says that a library has all its items.
const whole = "whole"

// place is the folder of a library, and tells whether it is there already. What a run has
// not brought to its end is made again.
func place(r figure.Run, kind string, items int) (*Library, error) {
	if r.Short {
		items = few
	}
	l := &Library{Items: items, Dir: filepath.Join(r.Dir, "library"), Made: true}
	if r.Keep != "" {
		l.Dir = filepath.Join(r.Keep, fmt.Sprintf("%s-%d-seed%d-shape%d", kind, items, r.Seed, shape))
		_, err := os.Stat(filepath.Join(l.Dir, whole))
		if l.Made = err != nil; l.Made {
			if err := os.RemoveAll(l.Dir); err != nil {
				return nil, fmt.Errorf("making room for a library: %w", err)
			}
		}
	}
	if err := os.MkdirAll(l.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	return l, nil
}

// filled is the library with its items, unless opening it failed.
func (l *Library) filled(ctx context.Context, r figure.Run, err error) (*Library, error) {
	if err == nil && l.Made {
		began := time.Now()
		var in *library
		if in, err = newLibrary(ctx, l.Store, r.Seed); err == nil {
			err = in.fill(ctx, l.Items)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(l.Dir, whole), nil, 0o600)
		}
		r.Log("%d items are there after %.1f s", l.Items, time.Since(began).Seconds())
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Close closes the store, and ends the server that it was on.
func (l *Library) Close() error {
	var errs []error
	if l.Store != nil {
		errs = append(errs, l.Store.Close())
	}
	if l.Servers != nil {
		errs = append(errs, l.Servers.Stop())
	}
	return errors.Join(errs...)
}

// CPU is the time that this process and the server have worked until now, to the
// microsecond; false where the system does not tell.
func (l *Library) CPU() (time.Duration, bool) {
	pids := []int{os.Getpid()}
	if l.Servers != nil {
		pids = append(pids, l.Servers.Members[0].PID())
	}
	var sum time.Duration
	for _, pid := range pids {
		used, ok := process.Worked(pid)
		if !ok {
			return 0, false
		}
		sum += used
	}
	return sum, true
}
