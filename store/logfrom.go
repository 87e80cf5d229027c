package store

import (
	"context"
	"errors"
	"fmt"
)

// LogFrom returns the lowest number after which a log still tells of all changes, for a reader
// that stands at since, where it gets ErrGone; last is the newest number. A log does not say
// where it begins, so this asks some tens of times.
func LogFrom(ctx context.Context, log Items, since, last int64) (int64, error) {
	gone, kept := since, last
	for kept-gone > 1 {
		at := gone + (kept-gone)/2
		switch _, err := log.Changes(ctx, "", at, 1); {
		case err == nil:
			kept = at
		case errors.Is(err, ErrGone):
			gone = at
		default:
			return 0, fmt.Errorf("looking where the change log begins: %w", err)
		}
	}
	return kept, nil
}
