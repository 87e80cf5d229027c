package chart

import "time"

// Unit is how long one column of Bars is.
type Unit uint8

// The units. All begin at midnight UTC, weeks on a Monday.
const (
	Month Unit = iota
	Week
	Day
)

// words of a unit.
var units = []struct{ one, more, by, most, last string }{
	Month: {"one month", "months", "month", "in ", "this month"},
	Week:  {"one week", "weeks", "week", "in the week of ", "this week"},
	Day:   {"one day", "days", "day", "on ", "today"},
}

// Begin is when the column begins in which a time is.
func (u Unit) Begin(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	switch u {
	case Month:
		d = 1
	case Week:
		d -= (int(t.UTC().Weekday()) + 6) % 7
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Add is the beginning of the column so many after one.
func (u Unit) Add(begin time.Time, n int) time.Time {
	switch u {
	case Month:
		return begin.AddDate(0, n, 0)
	case Week:
		return begin.AddDate(0, 0, 7*n)
	}
	return begin.AddDate(0, 0, n)
}

// Columns is how many there are from the one that begins at first up to that of a time.
func (u Unit) Columns(first, until time.Time) int {
	n := 0
	for ; !u.Add(first, n).After(until); n++ {
	}
	return n
}

// Whole is the longest unit of which at least as many columns as make a chart are there
// from the first like up to now, which may be in the middle of one, and when the first of
// them begins. None begins before since, up to when likes were not counted.
func Whole(since, like, now time.Time) (u Unit, first time.Time) {
	for u = Month; ; u++ {
		if first = u.Begin(like); first.Before(since) {
			first = u.Add(first, 1)
		}
		if u == Day || u.Columns(first, now) >= least {
			return u, first
		}
	}
}
