package main

import (
	"context"
	"errors"
	"fmt"

	brokersqlite "collector/broker/sqlite"
	queuesqlite "collector/queue/sqlite"
	"collector/store"
)

// opened is what open found in a file beside an SQLite store, or where there is none ("") in the
// store itself. Who only reads needs no right to
// write, but where the tables are not whole: a daemon that has just begun may have made the
// file and not yet its tables, and an older one left older tables. Then the reader makes them
// as a writer does, if he may.
func opened[T any](ctx context.Context, file string, reading bool, open func(reading bool) (T, error)) (T, error) {
	found, err := open(reading)
	if err != nil && reading && file != "" && ctx.Err() == nil && !ofNewer(err) {
		found, err = open(false)
	}
	if ofNewer(err) {
		err = fmt.Errorf("%w: %w", store.ErrNewer, err)
	}
	return found, err
}

// ofNewer says whether a newer collector has written the tables.
func ofNewer(err error) bool {
	return errors.Is(err, queuesqlite.ErrNewer) || errors.Is(err, brokersqlite.ErrNewer)
}
