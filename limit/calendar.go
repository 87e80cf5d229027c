package limit

import (
	"sync"
	"time"
	_ "time/tzdata" // a container from nothing has no time zones

	"collector/connectors"
)

// california is where Google's days begin.
var california = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil { // not with the zones built in
		return time.FixedZone("PST", -8*60*60)
	}
	return zone
})

// nextWindow is the end of the window of a calendar that t is in.
func nextWindow(c connectors.Calendar, t time.Time) time.Time {
	zone := time.UTC
	if c == connectors.DayPacific {
		zone = california()
	}
	y, m, d := t.In(zone).Date()
	if c == connectors.MonthUTC {
		return time.Date(y, m+1, 1, 0, 0, 0, 0, zone).UTC()
	}
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone).UTC()
}
