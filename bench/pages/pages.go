// Package pages measures how soon a web page begins to arrive, and how much it is, with so
// many likes in the store: each page is asked for over a real connection, by somebody who is
// signed in as the user with most of the likes. It does the same with a million jobs that
// wait, as the operator, and beside a pool of jobs of which every worker has a call in hand.
package pages

import (
	"context"
	"errors"
	"net/url"

	"collector/bench/figure"
	"collector/bench/search"
)

// The aims: a page begins within so many milliseconds, and has so many bytes compressed.
const (
	beginsAim = 50
	sizeAim   = 60 << 10
)

// opened makes a store with so many likes, or opens one that was kept.
type opened func(ctx context.Context, r figure.Run, items int) (*search.Library, error)

// Measurements are those of this package.
func Measurements() []figure.Measurement { return append(Alone(), OnMongo()...) }

// Alone lists what needs nothing but Go.
func Alone() []figure.Measurement { return on("sqlite", "SQLite", search.OnFile) }

// OnMongo lists what needs a MongoDB server.
func OnMongo() []figure.Measurement { return on("mongo", "MongoDB", search.OnServer) }

func on(kind, title string, open opened) []figure.Measurement {
	one := func(name, what string, do func(context.Context, figure.Run, string, *search.Library) ([]figure.Figure, error), items int) figure.Measurement {
		name = "pages/" + kind + "/" + name
		return figure.Measurement{Name: name, What: what, Do: func(ctx context.Context, r figure.Run) (out []figure.Figure, err error) {
			l, err := open(ctx, r, items)
			if err != nil {
				return nil, err
			}
			defer func() { err = errors.Join(err, l.Close()) }()
			return do(ctx, r, name, l)
		}}
	}
	beside := one("beside", "the same with 100,000 likes while every worker of the pool of jobs waits for a webhook, against while none does", besidePool, 100_000)
	do := beside.Do
	beside.Do = func(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
		r.Keep = "" // it stores more
		return do(ctx, r)
	}
	return []figure.Measurement{
		one("100k", "how soon each web page begins to arrive with 100,000 likes on "+title+", and how large it is", ofLikes, 100_000),
		one("1M", "the same with 1,000,000 likes", ofLikes, 1_000_000),
		one("jobs", "the same of the page of workers with 1,000,000 jobs: each filter, texts that stand in few or none, and what is asked before all that match are changed", ofJobs, 100_000),
		beside,
	}
}

// ofLikes measures the pages of one user, each kind by itself.
func ofLikes(ctx context.Context, r figure.Run, name string, l *search.Library) (out []figure.Figure, err error) {
	server, err := serve(l.Store, visitor, nil)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	a := &asking{to: server.URL, log: r.Log, cpu: l.CPU}
	return a.measure(ctx, r, name, likePages())
}

// likePages are addresses by the kind of page.
func likePages() map[string][]request {
	pages := map[string][]request{
		"likes": {{path: "/"}}, "accounts": {{path: "/accounts"}}, "list": {{path: "/accounts/github/list00"}},
		"activity": {{path: "/activity"}}, "settings": {{path: "/settings"}}, "connect": {{path: "/connect"}},
	}
	for _, text := range search.Asked() {
		pages["search"] = append(pages["search"], request{path: "/?" + url.Values{"q": {text}}.Encode()})
	}
	return pages
}
