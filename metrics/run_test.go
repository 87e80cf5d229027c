package metrics

import (
	"fmt"
	"testing"
	"time"

	"collector/executor"
	"collector/fault"
	"collector/state"
)

func TestRunsAreCountedByHowTheyEnded(t *testing.T) {
	limited := fault.New(fault.RateLimited, "asked to wait")
	for _, c := range []struct {
		o    executor.Outcome
		want string
	}{
		{executor.Outcome{}, "ok"},
		{executor.Outcome{Err: limited}, "rate_limited"},
		{executor.Outcome{Err: fmt.Errorf("page 3: %w", limited)}, "rate_limited"},
		{executor.Outcome{Err: fault.New(fault.Unauthorized, "revoked")}, "unauthorized"},
		{executor.Outcome{Err: fmt.Errorf("x: %w", executor.ErrStalled)}, "stalled"},
		{executor.Outcome{Err: fault.New(fault.Temporary, "x: %w", executor.ErrStalled)}, "stalled"},
		{executor.Outcome{Drained: true}, "stopped"},
		{executor.Outcome{Drained: true, Err: limited}, "stopped"},
		{executor.Outcome{Err: state.ErrUnavailable, NotStored: true}, "not_stored"},
		{executor.Outcome{Err: state.ErrUnavailable}, "unknown"},
	} {
		m := made(atNoon)
		c.o.Network.Service = "github"
		m.Ended(c.o)
		expect(t, m, map[string]float64{`collector_runs_total{outcome="` + c.want + `",service="github"}`: 1})
	}
}

// TestTheFirstMistakeIsSeen: what increases from nothing did not increase, says Prometheus.
func TestTheFirstMistakeIsSeen(t *testing.T) {
	expect(t, made(atNoon), map[string]float64{
		`collector_runs_total{outcome="bug",service="github"}`: 0,
		`collector_runs_total{outcome="bug",service="gist"}`:   0,
	})
}

func TestWhatRunsReadIsCounted(t *testing.T) {
	m := made(atNoon)
	o := executor.Outcome{Kind: "poll", Pages: 2, Added: 30, Changed: 4, Removed: 1, Filled: 5, Ended: true}
	o.Network.Service = "github"
	m.Ended(o)
	o.Kind, o.Ended, o.Added, o.Err = "sweep", false, 0, executor.ErrStalled
	m.Ended(o)
	o.Network.Service = "unheard-of"
	m.Ended(o)
	expect(t, m, map[string]float64{
		`collector_pages_total{kind="poll",service="github"}`:                    2,
		`collector_items_total{change="added",kind="poll",service="github"}`:     30,
		`collector_items_total{change="changed",kind="poll",service="github"}`:   4,
		`collector_items_total{change="removed",kind="sweep",service="github"}`:  1,
		`collector_items_total{change="detailed",kind="sweep",service="github"}`: 5,
		`collector_items_total{change="added",kind="sweep",service="github"}`:    -1,
		`collector_walks_total{end="completed",kind="poll",service="github"}`:    1,
		`collector_walks_total{end="stalled",kind="sweep",service="github"}`:     1,
		`collector_walks_total{end="stalled",kind="sweep",service="other"}`:      1,
		`collector_walks_total{end="stalled",kind="sweep",service="unheard-of"}`: -1,
		`collector_runs_total{outcome="stalled",service="other"}`:                1,
		`collector_poll_gap_seconds_count{service="github"}`:                     -1,
		`collector_freshness_lag_seconds_count{service="github"}`:                -1,
	})
}

// TestFreshnessIsThatOfNewLikes: measured where a poll found something that was liked since
// the poll before, and nowhere else.
func TestFreshnessIsThatOfNewLikes(t *testing.T) {
	poll := func(m *Metrics, added int, newest time.Time) {
		o := executor.Outcome{Kind: "poll", Ended: true, Added: added, Since: time.Hour}
		o.Network.Service, o.Network.Newest = "github", newest
		m.Ended(o)
	}
	m := made(atNoon)
	poll(m, 0, noon.Add(-time.Minute)) // nothing new
	poll(m, 1, time.Time{})            // no times
	poll(m, 1, noon.Add(-2*time.Hour)) // was there at the poll before
	poll(m, 2, noon.Add(-10*time.Minute))
	poll(m, 1, noon.Add(5*time.Second)) // the service's clock is ahead of ours
	expect(t, m, map[string]float64{
		`collector_freshness_lag_seconds_count{service="github"}`: 2,
		`collector_freshness_lag_seconds_sum{service="github"}`:   600,
		`collector_poll_gap_seconds_count{service="github"}`:      5,
		`collector_poll_gap_seconds_sum{service="github"}`:        5 * 3600,
	})
}
