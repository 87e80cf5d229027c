package mongo

import (
	"context"

	"collector/store"
)

// ByID returns items of a network by their ids.
func (s *Store) ByID(ctx context.Context, network string, ids []string) ([]store.Liked, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	rows, err := s.load(ctx, network, ids, nil)
	if err != nil {
		return nil, wrap("reading items", err)
	}
	var list []*row
	for _, r := range rows {
		list = append(list, r)
	}
	whole, err := s.whole(ctx, list)
	if err != nil {
		return nil, wrap("reading items", err)
	}
	found := make(map[string]store.Liked, len(whole))
	for _, l := range whole {
		found[l.ID] = l
	}
	return store.InOrder(ids, found), nil
}
