package mongo

import (
	"context"
	"errors"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
)

// release is the mark of a release on its network. The first program wrote the number
// of the lease there, which is no mark.
type release string

// UnmarshalBSONValue reads a mark, and a number as none.
func (r *release) UnmarshalBSONValue(kind byte, data []byte) error {
	text, _ := bson.RawValue{Type: bson.Type(kind), Value: data}.StringValueOK()
	*r = release(text)
	return nil
}

// freeing is the end of a lease that waits for others.
type freeing struct {
	lease  state.Lease
	update bson.A
	by     string
	err    error
}

// freeAll ends leases, several with one command. The server does not say which of
// several updates found their network, so where not all did the networks are read:
// each keeps the mark of its newest release.
func (s *Store) freeAll(ctx context.Context, all []*freeing) {
	if len(all) > 1 {
		var updates []driver.WriteModel
		for _, f := range all {
			updates = append(updates, driver.NewUpdateOneModel().SetFilter(fence(f.lease)).SetUpdate(f.update))
		}
		r, err := s.networks.BulkWrite(ctx, updates, options.BulkWrite().SetOrdered(false))
		if err == nil && int(r.MatchedCount) == len(all) {
			return
		}
	}
	for _, f := range all {
		if len(all) > 1 && s.wasFreed(ctx, f) {
			continue
		}
		if f.err = s.guarded(ctx, s.networks, f.lease.Network, fence(f.lease), f.update, f.by); errors.Is(f.err, errChanged) {
			f.err = state.ErrLeaseLost
		}
	}
}

// wasFreed tells whether it was this release that ended a lease, and not one before.
func (s *Store) wasFreed(ctx context.Context, f *freeing) bool {
	var now network
	err := s.firm(s.networks).FindOne(ctx, where("_id", f.lease.Network)).Decode(&now)
	return err == nil && now.Freed == release(f.by)
}
