package limittest

import (
	"cmp"
	"net/http"
	"time"

	"collector/connectors"
)

// Part is one budget that a call spends from, as the connector declares it and
// as the service keeps it.
type Part struct {
	Quota  connectors.Quota
	Cost   int // units of a call; 0 means 1
	Budget func() *Budget
}

// Kind is a service.
type Kind struct {
	Name    string
	Parts   []Part
	Judged  int           // the Part that limits
	Latency time.Duration // of a call, about; 0 means 100 ms
}

func (k Kind) latency() time.Duration { return cmp.Or(k.Latency, 100*time.Millisecond) }

// part is a budget that the connector knows rightly, as far as Info can say it.
func part(q connectors.Quota, shape Shape, tell func(http.Header, *Budget, int, time.Time, time.Time) *connectors.Usage) Part {
	n, per := q.N, q.Per
	return Part{Quota: q, Budget: func() *Budget { return &Budget{N: n, Per: per, Shape: shape, Tell: tell} }}
}

var (
	epoch      = connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset", Unit: connectors.EpochSeconds}
	iso        = connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset", Unit: connectors.ISO8601}
	toGo       = connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Used: "X-RateLimit-Used", Reset: "X-RateLimit-Reset", Unit: connectors.SecondsToGo}
	endless    = connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining"}
	structured = connectors.Report{Limit: "RateLimit-Policy;q", Remaining: "RateLimit;r", Reset: "RateLimit;t", Unit: connectors.SecondsToGo}
)

