package store

import (
	"cmp"
	"slices"
	"time"
)

// Days are likes by the day on which they were made, in UTC, and by service. Likes that
// were taken back since count too: they were made.
type Days struct {
	// Since is from which day on all likes are counted: the first day that was asked for,
	// or a later one where there were more likes than are counted.
	Since time.Time
	List  []DayLikes // those of which there are any, by day and service
}

// DayLikes is how many likes a day has at a service.
type DayLikes struct {
	Day     time.Time // its beginning
	Service string
	Likes   int
}

// How many likes are counted by day: DaysDefault where a caller says 0, DaysMost at most.
const (
	DaysDefault = 10_000
	DaysMost    = 50_000
)

// DaysLimit is how many likes a store counts that is asked for most.
func DaysLimit(most int) int {
	if most <= 0 {
		most = DaysDefault
	}
	return min(most, DaysMost)
}

// DayOf is the beginning of a day.
func DayOf(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// DaysFrom is the first day that is counted where a caller says from: no service is
// older than 1970, and no store is asked what a day before it is.
func DaysFrom(from time.Time) time.Time {
	day := DayOf(from)
	if first := time.Unix(0, 0).UTC(); day.Before(first) {
		return first
	}
	return day
}

// DayCount gathers Days of the newest likes. The zero value has counted nothing.
type DayCount struct {
	n     int
	likes map[DayLikes]int // by day and service
}

// Add counts likes of one day.
func (c *DayCount) Add(day time.Time, service string, likes int) {
	if c.likes == nil {
		c.likes = map[DayLikes]int{}
	}
	c.n += likes
	c.likes[DayLikes{Day: DayOf(day), Service: service}] += likes
}

// Days are those from a day on, of at most most likes: where more were added, of the
// oldest day perhaps not all were, and it is left out.
func (c *DayCount) Days(from time.Time, most int) Days {
	out := Days{Since: DaysFrom(from)}
	for of, n := range c.likes {
		of.Likes = n
		out.List = append(out.List, of)
	}
	slices.SortFunc(out.List, func(a, b DayLikes) int { return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Service, b.Service)) })
	if c.n > most && len(out.List) > 0 {
		oldest := out.List[0].Day
		out.Since = oldest.AddDate(0, 0, 1)
		out.List = slices.DeleteFunc(out.List, func(d DayLikes) bool { return d.Day.Equal(oldest) })
	}
	return out
}
