package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"collector/search"
	"collector/store"
)

// effort says what a search may spend on which way.
//
// A page of hits can be found in two ways. The search index names all of them,
// and each is looked up to be put in order: the cost grows with the hits. Or the
// items are read newest like first and compared until the page is full: the cost
// falls with the hits. The second is for what is common, so the worst case is in
// between and grows with the square root of the items alone.
type effort struct {
	// compared is what reading and comparing an item costs, in look-ups of a hit.
	compared float64
	// tried is how many items are compared to estimate how common a beginning of
	// words or a phrase is: the index tells only after reading all of it.
	tried int
	// patience is how many times the items that should hold a page of hits are
	// read before the hits count as old ones, which the index finds sooner.
	patience int
	// merged is what an item costs in which a beginning of a word stands, as long as
	// the index gathers them, in look-ups of a hit.
	merged float64
	// small is how many items are ranked by reading all of them.
	small int
}

// usual was measured: a hit is looked up in 5 µs, an item compared in 15.
func usual() effort { return effort{compared: 3, tried: 500, patience: 2, merged: 0.1, small: 2000} }

// newest finds a page by reading the newest likes; done is false where the search
// index is, or has become, the better way.
func (s *Store) newest(ctx context.Context, p *plan, after *store.Place, limit int) (items []store.Liked, more, done bool, err error) {
	if p.nets == nil {
		return nil, false, false, nil
	}
	if p.driving == "" && p.columns {
		return s.readBack(ctx, p, after, limit, -1)
	}
	most := 0
	bound := int(math.Sqrt(float64(limit) * float64(p.all) * p.effort.compared)) // hits at which both ways cost the same
	if p.driving != "" && !wide(p.expr) {
		few, err := s.atMost(ctx, p, bound)
		if err != nil {
			return nil, false, false, err
		}
		if few {
			p.everyone = true
			return nil, false, false, nil
		}
	} else if p.driving != "" && p.items > p.effort.tried {
		items, more, done, err := s.readBack(ctx, p, after, limit, p.effort.tried)
		if done || err != nil {
			return items, more, done, err
		}
		share := float64(len(items)) / float64(p.effort.tried)
		begun := float64(p.begun) / float64(p.effort.tried)
		if share*(share+p.effort.merged*begun)*float64(p.items) < float64(limit)*p.effort.compared {
			return nil, false, false, nil
		}
		most = p.effort.patience * int(float64(limit)/share)
	}
	return s.readBack(ctx, p, after, limit, max(p.effort.tried, most, p.effort.patience*limit*p.all/max(bound, 1)))
}

// beginnings are the beginnings of words that an expression holds: the index
// reads every word that begins so before it gives the first hit.
func beginnings(e search.Expr) (out []search.Prefix) {
	switch e := e.(type) {
	case search.And:
		for _, part := range e {
			out = append(out, beginnings(part)...)
		}
	case search.Or:
		return beginnings(search.And(e))
	case search.Not:
		return beginnings(e.Expr)
	case search.Prefix:
		return []search.Prefix{e}
	}
	return out
}

// wide tells whether the search index may have to read much to say little: a
// beginning has many words, and a phrase of common words may itself be rare.
func wide(e search.Expr) bool {
	switch e := e.(type) {
	case search.And:
		return slices.ContainsFunc(e, wide)
	case search.Or:
		return slices.ContainsFunc(e, wide)
	case search.Not:
		return wide(e.Expr)
	case search.Prefix, search.Phrase:
		return true
	}
	return false
}

// atMost tells whether the index query has at most n hits, of all users together.
// It counts on from where it stopped before.
func (s *Store) atMost(ctx context.Context, p *plan, n int) (bool, error) {
	if p.asked < n && p.hits >= p.asked {
		const query = "SELECT count(*), coalesce(max(rowid), 0) FROM (SELECT rowid FROM word_index WHERE word_index MATCH ? AND rowid > ? LIMIT ?)"
		var more int
		var last int64
		if err := s.read.QueryRowContext(ctx, query, p.driving, p.counted, n+1-p.hits).Scan(&more, &last); err != nil {
			return false, err
		}
		p.hits, p.counted, p.asked = p.hits+more, max(p.counted, last), n
	}
	return p.hits <= n, nil
}

// docColumns are read by readBack beside the number of the row.
const docColumns = "i.liked_at, i.title, i.text, i.author, i.tags, i.url, i.language, i.kind, i.private, i.removed_at IS NOT NULL, n.service, n.account"

// readBack reads at most most items, all for -1, and returns those that match.
// It is done when it found enough or came to the end; there is more where what it found has
// no room.
func (s *Store) readBack(ctx context.Context, p *plan, after *store.Place, limit, most int) (items []store.Liked, more, done bool, err error) {
	query, args := p.side(after, most)
	query = "SELECT f.num, " + docColumns + " FROM (" + query + ") f CROSS JOIN items i ON i.id = f.num CROSS JOIN networks n ON n.num = i.net"
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // what was compared is still there when it is read whole
	if err != nil {
		return nil, false, false, err
	}
	defer tx.Rollback() // it wrote nothing
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, false, false, err
	}
	defer rows.Close()
	var nums []int64
	read := 0
	for len(nums) < limit && rows.Next() {
		read++
		_, num, matches, err := p.compare(rows)
		if err != nil {
			return nil, false, false, err
		}
		if matches {
			nums = append(nums, num)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, false, false, err
	}
	if err := rows.Close(); err != nil {
		return nil, false, false, err
	}
	items, more, err = byNumber(ctx, tx, nums, p.room)
	return items, more, more || len(nums) == limit || most < 0 || read < most, err
}

// compare reads one row and tells whether it matches; before are the columns that
// the row has before its number. Of the item it has read docColumns.
func (p *plan) compare(rows *sql.Rows, before ...any) (l store.Liked, num int64, matches bool, err error) {
	var liked int64
	var tags sql.RawBytes
	var removed bool
	into := append(before, &num, &liked, &l.Title, &l.Text, &l.Author.Name, &tags, &l.URL, &l.Language, &l.Kind, &l.Private, &removed, &l.Service, &l.Account)
	err = rows.Scan(into...)
	if err != nil || p.columns && p.driving == "" && !p.plain {
		return l, num, true, err
	}
	l.LikedAt = at(sql.NullInt64{Int64: liked, Valid: true})
	if len(tags) > 0 {
		if err := json.Unmarshal(tags, &l.Tags); err != nil {
			return l, num, false, fmt.Errorf("the tags of item %d: %w", num, err)
		}
	}
	doc := search.DocOf(l.Item, l.Service, l.Account, removed)
	for _, b := range p.beginnings {
		if search.Match(b, doc) {
			p.begun++
		}
	}
	return l, num, search.Match(p.expr, doc), nil
}

// byNumber reads items by the numbers of their rows, in that order, as far as there is room.
func byNumber(ctx context.Context, tx *sql.Tx, nums []int64, room store.Room) (items []store.Liked, more bool, err error) {
	if len(nums) == 0 {
		return nil, false, nil
	}
	list, err := json.Marshal(nums)
	if err != nil {
		return nil, false, err
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+likedColumns+` FROM json_each(?) f CROSS JOIN items i ON i.id = f.value CROSS JOIN networks n ON n.num = i.net ORDER BY f.key`, string(list))
	if err != nil {
		return nil, false, err
	}
	return allLiked(rows, room)
}
