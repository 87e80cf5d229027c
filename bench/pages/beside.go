package pages

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"collector/bench/figure"
	"collector/bench/search"
	"collector/bench/webhooks"
	"collector/deliver/webhook"
	"collector/queue"
)

// twice is how many times longer a page may take beside a full pool.
const twice = 2

// enough is how often each page is asked for at least, so that what is told of those of one address
// is not the one slowest answer.
const enough = 20

// besidePool measures the pages of one user, and again while each worker of the pool of jobs
// in the same process waits for a webhook that is slow.
func besidePool(ctx context.Context, r figure.Run, name string, l *search.Library) (out []figure.Figure, err error) {
	changes, takes := 60_000, 500*time.Millisecond
	if r.Short {
		changes, takes = 20*webhook.Workers, time.Hour // however long the pages take: a call ends when its time is over, or once it is freed
	}
	jobs, closing, err := openJobs(ctx, l, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closing()) }()
	server, err := serve(l.Store, visitor, []queue.Store{jobs})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	if err := webhooks.Fill(ctx, l.Store, changes); err != nil {
		return nil, err
	}
	a := &asking{to: server.URL, log: r.Log, cpu: l.CPU}
	n := rounds(r)
	if !r.Short {
		n = max(n, enough)
	}
	alone, err := a.round(ctx, n, likePages())
	if err != nil {
		return nil, err
	}
	to := webhooks.NewReceiver(takes)
	defer to.Close()
	stop, err := webhooks.Start(ctx, l.Store, jobs, to, filepath.Join(r.Dir, "beside.key"))
	if err != nil {
		return nil, err
	}
	defer func() {
		to.Free() // so that the pool is not waited for
		stop()
	}()
	if err := to.AwaitBusy(ctx, webhook.Workers*3/4); err != nil {
		return nil, err
	}
	to.Busy()
	beside, err := a.round(ctx, n, likePages())
	if err != nil {
		return nil, err
	}
	busy := to.Busy()
	if least := webhook.Workers * 3 / 4.; busy < least && !r.Short || busy < 1 || to.Calls() >= changes {
		return nil, fmt.Errorf("the pool was not full: %.0f of %d workers were busy, %d of %d calls made", busy, webhook.Workers, to.Calls(), changes)
	}
	note := fmt.Sprintf("%.0f of %d workers wait for a webhook that answers after %v", busy, webhook.Workers, takes)
	for _, kind := range slices.Sorted(maps.Keys(alone)) {
		out = append(out, figure.Figure{Name: name + "/" + kind + "/p95", Unit: "ms", Ours: p95(beside[kind].whole), Floor: p95(alone[kind].whole), Against: "the same pages while the pool has nothing to do", Limit: twice, Repeats: n, Note: note})
	}
	return out, nil
}
