package mongo

import (
	"context"

	"collector/bench/figure"
	"collector/bench/quota"
	"collector/store"
)

// crowd measures what four processes make of one quota, by the ledger alone.
func crowd(ctx context.Context, r figure.Run, s *server) ([]figure.Figure, error) {
	return quota.Crowd(ctx, r, quota.Place{
		Name: "mongo/quota", Address: s.URI("quota"),
		Open: func(ctx context.Context) (store.Store, error) { return s.open(ctx, "quota", "") },
	})
}

// daemons measures what four real daemons of 64 workers make of the quotas of some
// accounts.
func daemons(ctx context.Context, r figure.Run, s *server) ([]figure.Figure, error) {
	return quota.Daemons(ctx, r, quota.Place{
		Name: "mongo/daemons", Address: s.URI("daemons"),
		Open: func(ctx context.Context) (store.Store, error) { return s.open(ctx, "daemons", "") },
	}, 4)
}
