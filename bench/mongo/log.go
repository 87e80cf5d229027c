package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"collector/bench/figure"
	"collector/item"
	"collector/state"
	"collector/store"
)

// writers is how many handles write to the change log at once, each as a process of
// its own would.
const writers = 8

// log measures how long after a reply a reader of the change log sees what it
// changed, with eight writers, and that none of it is lost: the log is dense and
// holds every page once.
func log(ctx context.Context, r figure.Run, s *server) (figures []figure.Figure, err error) {
	pages := 250 // of each writer
	if r.Short {
		pages = 5
	}
	var stores [writers + 1]store.Store // the last one reads
	for i := range stores {
		if stores[i], err = s.open(ctx, "log", fmt.Sprint("writer", i)); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, stores[i].Close()) }()
	}
	var wrote sync.Map // id of a page -> when its reply came
	writing, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for i, st := range stores[:writers] {
		group.Go(func() error { return write(ctx, st, i, pages, &wrote) })
	}
	var took time.Duration
	var lags []float64
	seen := map[string]bool{}
	group.Go(func() error {
		var last int64
		for len(seen) < writers*pages {
			changes, err := stores[writers].Changes(ctx, "", last, 1000)
			if err != nil {
				return err
			}
			now := time.Now()
			for _, c := range changes {
				at, known := wrote.Load(c.Page)
				when, ok := at.(time.Time)
				if !known || !ok || seen[c.Page] || c.Seq != last+1 || len(c.Added) != 2 {
					return fmt.Errorf("after number %d of the log comes %d, the page %q", last, c.Seq, c.Page)
				}
				seen[c.Page], last = true, c.Seq
				lags = append(lags, now.Sub(when).Seconds()*1e3)
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("of %d changes %d were seen: %w", writers*pages, len(seen), context.Cause(ctx))
			case <-time.After(2 * time.Millisecond):
			}
		}
		took = time.Since(began)
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	last, err := stores[writers].LastChange(writing)
	if err == nil && last != int64(writers*pages) {
		err = fmt.Errorf("%d pages have %d entries in the log", writers*pages, last)
	}
	slices.Sort(lags)
	note := fmt.Sprintf("from a reply to a reader of the log, the page's own commit among it; %d writers, %d pages of two items; none lost", writers, len(lags))
	return []figure.Figure{
		{Name: "mongo/log/lag-p99", Unit: "ms", Ours: lags[len(lags)*99/100], Limit: 100, Repeats: 1, Note: note},
		{Name: "mongo/log/lag-median", Unit: "ms", Ours: lags[len(lags)/2], Repeats: 1, Note: note},
		{Name: "mongo/log/rate", Unit: "pages/s", Ours: float64(len(lags)) / took.Seconds(), AtLeast: true, Repeats: 1, Note: "committed and read"},
	}, err
}

// write commits pages of networks of its own, one after the other.
func write(ctx context.Context, st store.Store, who, pages int, wrote *sync.Map) error {
	service := fmt.Sprint("service", who)
	id, now := fmt.Sprint("list", who), time.Now()
	err := errors.Join(
		st.AddAccount(ctx, state.Account{ID: id, User: id, Provider: service, Name: id, RemoteID: id, CreatedAt: now}),
		st.AddNetworks(ctx, []state.Network{{ID: id, AccountID: id, User: id, Service: service, Provider: service, Account: id, CreatedAt: now}}),
	)
	if err != nil {
		return err
	}
	got, err := st.Claim(ctx, state.Claim{
		Mode: state.Initial, Owner: fmt.Sprint("writer", who), Now: time.Now().Add(time.Second), Until: time.Now().Add(time.Hour), N: 1, Services: map[string]int{service: 1},
	})
	if err != nil || len(got) != 1 {
		return fmt.Errorf("claiming a network: %d, %w", len(got), err)
	}
	for n := range pages {
		now := time.Now()
		p := state.Page{ID: fmt.Sprintf("%s/1/%d", id, n), Kind: "backfill", Walk: 1, ObservedAt: now, After: got[0].Progress}
		for i := range 2 {
			p.Items = append(p.Items, item.Item{
				ID: fmt.Sprint(2*n + i), URL: fmt.Sprintf("https://example.org/%s/%d/%d", id, n, i), Title: "one of two", LikedAt: now, LikedFrom: item.FromAPI,
			})
		}
		wrote.Store(p.ID, now)
		if _, err := st.Commit(ctx, got[0].Lease, p); err != nil {
			return err
		}
	}
	return nil
}
