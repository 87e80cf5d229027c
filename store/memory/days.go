package memory

import (
	"context"
	"slices"
	"time"

	"collector/store"
)

// LikeDays counts the newest likes by day and service.
func (s *Store) LikeDays(ctx context.Context, user string, from, until time.Time, most int) (store.Days, error) {
	found, err := s.matching(ctx, store.Query{User: user, Removed: true})
	if err != nil {
		return store.Days{}, err
	}
	from, most = store.DaysFrom(from), store.DaysLimit(most)
	found = slices.DeleteFunc(found, func(l store.Liked) bool { return l.LikedAt.Before(from) || !l.LikedAt.Before(until) })
	slices.SortFunc(found, func(a, b store.Liked) int { return b.LikedAt.Compare(a.LikedAt) })
	var c store.DayCount
	for _, l := range found[:min(len(found), most+1)] {
		c.Add(l.LikedAt, l.Service, 1)
	}
	return c.Days(from, most), nil
}
