package scale

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"collector/bench/figure"
	"collector/item"
	"collector/state"
	"collector/store"
	"collector/store/sqlite"
)

// Shape of the library.
const (
	pageSize = 1000 // items of a commit: larger than a service's, to fill quickly
	lists    = 10   // networks of the user whose items are searched
	years    = 10   // over which the likes are spread
)

// services are those of the lists.
func services() []string { return []string{"github", "mastodon", "bluesky"} }

// noon is the present of everything that is built.
func noon() time.Time { return time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC) }

// library is a store that is filled by the product's own commits, page after
// page: nine of ten items are of the user me, in ten lists, the rest of you.
type library struct {
	store.Store
	path  string
	write *writer
	lists []*list
	items int
	pages int
}

// list is one network and how far it has been read back.
type list struct {
	state.Claimed
	made int
	next time.Time // like time of the next item, going back
}

// openLibrary makes an empty one. most is how many items it will get.
func openLibrary(ctx context.Context, path string, r figure.Run, most int) (*library, error) {
	st, err := sqlite.Open(ctx, path, store.Options{Owner: "bench", Lease: time.Hour, Now: noon})
	if err != nil {
		return nil, err
	}
	l := &library{Store: st, path: path, write: newWriter(r.Seed)}
	if err := l.connect(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return l, nil
}

// connect makes the lists and claims them.
func (l *library) connect(ctx context.Context) error {
	names := services()
	want := state.Claim{Mode: state.Initial, Owner: "bench", Now: noon(), Until: noon().Add(time.Hour), N: lists + 1, Services: map[string]int{}}
	for i := range lists + 1 {
		user, service, id := "me", names[i%len(names)], fmt.Sprintf("list%02d", i)
		if i == lists {
			user = "you"
		}
		want.Services[service] = lists + 1
		err := errors.Join(
			l.AddAccount(ctx, state.Account{ID: id, User: user, Provider: service, Name: id, RemoteID: id, CreatedAt: noon()}),
			l.AddNetworks(ctx, []state.Network{{ID: id, AccountID: id, Service: service, CreatedAt: noon()}}),
		)
		if err != nil {
			return err
		}
	}
	claimed, err := l.Claim(ctx, want)
	if err == nil && len(claimed) != lists+1 {
		err = fmt.Errorf("%d of %d lists could be claimed", len(claimed), lists+1)
	}
	for i, c := range claimed {
		l.lists = append(l.lists, &list{Claimed: c, next: noon().Add(-time.Duration(i) * time.Minute)})
	}
	return err
}

// fill commits pages until there are so many items.
func (l *library) fill(ctx context.Context, items, most int) error {
	gap := years * 365 * 24 * time.Hour * (lists + 1) / time.Duration(most)
	var wg sync.WaitGroup
	var once sync.Once
	var failed error
	slots := make(chan struct{}, 4)
	for l.items < items {
		in := l.lists[l.pages%len(l.lists)]
		n := min(pageSize, items-l.items)
		p := state.Page{ID: fmt.Sprint(in.ID, "/1/", l.pages), Kind: "backfill", Walk: 1, ObservedAt: noon(), After: in.Progress}
		for range n {
			p.Items = append(p.Items, l.item(in, gap))
		}
		l.items, l.pages = l.items+n, l.pages+1
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if _, err := l.Commit(ctx, in.Lease, p); err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	wg.Wait()
	return failed
}

// item is the next one of a list, a little older than the one before.
func (l *library) item(in *list, gap time.Duration) item.Item {
	in.made++
	in.next = in.next.Add(-gap/2 - time.Duration(l.write.rnd.Int64N(int64(gap))))
	id := fmt.Sprint(in.made)
	it := item.Item{
		ID: id, URL: "https://example.org/" + in.ID + "/" + id, Kind: "repository",
		Title: l.write.text(3), Text: l.write.text(12), Author: item.Author{Name: l.write.text(1)},
		Tags: []string{l.write.text(1), l.write.text(1)}, CreatedAt: noon(), LikedAt: in.next, LikedFrom: item.FromAPI,
	}
	it.Language = []string{"Go", "Go", "Go", "Rust", "Zig"}[l.write.rnd.IntN(5)]
	it.Author.URL = "https://example.org/" + it.Author.Name
	it.Private = l.write.rnd.IntN(50) == 0
	return it
}
