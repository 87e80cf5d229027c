package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"collector/store"
)

// LikeDays counts the newest likes by day and service. The index of likes has all that
// is asked for, and is read from its newest end, network beside network.
func (s *Store) LikeDays(ctx context.Context, user string, from, until time.Time, most int) (store.Days, error) {
	from, most = store.DaysFrom(from), store.DaysLimit(most)
	p, err := s.plan(ctx, store.Query{User: user, Removed: true})
	var c store.DayCount
	switch {
	case err != nil:
	case p == nil: // nothing of this user is here
	case p.nets == nil:
		return store.Days{Since: until}, nil
	default:
		err = s.query(ctx, daysQuery(p.nets), []any{from.UnixMilli(), until.UnixMilli(), most + 1, user}, func(rows *sql.Rows) error {
			var service string
			var day int64
			var likes int
			err := rows.Scan(&service, &day, &likes)
			c.Add(time.UnixMilli(day*dayLong), service, likes)
			return err
		})
	}
	return c.Days(from, most), wrap("counting likes by day", err)
}

// dayLong is how long a day is in the times of the store.
const dayLong = int64(24 * time.Hour / time.Millisecond)

// daysQuery counts by service and day what was liked from ?1 on and before ?2, of more
// than ?3 likes the newest.
func daysQuery(nets []int64) string {
	var all []string
	for _, net := range nets {
		all = append(all, fmt.Sprintf("SELECT net, liked_at FROM items INDEXED BY items_like WHERE net = %d AND liked_at >= ?1 AND liked_at < ?2", net))
	}
	newest := strings.Join(all, " UNION ALL ") + " ORDER BY liked_at DESC LIMIT ?3"
	days := fmt.Sprintf("SELECT net, liked_at / %d AS day, count(*) AS likes FROM (%s) GROUP BY 1, 2", dayLong, newest)
	return "SELECT n.service, d.day, d.likes FROM (" + days + ") d CROSS JOIN networks n ON n.num = d.net WHERE ?4 IN ('', n.user)"
}
