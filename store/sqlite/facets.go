package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"collector/store"
)

// Facets counts what matches: all hits of the index where they are few, else what
// matches among the newest likes. What the newest show few of may still be few in all,
// which the index tells.
func (s *Store) Facets(ctx context.Context, q store.Query, most int) (store.Facets, error) {
	most = store.FacetLimit(most)
	p, err := s.plan(ctx, q)
	plain := errors.Is(err, errPlain)
	if plain {
		p, err = s.unplanned(ctx, q)
	}
	if err != nil {
		return store.Facets{}, wrap("counting what was found", err)
	}
	if p == nil {
		return store.Facets{Whole: true}, nil
	}
	f, err := s.facets(ctx, p, plain, most)
	return f, wrap("counting what was found", err)
}

func (s *Store) facets(ctx context.Context, p *plan, plain bool, most int) (f store.Facets, err error) {
	if plain && p.nets == nil {
		return s.countSifted(ctx, p, most)
	}
	if p.driving != "" && !wide(p.expr) {
		if p.everyone, err = s.atMost(ctx, p, most); err != nil {
			return f, err
		}
	}
	if p.everyone || p.nets == nil {
		return s.countFound(ctx, p, most)
	}
	f, err = s.countNewest(ctx, p, most)
	if err != nil || f.Whole || f.Counted > most/10 || p.driving == "" {
		return f, err
	}
	if all, err := s.countFound(ctx, p, most); err != nil || all.Whole {
		return all, err
	}
	return f, nil
}

// facetColumns are what is counted of an item.
const facetColumns = "i.liked_at, n.service, i.tags, i.language"

// counted reads rows of facetColumns, most at most; more says that there is another.
func (s *Store) counted(ctx context.Context, query string, args []any, most int) (c store.Counting, more bool, err error) {
	err = s.query(ctx, query, args, func(rows *sql.Rows) error {
		var liked int64
		var service, language string
		var tags sql.RawBytes
		if err := rows.Scan(&liked, &service, &tags, &language); err != nil {
			return err
		}
		if more = c.Counted() == most; more {
			return nil
		}
		names, err := tagsOf(tags)
		c.Add(service, time.UnixMilli(liked), names, language)
		return err
	})
	return c, more, err
}

// countFound counts the hits of the search index, or without it all rows, in no order.
// So many hits are looked up as cost what the newest likes cost; of more, which ones
// match is not known.
func (s *Store) countFound(ctx context.Context, p *plan, most int) (store.Facets, error) {
	st := &statement{args: append([]any{}, p.args...)}
	from := "items i"
	hits := int(p.effort.compared) * store.FacetLooks(most)
	if p.driving != "" {
		from = "(SELECT rowid FROM word_index WHERE word_index MATCH " + st.arg(p.match()) + " LIMIT " + st.arg(hits) + ") w CROSS JOIN items i ON i.id = w.rowid"
	}
	c, more, err := s.counted(ctx, "SELECT "+facetColumns+" FROM "+from+" CROSS JOIN networks n ON n.num = i.net WHERE "+p.where+" LIMIT "+st.arg(most+1), st.args, most)
	if err == nil && !more && p.driving != "" && !p.everyone {
		var named int
		err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT rowid FROM word_index WHERE word_index MATCH ? LIMIT ?)", p.match(), hits+1).Scan(&named)
		more = named > hits
	}
	if more {
		return c.Newest(time.Time{}), err
	}
	return c.All(), err
}

// countNewest counts what matches among the newest likes.
func (s *Store) countNewest(ctx context.Context, p *plan, most int) (store.Facets, error) {
	if p.driving == "" && p.columns && !p.plain { // every row that is read matches
		query, args := p.side(nil, most+1)
		query = "SELECT " + facetColumns + " FROM (" + query + ") f CROSS JOIN items i ON i.id = f.num CROSS JOIN networks n ON n.num = i.net"
		c, more, err := s.counted(ctx, query, args, most)
		if more {
			return c.Newest(c.Last()), err
		}
		return c.All(), err
	}
	looks := store.FacetLooks(most)
	if p.driving != "" && !p.plain && !wide(p.expr) {
		few, err := s.atMost(ctx, p, store.BestMost)
		if err != nil {
			return store.Facets{}, err
		}
		if few {
			return s.countNamed(ctx, p, most, looks)
		}
	}
	query, args := p.side(nil, looks+1) // one more tells that there is more
	query = "SELECT f.num, " + docColumns + " FROM (" + query + ") f CROSS JOIN items i ON i.id = f.num CROSS JOIN networks n ON n.num = i.net"
	var c store.Counting
	var last time.Time
	read := 0
	err := s.query(ctx, query, args, func(rows *sql.Rows) error {
		l, _, matches, err := p.compare(rows)
		if err != nil {
			return err
		}
		if read++; read > looks || matches && c.Counted() == most {
			return errEnough
		}
		if matches {
			c.Add(l.Service, l.LikedAt, l.Tags, l.Language)
		}
		last = l.LikedAt
		return nil
	})
	if errors.Is(err, errEnough) {
		return c.Newest(last), nil
	}
	return c.All(), err
}

// countNamed is countNewest where the index names few hits: which of the newest likes
// are among them it tells sooner than their texts do.
func (s *Store) countNamed(ctx context.Context, p *plan, most, looks int) (store.Facets, error) {
	query, args := p.side(nil, looks+1) // one more tells that there is more
	st := &statement{args: args}
	query = "SELECT " + facetColumns + ", f.num IN (SELECT rowid FROM word_index WHERE word_index MATCH " + st.arg(p.driving) + ") AND " + p.where +
		" FROM (" + query + ") f CROSS JOIN items i ON i.id = f.num CROSS JOIN networks n ON n.num = i.net"
	var c store.Counting
	var last time.Time
	read := 0
	err := s.query(ctx, query, st.args, func(rows *sql.Rows) error {
		var liked int64
		var service, language string
		var tags sql.RawBytes
		var hit bool
		if err := rows.Scan(&liked, &service, &tags, &language, &hit); err != nil {
			return err
		}
		if read++; read > looks || hit && c.Counted() == most {
			return errEnough
		}
		last = time.UnixMilli(liked).UTC()
		if !hit {
			return nil
		}
		names, err := tagsOf(tags)
		c.Add(service, last, names, language)
		return err
	})
	if errors.Is(err, errEnough) {
		return c.Newest(last), nil
	}
	return c.All(), err
}

// tagsOf are the tags of an item as its row has them.
func tagsOf(tags sql.RawBytes) (names []string, err error) {
	if len(tags) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(tags, &names); err != nil {
		return nil, fmt.Errorf("the tags of an item: %w", err)
	}
	return names, nil
}

// countSifted counts what SQL cannot ask for, among networks that are too many to be
// read side by side.
func (s *Store) countSifted(ctx context.Context, p *plan, most int) (store.Facets, error) {
	items, _, err := s.sift(ctx, p, nil, most+1)
	var c store.Counting
	for _, l := range items[:min(len(items), most)] {
		c.Add(l.Service, l.LikedAt, l.Tags, l.Language)
	}
	if len(items) > most {
		return c.Newest(c.Last()), err
	}
	return c.All(), err
}
