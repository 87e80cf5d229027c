package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
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
		likes := map[netDay]int{}
		err = s.query(ctx, daysQuery(p.nets), []any{from.UnixMilli(), until.UnixMilli(), most + 1}, func(rows *sql.Rows) error {
			var of netDay
			err := rows.Scan(&of)
			likes[of]++
			return err
		})
		if err == nil {
			most, err = s.addDays(ctx, user, likes, &c, most)
		}
	}
	return c.Days(from, most), wrap("counting likes by day", err)
}

// dayLong is how long a day is in the times of the store.
const dayLong = int64(24 * time.Hour / time.Millisecond)

// netDay is a network and a day in one number, since what costs most is to take each
// column of each like out of SQLite.
type netDay int64

const dayBits = 24

func (d netDay) net() int64 { return int64(d) >> dayBits }

func (d netDay) day() time.Time { return time.UnixMilli(int64(d) & (1<<dayBits - 1) * dayLong) }

// daysQuery tells of each like from ?1 on and before ?2 its network and day, of more
// than ?3 likes the newest. Grouping them there would sort them once more.
func daysQuery(nets []int64) string {
	var all []string
	for _, net := range nets {
		all = append(all, fmt.Sprintf("SELECT net, liked_at FROM items INDEXED BY items_like WHERE net = %d AND liked_at >= ?1 AND liked_at < ?2", net))
	}
	newest := strings.Join(all, " UNION ALL ") + " ORDER BY liked_at DESC LIMIT ?3"
	return fmt.Sprintf("SELECT (net << %d) + liked_at / %d FROM (%s)", dayBits, dayLong, newest)
}

// addDays counts likes under the services of their networks, and returns of how many
// they are the newest: those of a network that was deleted just now were counted all
// the same.
func (s *Store) addDays(ctx context.Context, user string, likes map[netDay]int, c *store.DayCount, most int) (int, error) {
	services := map[int64]string{}
	for of := range likes {
		services[of.net()] = ""
	}
	nums, err := json.Marshal(slices.Collect(maps.Keys(services)))
	if err != nil {
		return 0, err
	}
	err = s.query(ctx, servicesQuery, []any{string(nums), user}, func(rows *sql.Rows) error {
		var net int64
		var service string
		err := rows.Scan(&net, &service)
		services[net] = service
		return err
	})
	for of, n := range likes {
		if service := services[of.net()]; service != "" {
			c.Add(of.day(), service, n)
		} else {
			most -= n
		}
	}
	return most, err
}

// servicesQuery reads the services of networks, a JSON array, that are of user ?2; "" is all.
const servicesQuery = "SELECT n.num, n.service FROM json_each(?1) j CROSS JOIN networks n ON n.num = j.value WHERE ?2 IN ('', n.user)"
