package queue

import (
	"time"

	"github.com/robfig/cron/v3"
)

// wall is a schedule by the clocks of a zone that are set twice a year. Each time of day
// that it names comes once on each of its days: one that the clocks pass over comes when
// they go on, and one that they show twice comes the first time.
type wall struct {
	times cron.SpecSchedule // in UTC: what the clocks show, as if they were never set
	zone  *time.Location
}

// byWall is a cron expression by the clocks of its zone. One with turns in every hour stays
// as it is: its turns are to come in the hour that is there twice, both times.
func byWall(s cron.Schedule) cron.Schedule {
	const everyHour = 1<<24 - 1
	spec, ok := s.(*cron.SpecSchedule)
	if !ok || spec.Location == time.Local || spec.Hour&everyHour == everyHour {
		return s
	}
	w := wall{*spec, spec.Location}
	w.times.Location = time.UTC
	return w
}

// Next is the first turn after t, zero where there is none.
func (w wall) Next(t time.Time) time.Time {
	shown := asUTC(t.In(w.zone))
	for {
		if shown = w.times.Next(shown); shown.IsZero() {
			return shown
		}
		if turn := when(shown, w.zone); turn.After(t) {
			return turn.In(t.Location())
		}
	}
}

// asUTC is what a clock shows, as a time of UTC.
func asUTC(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// when is the moment at which the clocks of a zone first show a time, or at which they are
// set to a later one.
func when(shown time.Time, zone *time.Location) time.Time {
	t := time.Date(shown.Year(), shown.Month(), shown.Day(), shown.Hour(), shown.Minute(), shown.Second(), shown.Nanosecond(), zone)
	set, next := t.ZoneBounds()
	switch is := asUTC(t); {
	case is.After(shown): // they were set from before it to after it
		return set
	case is.Before(shown): // they will be
		return next
	case set.IsZero():
		return t
	}
	_, after := t.Zone()
	_, before := set.Add(-time.Nanosecond).Zone()
	first := t.Add(-time.Duration(before-after) * time.Second)
	if before > after && first.Before(set) {
		return first
	}
	return t
}
