package memory

import (
	"context"
	"slices"

	"collector/store"
)

// Facets counts what matches, the newest like first.
func (s *Store) Facets(ctx context.Context, q store.Query, most int) (store.Facets, error) {
	found, err := s.matching(ctx, q)
	if err != nil {
		return store.Facets{}, err
	}
	most = store.FacetLimit(most)
	slices.SortFunc(found, func(a, b store.Liked) int { return where(a).compare(where(b)) })
	var c store.Counting
	for _, l := range found[:min(len(found), most)] {
		c.Add(l.Service, l.LikedAt, l.Tags, l.Language)
	}
	if len(found) > most {
		return c.Newest(c.Last()), nil
	}
	return c.All(), nil
}
