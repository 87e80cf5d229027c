package sqlite

import (
	"context"
	"database/sql"

	"collector/store"
)

var selectByID = "SELECT " + likedColumns + " FROM items i JOIN networks n ON n.num = i.net WHERE n.id = ? AND i.item_id IN (" + inList + ")"

// ByID returns items of a network by their ids.
func (s *Store) ByID(ctx context.Context, network string, ids []string) ([]store.Liked, error) {
	found := make(map[string]store.Liked, len(ids))
	err := chunks([]any{network}, ids, func(args []any) error {
		return s.query(ctx, selectByID, args, func(rows *sql.Rows) error {
			l, err := scanLiked(rows)
			found[l.ID] = l
			return err
		})
	})
	if err != nil {
		return nil, wrap("reading items", err)
	}
	return store.InOrder(ids, found), nil
}
