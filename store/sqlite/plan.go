package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"collector/search"
	"collector/store"
)

// plan is how one search is read.
type plan struct {
	nets    []int64 // networks to read side by side; nil: all that where allows
	where   string  // condition over items i and networks n
	driving string  // argument of the index query that leads, "" if items lead
	args    []any
}

// plan chooses how to read a query; nil when nothing can match.
func (s *Store) plan(ctx context.Context, q store.Query) (*plan, error) {
	p := &plan{}
	c := &compiler{}
	var which []string // condition over networks alone
	if q.User != "" {
		var num int64
		err := s.read.QueryRowContext(ctx, "SELECT num FROM users WHERE name = ?", q.User).Scan(&num)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		c.owner = owner(num)
		which = append(which, "n.user_num = "+c.arg(num))
	}
	if q.Network != "" {
		which = append(which, "n.id = "+c.arg(q.Network))
	}
	x, err := c.compile(q.Expr, 0)
	if err != nil {
		return nil, err
	}
	where := append([]string{}, which...)
	if !q.Removed && !search.AsksRemoved(q.Expr) {
		where = append(where, "i.removed_at IS NULL")
	}
	lead, rest := split(c, x, q.Expr)
	where = append(where, rest...)
	if len(where) == 0 {
		where = []string{"1"}
	}
	p.where, p.driving, p.args = strings.Join(where, " AND "), lead, c.args
	if lead != "" {
		return p, nil
	}
	onNets := append(which, netsOnly(c, q.Expr)...)
	if len(onNets) == 0 {
		onNets = []string{"1"}
	}
	query := "SELECT n.num FROM networks n WHERE " + strings.Join(onNets, " AND ") + fmt.Sprintf(" LIMIT %d", branchesMax+1)
	err = s.query(ctx, query, c.args, func(rows *sql.Rows) error {
		var net int64
		err := rows.Scan(&net)
		p.nets = append(p.nets, net)
		return err
	})
	p.args = c.args
	if err != nil || len(p.nets) == 0 {
		return nil, err
	}
	if len(p.nets) > branchesMax {
		p.nets = nil
	}
	return p, nil
}

// split takes the part of the condition that the search index can lead with, so
// that only what it finds is read.
func split(c *compiler, x cond, e search.Expr) (lead string, rest []string) {
	if x.fts != "" {
		return c.arg(c.owned(x.fts)), nil
	}
	parts, ok := e.(search.And)
	if !ok {
		return "", []string{x.sql}
	}
	// The same parts again, those of the index apart; it was compiled before, so
	// it can be.
	again := &compiler{owner: c.owner, base: c.base, args: c.args}
	var inIndex search.And
	for _, p := range parts {
		if y, err := (&compiler{}).compile(p, 1); err == nil && y.fts != "" {
			inIndex = append(inIndex, p)
		}
	}
	if len(inIndex) == 0 {
		return "", []string{x.sql}
	}
	y, err := again.and(inIndex, 1)
	if err != nil || y.fts == "" {
		return "", []string{x.sql}
	}
	c.args = again.args
	return c.arg(c.owned(y.fts)), []string{x.sql}
}

// netsOnly are the parts of the expression that speak of networks alone.
func netsOnly(c *compiler, e search.Expr) []string {
	parts, ok := e.(search.And)
	if !ok {
		parts = search.And{e}
	}
	var out []string
	for _, p := range parts {
		if f, ok := p.(search.Field); ok && (f.Name == "in" || f.Name == "account") {
			out = append(out, c.field(f).sql)
		}
	}
	return out
}

// query is the statement for one page and its arguments.
func (p *plan) query(after *key, limit int) (string, []any) {
	args := append([]any{}, p.args...)
	arg := func(v any) string {
		args = append(args, v)
		return "?" + itoa(len(args))
	}
	where := p.where
	if after != nil {
		l, n, i := arg(after.Liked), arg(after.Network), arg(after.Item)
		where += " AND i.liked_at <= " + l + " AND (i.liked_at < " + l + " OR n.id > " + n + " OR n.id = " + n + " AND i.item_id > " + i + ")"
	}
	max := arg(limit)
	const order = " ORDER BY liked_at DESC, nid, item_id LIMIT "
	found := "SELECT i.id AS num, i.liked_at AS liked_at, n.id AS nid, i.item_id AS item_id FROM "
	switch {
	case p.driving != "":
		found += "word_index w CROSS JOIN items i ON i.id = w.rowid CROSS JOIN networks n ON n.num = i.net WHERE w.word_index MATCH " + p.driving + " AND " + where + order + max
	case p.nets == nil:
		found += "items i JOIN networks n ON n.num = i.net WHERE " + where + order + max
	default:
		branch := found + "networks n CROSS JOIN items i INDEXED BY items_like ON i.net = n.num WHERE n.num = %d AND " + strings.ReplaceAll(where, "%", "%%") +
			" ORDER BY i.liked_at DESC, i.item_id LIMIT " + max
		var all []string
		for _, net := range p.nets {
			all = append(all, "SELECT * FROM ("+fmt.Sprintf(branch, net)+")")
		}
		found = strings.Join(all, " UNION ALL ") + order + max
	}
	return "SELECT " + likedColumns + " FROM (" + found + ") f CROSS JOIN items i ON i.id = f.num CROSS JOIN networks n ON n.num = i.net" +
		" ORDER BY f.liked_at DESC, f.nid, f.item_id", args
}
