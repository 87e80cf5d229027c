package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"collector/search"
	"collector/store"
)

// eachMany is how many items Each reads at a time.
const eachMany = 500

// Each calls fn for every matching item in the order of network and id. Between
// two reads it holds nothing, so the writer's log does not grow behind a slow fn.
func (s *Store) Each(ctx context.Context, q store.Query, fn func(store.Liked) error) error {
	type ref struct {
		num, user int64
	}
	var nets []ref
	err := s.query(ctx, `SELECT num, user_num FROM networks
 WHERE (?1 = '' OR user = ?1) AND (?2 = '' OR id = ?2) ORDER BY id`, []any{q.User, q.Network}, func(rows *sql.Rows) error {
		var r ref
		err := rows.Scan(&r.num, &r.user)
		nets = append(nets, r)
		return err
	})
	if err != nil {
		return wrap("reading items", err)
	}
	for _, net := range nets {
		if err := s.eachOf(ctx, q, net.num, owner(net.user), fn); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) eachOf(ctx context.Context, q store.Query, net int64, user string, fn func(store.Liked) error) error {
	c := &compiler{owner: user, base: 3}
	sift := false
	x, err := c.compile(q.Expr, 0)
	if errors.Is(err, errPlain) {
		sift, x, c.args, err = true, cond{sql: "1"}, nil, nil
	}
	if err != nil {
		return wrap("reading items", err)
	}
	where := []string{"i.net = ?1", "i.item_id > ?2", c.condition(x)}
	if !q.Removed && !search.AsksRemoved(q.Expr) {
		where = append(where, "i.removed_at IS NULL")
	}
	query := "SELECT " + likedColumns + " FROM items i JOIN networks n ON n.num = i.net WHERE " +
		strings.Join(where, " AND ") + " ORDER BY i.item_id LIMIT ?3"
	for last := ""; ; {
		args := append([]any{net, last, eachMany}, c.args...)
		var items []store.Liked
		err := s.query(ctx, query, args, func(rows *sql.Rows) error {
			l, err := scanLiked(rows)
			items = append(items, l)
			return err
		})
		if err != nil {
			return wrap("reading items", err)
		}
		for _, l := range items {
			if sift && !search.Match(q.Expr, docOf(l)) {
				continue
			}
			if err := fn(l); err != nil {
				return err
			}
		}
		if len(items) < eachMany {
			return nil
		}
		last = items[len(items)-1].ID
	}
}
