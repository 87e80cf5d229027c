package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"collector/search"
	"collector/store"
)

// plan is how one search is read.
type plan struct {
	expr     search.Expr
	nets     []int64 // networks to read side by side; nil: more than branchesMax
	columns  bool    // where needs no look into the search index either
	items    int     // how many items they hold, about
	all      int     // how many items there are of all users, about
	where    string  // condition over items i and networks n
	newest   string  // the part of where that needs no look into the search index
	driving  string  // query of the index that leads, "" if items lead
	user     int64   // number of the user, 0 for all users
	owner    string  // index word of the user, "" for all users
	gone     bool    // all that match are removed
	plain    bool    // the expression is in none of these: what is read is compared
	everyone bool    // the index query names no user: it has few hits in all
	named    bool    // it names the user, whatever that costs: of all users it has many
	hits     int     // of driving, of all users: so many, or more than asked
	asked    int     // where the counting of hits stopped
	counted  int64   // the row up to which they were counted

	beginnings []search.Prefix // that expr holds
	begun      int             // how often one stood in an item that was compared
	args       []any
	effort     effort
	room       store.Room // of an empty page; without bound where nothing is read whole for a page
}

// plan chooses what a query may read; nil when nothing can match.
func (s *Store) plan(ctx context.Context, q store.Query) (*plan, error) {
	p := &plan{expr: q.Expr, effort: usual(), beginnings: beginnings(q.Expr)}
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
		p.user, p.owner = num, owner(num)
		which = append(which, "n.user_num = "+c.arg(num))
	}
	if q.Network != "" {
		which = append(which, "n.id = "+c.arg(q.Network))
	}
	onNets, asked := all(append(which, netsOnly(c, q.Expr)...)), len(c.args)
	base := append([]string{}, which...)
	if !q.Removed && !search.AsksRemoved(q.Expr) {
		base = append(base, "i.removed_at IS NULL")
	}
	p.gone = goneOnly(q.Expr)
	p.newest = all(append(base, plain(c, q.Expr)...))
	if err := s.scope(ctx, p, onNets, c.args[:asked]); err != nil || p.nets != nil && len(p.nets) == 0 {
		return nil, err
	}
	c.owner = p.owner
	driving, rest, err := c.split(q.Expr)
	if err != nil {
		return p, err
	}
	p.driving, p.where, p.args, p.columns = driving, all(append(base, rest)), c.args, !c.looks
	return p, nil
}

// scope finds the networks that a query reads, and how many items they hold.
func (s *Store) scope(ctx context.Context, p *plan, onNets string, args []any) error {
	p.nets = []int64{}
	query := "SELECT n.num, n.items FROM networks n WHERE " + onNets + fmt.Sprintf(" LIMIT %d", branchesMax+1)
	err := s.query(ctx, query, args, func(rows *sql.Rows) error {
		var net int64
		var items int
		err := rows.Scan(&net, &items)
		p.nets, p.items = append(p.nets, net), p.items+items
		return err
	})
	if err != nil {
		return err
	}
	if len(p.nets) > branchesMax {
		p.nets = nil
	}
	var last sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT max(id) FROM items").Scan(&last)
	p.all = int(last.Int64)
	return err
}

// all joins conditions.
func all(conditions []string) string {
	if len(conditions) == 0 {
		return "1"
	}
	return strings.Join(conditions, " AND ")
}

// plain are the conditions of an expression that every hit meets and that the
// columns of its row answer.
func plain(c *compiler, e search.Expr) []string {
	parts, ok := e.(search.And)
	if !ok {
		parts = search.And{e}
	}
	var out []string
	for _, p := range parts {
		switch p := p.(type) {
		case search.Time:
			if x, err := c.compile(p, 1); err == nil {
				out = append(out, x.sql)
			}
		case search.Field:
			if x, err := c.field(p); err == nil && x.sql != "" {
				out = append(out, x.sql)
			}
		}
	}
	return out
}

