package mongo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"collector/bench/figure"
	"collector/bench/quota"
	"collector/internal/failover"
	"collector/store"
	"collector/store/mongo"
	"collector/store/mongo/mongotest"
)

// crowd measures what four processes make of one quota, by the ledger alone.
func crowd(ctx context.Context, r figure.Run, s *server) ([]figure.Figure, error) {
	return quota.Crowd(ctx, r, quota.Place{
		Name: "mongo/quota", Address: s.URI("quota"),
		Open: func(ctx context.Context) (store.Store, error) { return s.open(ctx, "quota", "") },
	})
}

// failovers measures the same four processes over three servers whose primary is lost.
func failovers(ctx context.Context, r figure.Run) (figures []figure.Figure, err error) {
	program, err := mongotest.Program(r.Root)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", figure.ErrLeftOut, err)
	}
	set, err := failover.Start(ctx, program, filepath.Join(r.Dir, "set"), 3)
	defer func() { err = errors.Join(err, set.Stop()) }()
	if err == nil {
		err = set.Whole(ctx)
	}
	if err != nil {
		return nil, err
	}
	at := set.URI("quota")
	return quota.Failovers(ctx, r, quota.Place{Name: "mongo/failovers", Address: at, Open: func(ctx context.Context) (store.Store, error) {
		return mongo.Open(ctx, strings.TrimPrefix(at, "mongodb:"), store.Options{})
	}}, set.Lose)
}

// daemons measures what four real daemons of 64 workers make of the quotas of some
// accounts.
func daemons(ctx context.Context, r figure.Run, s *server) ([]figure.Figure, error) {
	return quota.Daemons(ctx, r, quota.Place{
		Name: "mongo/daemons", Address: s.URI("daemons"),
		Open: func(ctx context.Context) (store.Store, error) { return s.open(ctx, "daemons", "") },
	}, 4)
}
