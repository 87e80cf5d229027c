package pages

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"collector/bench/search"
	"collector/connectors"
	"collector/connectors/all"
	"collector/control"
	"collector/grant"
	"collector/queue"
	"collector/store"
	"collector/web"
	"collector/web/site"
)

// visitor is who looks: somebody who is signed in and sees what is his.
func visitor(*http.Request) (grant.Who, error) {
	return grant.Who{User: "me", Kind: grant.Session, ID: "s", Scopes: []grant.Scope{grant.Read, grant.Write, grant.Feeds}}, nil
}

// operator is who sees the work of all.
func operator(*http.Request) (grant.Who, error) {
	return grant.Who{Kind: grant.Session, ID: "o", Scopes: []grant.Scope{grant.Read, grant.Write, grant.Feeds, grant.Admin}}, nil
}

// serve are the pages over a store, and over jobs where there are any.
func serve(st store.Store, who web.Identify, jobs []queue.Store) (*httptest.Server, error) {
	log := slog.New(slog.DiscardHandler)
	h, err := site.New(site.Config{
		Panel: &control.Panel{
			Store: st, Connectors: all.Connectors(),
			Polls:  func(string) (time.Duration, time.Duration) { return time.Minute, time.Hour },
			Budget: func(connectors.Info) (int, string) { return 0, "" },
		},
		Grants: grant.New(grant.NewMemory(), log), Identify: who,
		Secure: func(*http.Request) bool { return false }, From: func(*http.Request) netip.Addr { return netip.Addr{} },
		Now: search.Noon, Version: "bench", Log: log,
		Work: site.Work{Jobs: func(_ context.Context, _ bool, fn func([]queue.Store) error) error { return fn(jobs) }},
	})
	if err != nil {
		return nil, err
	}
	return httptest.NewServer(web.Wrap(web.Config{Handler: h, Log: log, Now: time.Now})), nil
}
