package memory

import (
	"context"

	"collector/store"
)

// ByID returns items of a network by their ids.
func (s *Store) ByID(ctx context.Context, network string, ids []string) ([]store.Liked, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	n := s.networks[network]
	if n == nil {
		return nil, nil
	}
	var out []store.Liked
	for _, id := range ids {
		if it := n.items[id]; it != nil {
			out = append(out, n.liked(it))
		}
	}
	return out, nil
}