// split takes apart what the search index can lead with, so that only what it
// finds is read, and the condition that is left.
func (c *compiler) split(e search.Expr) (driving, rest string, err error) {
	whole, err := (&compiler{}).compile(e, 0) // counts the nodes of all parts together
	if err != nil {
		return "", "", err
	}
	if whole.fts != "" {
		return whole.fts, "1", nil
	}
	var inIndex, others search.And
	parts, _ := e.(search.And)
	for _, p := range parts {
		what := p
		if not, ok := p.(search.Not); ok {
			what = not.Expr
		}
		if x, err := (&compiler{}).compile(what, 1); err == nil && x.fts != "" {
			inIndex = append(inIndex, p)
		} else {
			others = append(others, p)
		}
	}
	if x, err := (&compiler{}).and(inIndex, 1); err == nil && x.fts != "" {
		x2, err := c.compile(others, 1)
		return x.fts, c.condition(x2), err
	}
	x, err := c.compile(e, 0)
	return "", x.sql, err
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
			if x, err := c.field(f); err == nil {
				out = append(out, x.sql)
			}
		}
	}
	return out
}

// goneOnly says that nothing matches but what is removed.
func goneOnly(e search.Expr) bool {
	parts, ok := e.(search.And)
	if !ok {
		parts = search.And{e}
	}
	return slices.ContainsFunc(parts, func(p search.Expr) bool {
		f, ok := p.(search.Field)
		return ok && f.Name == "is" && search.FieldKey(f.Value) == "removed"
	})
}

// byDate is the order of what is found.
const byDate = " ORDER BY liked_at DESC, nid, item_id LIMIT "

// refColumns are what orders a row, from items i and networks n.
const refColumns = "SELECT i.id AS num, i.liked_at AS liked_at, n.id AS nid, i.item_id AS item_id FROM "

// statement is one query under construction.
type statement struct{ args []any }

func (s *statement) arg(v any) string {
	s.args = append(s.args, v)
	return "?" + itoa(len(s.args))
}

// past is the condition that a row comes after a key.
func (s *statement) past(after *store.Place) string {
	if after == nil {
		return ""
	}
	l, n, i := s.arg(after.Liked), s.arg(after.Network), s.arg(after.Item)
	return " AND i.liked_at <= " + l + " AND (i.liked_at < " + l + " OR n.id > " + n + " OR n.id = " + n + " AND i.item_id > " + i + ")"
}

// query is the statement that finds the rows of one page by the search index, or
// by all rows where it is of no use, and sorts what it finds.
func (p *plan) query(after *store.Place, limit int) (string, []any) {
	st := &statement{args: append([]any{}, p.args...)}
	where := p.where + st.past(after)
	from := "items i JOIN networks n ON n.num = i.net WHERE "
	if p.driving != "" {
		from = "word_index w CROSS JOIN items i ON i.id = w.rowid CROSS JOIN networks n ON n.num = i.net WHERE w.word_index MATCH " +
			st.arg(p.match()) + " AND "
	}
	return inFull(refColumns + from + where + byDate + st.arg(limit)), st.args
}

// inFull reads the rows that found names, in its order.
func inFull(found string) string {
	return "SELECT " + likedColumns + " FROM (" + found + ") f CROSS JOIN items i ON i.id = f.num CROSS JOIN networks n ON n.num = i.net" +
		" ORDER BY f.liked_at DESC, f.nid, f.item_id"
}

// match is the query of the search index. It names the user only where that user
// has few of the items: joining two lists costs a look-up for each entry of the
// shorter one, ten times what reading on costs.
func (p *plan) match() string {
	if p.owner == "" || p.everyone || !p.named && p.nets != nil && p.items > p.all/ownMost {
		return p.driving
	}
	return `meta : "` + p.owner + `" AND (` + p.driving + ")"
}

// ownMost: a user with more than one of so many items is not named in the index
// query; the rows tell whose they are.
const ownMost = 10

// side is the statement that reads networks side by side, newest like first,
// each in the order of its index: SQLite merges them, and stops with the reader.
func (p *plan) side(after *store.Place, limit int) (string, []any) {
	st := &statement{args: append([]any{}, p.args...)}
	where := p.newest + st.past(after)
	if p.columns && p.driving == "" {
		where = p.where + st.past(after)
	}
	index := "items_like"
	if p.gone { // the condition is in where
		index = "items_removed"
	}
	var all []string
	for _, net := range p.nets {
		all = append(all, refColumns+"networks n CROSS JOIN items i INDEXED BY "+index+" ON i.net = n.num WHERE n.num = "+fmt.Sprint(net)+" AND "+where)
	}
	return strings.Join(all, " UNION ALL ") + byDate + st.arg(limit), st.args
}