// Kinds are the ways in which the services that are known keep their quotas.
// large says how many calls the large ones have: the real figures, or fewer for
// a quick run.
func Kinds(large int) []Kind {
	quota := func(scope connectors.Scoping, n int, per time.Duration, r connectors.Report) connectors.Quota {
		return connectors.Quota{Name: "core", Scope: scope, Unit: "calls", N: n, Per: per, Report: r, Parallel: 4}
	}
	named := func(q connectors.Quota, name string) connectors.Quota { q.Name = name; return q }
	calendar := func(q connectors.Quota, c connectors.Calendar) connectors.Quota { q.Calendar = c; return q }
	rolling := func(q connectors.Quota) connectors.Quota { q.Rolling = true; return q }
	costs := func(p Part, units int) Part { p.Cost = units; return p }
	serial := func(q connectors.Quota) connectors.Quota { q.Parallel = 1; return q }
	const (
		me, app, host, address = connectors.PerAccount, connectors.PerApp, connectors.PerHost, connectors.PerAddress
		minute, hour, day      = time.Minute, time.Hour, 24 * time.Hour
	)
	silent := connectors.Report{}
	body := connectors.Report{Body: true}
	big := func(n int) int { return min(n, large) }
	return []Kind{
		{Name: "fixed window of an account, reset as a time (GitHub)", Parts: []Part{part(serial(quota(me, big(5000), hour, epoch)), FromFirst, Epoch)}},
		{Name: "a higher limit than documented", Parts: []Part{{
			Quota:  quota(me, 60, hour, epoch),
			Budget: func() *Budget { return &Budget{N: 150, Per: hour, Shape: FromFirst, Tell: Epoch} },
		}}},
		{Name: "a lower limit than documented", Parts: []Part{{
			Quota:  quota(me, big(5000), hour, epoch),
			Budget: func() *Budget { return &Budget{N: big(5000) / 3, Per: hour, Shape: FromFirst, Tell: Epoch} },
		}}},
		{Name: "account and address, windows of the clock, ISO 8601 (Mastodon)", Parts: []Part{
			part(serial(quota(me, 300, 5*minute, iso)), Aligned, ISO), part(named(quota(address, 300, 5*minute, iso), "address"), Aligned, ISO),
		}},
		{Name: "fixed window of an address (Bluesky)", Parts: []Part{part(quota(host, big(3000), 5*minute, epoch), FromFirst, Epoch)}},
		{Name: "seconds to go with decimals (Reddit)", Parts: []Part{part(quota(app, 1000, 10*minute, toGo), FromFirst, Fractions)}},
		{Name: "whole seconds to go (Product Hunt)", Parts: []Part{part(quota(app, 450, 15*minute, toGo), Aligned, Whole)}},
		{Name: "structured header (Hugging Face)", Parts: []Part{part(quota(me, 1000, 5*minute, structured), FromFirst, Structured)}},
		{Name: "a remainder without an end (Unsplash)", Parts: []Part{part(quota(app, 50, hour, endless), Aligned, Endless)}},
		{Name: "small, of application and account (X)", Parts: []Part{
			part(named(quota(app, 75, 15*minute, epoch), "app"), FromFirst, Epoch), part(quota(me, 75, 15*minute, epoch), FromFirst, Epoch),
		}},
		{Name: "15 a window", Parts: []Part{part(quota(me, 15, 15*minute, epoch), FromFirst, Epoch)}},
		{Name: "15 a window, of the application", Parts: []Part{part(quota(app, 15, 15*minute, epoch), FromFirst, Epoch)}},
		{Name: "100 a window, of the application", Parts: []Part{part(quota(app, 100, 10*minute, epoch), FromFirst, Epoch)}},
		{Name: "the body tells, days of the calendar (Stack Exchange)", Parts: []Part{part(calendar(quota(me, big(10_000), day, body), connectors.DayUTC), UTCDay, InBody)}},
		{Name: "units until midnight in California, silent (YouTube)", Parts: []Part{part(calendar(quota(app, big(10_000), day, silent), connectors.DayPacific), Pacific, nil)}},
		{Name: "100 units a call (YouTube's search)", Parts: []Part{costs(part(calendar(quota(app, 10_000, day, silent), connectors.DayPacific), Pacific, nil), 100)}},
		{Name: "7 points a call, told (GraphQL)", Parts: []Part{costs(part(quota(app, 1000, 15*minute, epoch), FromFirst, Epoch), 7)}},
		{Name: "a month's budget of posts, 100 a call (X)", Parts: []Part{costs(part(calendar(quota(app, 30_000, 30*day, silent), connectors.MonthUTC), UTCMonth, nil), 100)}},
		{Name: "rolling minute, told (Discogs)", Parts: []Part{part(rolling(quota(me, 60, minute, endless)), Rolling, Endless)}},
		{Name: "rolling half minute of the application, silent (Spotify)", Parts: []Part{part(rolling(quota(app, 90, minute/2, silent)), Rolling, nil)}},
		{Name: "rolling hour, silent (Flickr)", Parts: []Part{part(rolling(quota(app, big(3600), hour, silent)), Rolling, nil)}},
		{Name: "silent, and the service counts by the clock", Parts: []Part{part(quota(app, 500, 5*minute, silent), Aligned, nil)}},
		{Name: "silent, and the service counts from the first call", Parts: []Part{part(quota(me, 500, 5*minute, silent), FromFirst, nil)}},
		{Name: "silent, and the service's window rolls (Last.fm)", Parts: []Part{part(quota(address, 300, minute, silent), Rolling, nil)}},
		{Name: "three windows at once, rolling (Lobsters)", Judged: 2, Parts: []Part{
			part(rolling(named(quota(address, 30, minute, silent), "minute")), Rolling, nil),
			part(rolling(named(quota(address, 100, 10*minute, silent), "ten")), Rolling, nil),
			part(rolling(named(quota(address, 400, hour, silent), "hour")), Rolling, nil),
		}},
		{Name: "an hour and a day of the application (Tumblr)", Judged: 1, Parts: []Part{
			part(named(quota(app, 1000, hour, epoch), "hour"), FromFirst, nil), part(calendar(named(quota(app, big(5000), day, silent), "day"), connectors.DayUTC), UTCDay, nil),
		}},
	}
}
