package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"collector/search"
	"collector/store"
)

// hit is one item of a ranked search: its row and its place in the order.
type hit struct {
	num   int64
	score int
	liked int64
	net   string
	item  string
}

// compare puts the best first, of equals the newest like.
func (h hit) compare(o hit) int {
	return cmp.Or(cmp.Compare(o.score, h.score), cmp.Compare(o.liked, h.liked), cmp.Compare(h.net, o.net), cmp.Compare(h.item, o.item))
}

func (h hit) place() store.Place {
	return store.Place{Score: &h.score, Liked: h.liked, Network: h.net, Item: h.item}
}

func hitAt(p *store.Place) hit {
	return hit{score: *p.Score, liked: p.Liked, net: p.Network, item: p.Item}
}

// best returns a page of the best answers; done is false where they are too many
// to be ranked, or cannot be found cheaply enough. All hits are read, of each what
// the ranking looks at, but not their texts; only those of the page are kept.
func (s *Store) best(ctx context.Context, p *plan, by search.Ranking, after *store.Place, limit int) (r store.Result, done bool, err error) {
	if p.driving != "" {
		if p.everyone, err = s.atMost(ctx, p, store.BestMost); err != nil {
			return r, false, err
		}
	}
	few := p.everyone
	side := !few && p.nets != nil && (p.items <= p.effort.small || p.driving == "" && after != nil)
	if p.driving != "" && !few && !side {
		if few, err = s.fewSeen(ctx, p); err != nil {
			return r, false, err
		}
	}
	switch {
	case few || side:
	case after == nil:
		return r, false, nil
	case p.driving == "": // the first page was ranked by reading networks that are too many by now
		return r, false, store.ErrOrder
	}
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // what was ranked is still there when it is read whole
	if err != nil {
		return r, false, err
	}
	defer tx.Rollback() // it wrote nothing
	top := &best{by: by, after: after, most: limit + 1}
	if err := p.rank(ctx, tx, top, side); err != nil {
		if errors.Is(err, errEnough) {
			return r, false, nil
		}
		return r, false, err
	}
	top.cut()
	nums := make([]int64, min(limit, len(top.hits)))
	for i := range nums {
		nums[i] = top.hits[i].num
	}
	if r.Items, _, err = byNumber(ctx, tx, nums, p.room); err != nil {
		return r, false, err
	}
	if n := len(r.Items); n < len(top.hits) {
		r.Next = top.hits[n-1].place().String()
	}
	r.Ranked = true
	return r, true, nil
}

// fewSeen tells whether so few of the hits may be the user's to see that they are read to
// be ranked, although the index has too many: it knows those of other users and of what
// was removed, too. Reading them then tells how many there are. It is so where the user
// has few items at all; and where the index has no more than those that are ranked and
// those that are hidden, of which as many are read in vain at most. Where counting is
// dear it stays with what the index says.
func (s *Store) fewSeen(ctx context.Context, p *plan) (bool, error) {
	query, args := "SELECT coalesce(sum(items), 0) FROM holdings", []any{}
	if p.owner != "" {
		query, args = "SELECT coalesce(sum(items), 0) FROM networks WHERE user_num = ?", []any{p.user}
	}
	var mine int
	if err := s.read.QueryRowContext(ctx, query, args...).Scan(&mine); err != nil {
		return false, err
	}
	if p.owner != "" && mine <= store.BestMost {
		p.named = true
		return true, nil
	}
	if wide(p.expr) { // counting on may cost as much as ranking does
		return false, nil
	}
	hidden := min(max(p.all-mine, 0), store.BestMost)
	return s.atMost(ctx, p, store.BestMost+hidden)
}

// ranked is the statement that reads, of all hits of the search index, what they
// are ranked by.
func (p *plan) ranked() (string, []any) {
	st := &statement{args: append([]any{}, p.args...)}
	return "SELECT n.id, i.item_id, i.id, i.liked_at, i.title, i.author, i.tags" +
		" FROM word_index w CROSS JOIN items i ON i.id = w.rowid CROSS JOIN networks n ON n.num = i.net WHERE w.word_index MATCH " +
		st.arg(p.match()) + " AND " + p.where, st.args
}

// rank reads all hits, from the index or side by side from the networks.
func (p *plan) rank(ctx context.Context, tx *sql.Tx, top *best, side bool) error {
	query, args := p.ranked()
	if side {
		query, args = p.side(nil, -1)
		query = "SELECT f.nid, f.item_id, f.num, " + docColumns + " FROM (" + query + ") f CROSS JOIN items i ON i.id = f.num CROSS JOIN networks n ON n.num = i.net"
	}
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return drain(rows, func(rows *sql.Rows) error {
		var h hit
		if side {
			l, num, matches, err := p.compare(rows, &h.net, &h.item)
			if err == nil && matches {
				h.num, h.liked = num, l.LikedAt.UnixMilli()
				h.score = top.by.Score(l.Title, l.Author.Name, l.Tags)
				return top.add(h)
			}
			return err
		}
		var title, author string
		var tags sql.RawBytes
		if err := rows.Scan(&h.net, &h.item, &h.num, &h.liked, &title, &author, &tags); err != nil {
			return err
		}
		var names []string
		if len(tags) > 0 && top.by.Mentions(string(tags)) {
			if err := json.Unmarshal(tags, &names); err != nil {
				return fmt.Errorf("the tags of item %d: %w", h.num, err)
			}
		}
		h.score = top.by.Score(title, author, names)
		return top.add(h)
	})
}

// best keeps the first hits after a key.
type best struct {
	by    search.Ranking
	after *store.Place // nil for the first page
	most  int
	hits  []hit
	seen  int
}

func (b *best) add(h hit) error {
	b.seen++
	if b.after == nil && b.seen > store.BestMost {
		return errEnough
	}
	if b.after != nil && h.compare(hitAt(b.after)) <= 0 {
		return nil
	}
	if b.hits = append(b.hits, h); len(b.hits) == 8*b.most {
		b.cut()
	}
	return nil
}

// cut sorts the hits and lets go of those beyond the page.
func (b *best) cut() {
	slices.SortFunc(b.hits, hit.compare)
	b.hits = b.hits[:min(len(b.hits), b.most)]
}
