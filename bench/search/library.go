package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
)

// Shape of the library.
const (
	pageSize = 1000 // items of a commit: larger than a service's, to fill quickly
	lists    = 10   // networks of the user me; one more is the user you's
	years    = 10   // over which the likes are spread
	writers  = 4    // pages on their way at once
)

// Noon is the present of the library.
func Noon() time.Time { return noon() }

// noon is the present of everything that is built.
func noon() time.Time { return time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC) }

// library fills a store: ten of eleven items are of the user me, in ten lists of three
// services, the rest of you.
type library struct {
	store.Store
	write *writer
	lists []*list
}

// list is one network and how far it has been read back.
type list struct {
	state.Claimed
	made int
	next time.Time // like time of the next item, going back
}

// Asked are the texts that are asked of the user me.
func Asked() (out []string) {
	for _, q := range queries() {
		if q.user == "me" {
			out = append(out, q.text)
		}
	}
	return out
}

// newLibrary makes the lists of an empty store and claims them.
func newLibrary(ctx context.Context, st store.Store, seed uint64) (*library, error) {
	l := &library{Store: st, write: newWriter(seed)}
	services := []string{"github", "mastodon", "bluesky"}
	want := state.Claim{Mode: state.Initial, Owner: "bench", Now: noon(), Until: noon().Add(time.Hour), N: lists + 1, Services: map[string]int{}}
	for i := range lists + 1 {
		user, service, id := "me", services[i%len(services)], fmt.Sprintf("list%02d", i)
		if i == lists {
			user = "you"
		}
		want.Services[service] = lists + 1
		err := errors.Join(
			st.AddAccount(ctx, state.Account{ID: id, User: user, Provider: service, Name: id, RemoteID: id, CreatedAt: noon()}),
			st.AddNetworks(ctx, []state.Network{{ID: id, AccountID: id, User: user, Service: service, Provider: service, Account: id, RemoteID: id, CreatedAt: noon()}}),
		)
		if err != nil {
			return nil, fmt.Errorf("making the list %s: %w", id, err)
		}
	}
	claimed, err := st.Claim(ctx, want)
	if err == nil && len(claimed) != lists+1 {
		err = fmt.Errorf("%d of %d lists could be claimed", len(claimed), lists+1)
	}
	slices.SortFunc(claimed, func(a, b state.Claimed) int { return cmp.Compare(a.ID, b.ID) }) // a store gives them in its own order
	for i, c := range claimed {
		l.lists = append(l.lists, &list{Claimed: c, next: noon().Add(-time.Duration(i) * time.Minute)})
	}
	return l, err
}

// fill commits pages until there are so many items, or one is refused.
func (l *library) fill(ctx context.Context, items int) error {
	gap := years * 365 * 24 * time.Hour * (lists + 1) / time.Duration(items)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	slots := make(chan struct{}, writers)
	for pages, made := 0, 0; made < items && ctx.Err() == nil; pages++ {
		in := l.lists[pages%len(l.lists)]
		n := min(pageSize, max(items/(2*len(l.lists)), 1), items-made) // of a small library each list has some too
		made += n
		p := state.Page{ID: fmt.Sprint(in.ID, "/1/", pages), Kind: "backfill", Walk: 1, ObservedAt: noon(), After: in.Progress}
		for range n {
			p.Items = append(p.Items, l.item(in, gap))
		}
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if _, err := l.Commit(ctx, in.Lease, p); err != nil {
				stop(fmt.Errorf("page %s: %w", p.ID, err))
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// item is the next one of a list, a little older than the one before.
func (l *library) item(in *list, gap time.Duration) item.Item {
	in.made++
	in.next = in.next.Add(-gap/2 - time.Duration(l.write.rnd.Int64N(int64(gap))))
	id := fmt.Sprint(in.made)
	it := item.Item{
		ID: id, URL: "https://example.org/" + in.ID + "/" + id, Kind: "repository",
		Title: l.write.text(3), Text: l.write.text(12), Author: item.Author{Name: l.write.text(1)},
		Tags: []string{l.write.text(1), l.write.text(1)}, CreatedAt: noon(), LikedAt: in.next.Truncate(time.Millisecond), LikedFrom: item.FromAPI,
	}
	it.Language = []string{"Go", "Go", "Go", "Rust", "Zig"}[l.write.rnd.IntN(5)]
	it.Author.URL = "https://example.org/" + it.Author.Name
	it.Private = l.write.rnd.IntN(50) == 0
	return it
}
