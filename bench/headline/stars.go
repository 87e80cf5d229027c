package headline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
)

// stars measures one long list. Its floor is not a program but the service
// itself: as many calls as the list has pages, each taking the latency, one after
// the other. The call that reads the newest page once more, since the list is
// walked from its oldest end, is ours to pay.
func stars(ctx context.Context, r figure.Run) (figures []figure.Figure, err error) {
	likes, latency := 20_000, 100*time.Millisecond
	if r.Short {
		likes, latency = 300, 2*time.Millisecond
	}
	b, err := NewRig(ctx, r, &files{dir: r.Dir}, 1, likes)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	var all []process.Used
	for i := range r.Repeats + 1 {
		if i == 0 { // the service makes its pages
			err = b.Latency(ctx, 0)
		} else {
			err = b.Latency(ctx, latency)
		}
		if err != nil {
			return nil, err
		}
		used, err := b.once(ctx, b.Ours(8, 1))
		if err != nil {
			return nil, err
		}
		if i > 0 {
			all = append(all, used)
			b.Log("run %d of %d: %.2f s", i, r.Repeats, used.Wall.Seconds())
		}
	}
	calls := likes / pageSize
	return []figure.Figure{
		{
			Name: "stars/wall", Unit: "s", Ours: median(all, Wall), Floor: float64(calls) * latency.Seconds(), Limit: 1.05, Repeats: r.Repeats,
			Against: fmt.Sprintf("%d × %v", calls, latency), Note: "rivals on the same pages: airbyte 34 s, tap-github 76 s, dlt 116 s",
		},
		{
			Name: "stars/rate", Unit: "items/s", Ours: float64(likes) / median(all, Wall), AtLeast: true, Repeats: r.Repeats,
			Note: "rival: github-to-sqlite 195 items/s",
		},
	}, nil
}
