package freshness

import (
	"context"
	"errors"
	"time"

	"collector/bench/figure"
)

// Measurements are the lines of freshness.
func Measurements() []figure.Measurement {
	return []figure.Measurement{
		{Name: "freshness/lag", What: "how soon a like is collected, for the calls of a poll every 15 minutes", Do: lag},
		{Name: "freshness/due", What: "how late a due network is polled with 100,000 accounts", Do: due},
	}
}

func lag(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
	n := 500
	if r.Short {
		n = 40
	}
	all := people(n, r.Seed)
	rival := evenly(all, func(person) time.Duration { return fixed })
	if len(rival.lags) == 0 {
		return nil, errors.New("nobody likes anything: the population proves nothing")
	}
	ours, err := byPolicy(ctx, all, 0)
	if err != nil {
		return nil, err
	}
	best := evenly(all, optimum(all, ours.calls))
	r.Log("%d people, %d likes; polls: ours %d, every 15 min %d, optimum %d", n, len(ours.lags), ours.calls, rival.calls, best.calls)
	const every = "a poll every 15 minutes"
	return []figure.Figure{
		{Name: "freshness/lag/calls", Unit: "calls", Ours: float64(ours.calls), Floor: float64(rival.calls), Against: every, Limit: 1, Repeats: 1},
		{Name: "freshness/lag/median", Unit: "s", Ours: ours.at(0.5).Seconds(), Floor: rival.at(0.5).Seconds(), Against: every, Limit: 1.0 / 3, Repeats: 1, Note: "virtual time"},
		{Name: "freshness/lag/p99", Unit: "s", Ours: ours.at(0.99).Seconds(), Floor: rival.at(0.99).Seconds(), Against: every, Limit: 2, Repeats: 1, Note: "virtual time"},
		{
			Name: "freshness/lag/mean", Unit: "s", Ours: ours.mean().Seconds(), Floor: best.mean().Seconds(), Against: "intervals by the true rates",
			Limit: 1.2, Repeats: 1, Note: "the optimum of evenly spaced polls for as many calls, computed",
		},
	}, nil
}

func due(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
	n, during := 100_000, 30*time.Second
	if r.Short {
		n, during = 2000, 3*time.Second
	}
	got, err := dueLag(ctx, r, n, during)
	if err != nil {
		return nil, err
	}
	if len(got.lags) == 0 {
		return nil, errors.New("nothing was polled")
	}
	r.Log("%d polls of %d accounts; median lag %v, most %v", got.calls, n, got.at(0.5), got.at(1))
	return []figure.Figure{{
		Name: "freshness/due/p99", Unit: "s", Ours: got.at(0.99).Seconds(), Limit: 5, Repeats: 1,
		Note: "the real loop over SQLite in real time",
	}}, nil
}
