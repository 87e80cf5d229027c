package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
)

// claimOne leases the network that a claim asks for.
func (s *Store) claimOne(ctx context.Context, want state.Claim) ([]state.Claimed, error) {
	// Asked for first: taking a network ends what its last owner had begun.
	cursor, err := s.networks.Find(ctx, append(where("_id", want.Network), claimable(want)...))
	free, err := all[chance](ctx, cursor, err)
	if err != nil || len(free) == 0 {
		return nil, wrap("claiming a network", err)
	}
	out, err := s.take(ctx, want, []string{want.Network})
	return out, s.claimed(ctx, out, err)
}

// claimable is the filter of networks that a claim may have: those that are due, or
// the one it asks for while nobody holds a lease on it.
func claimable(want state.Claim) bson.D {
	leased, far := misdated(want)
	if want.Network == "" {
		return bson.D{{Key: "mode", Value: want.Mode}, {Key: "$or", Value: bson.A{where("wakeAt", where("$lte", want.Now)), leased, far}}}
	}
	ended := where("leaseUntil", where("$lte", want.Now))
	return bson.D{{Key: "removed", Value: nil}, {Key: "taking", Value: nil}, {Key: "$or", Value: bson.A{where("owner", nil), ended, leased[:1]}}}
}
