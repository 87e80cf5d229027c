package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"collector/control"
	"collector/feed"
	"collector/grant"
	"collector/store"
	"collector/web"
)

// door is by whom and how a daemon is reached over HTTP.
type door struct {
	grants  *grant.Service
	proxies web.Proxies
	open    bool // nobody has to sign in
	now     func() time.Time
	close   func() error
}

// openDoor opens the grants of a store.
func (a *app) openDoor(ctx context.Context, st store.Store, log *slog.Logger) (*door, error) {
	proxies, err := web.ParseProxies(a.conf.Proxies)
	if err != nil {
		return nil, err
	}
	kept, err := grantsOf(ctx, st)
	if err != nil {
		return nil, err
	}
	grants, err := kept.make(ctx)
	if err != nil {
		return nil, errors.Join(err, kept.close())
	}
	return &door{grants: grant.New(grants, log), proxies: proxies, open: a.conf.NoAuth, now: a.now, close: kept.close}, nil
}

// identify is nil where nobody has to sign in.
func (d *door) identify() web.Identify {
	if d.open {
		return nil
	}
	return func(r *http.Request) (grant.Who, error) {
		who, err := d.grants.Of(r, d.now(), d.proxies.From(r), d.proxies.Secure(r))
		return who, refusal(err)
	}
}

// refusal is what an error of a grant means to who asks. Who shows nothing and who shows
// what is not good any more learn the same.
func refusal(err error) error {
	switch {
	case errors.Is(err, grant.ErrNone), errors.Is(err, grant.ErrVoid):
		return web.ErrSignIn
	case errors.Is(err, grant.ErrTooMany):
		return &control.Problem{Kind: control.Busy, Reason: err.Error(), Whose: "you", Next: "wait a minute, then show a token that is good", Err: err}
	}
	return err
}

// feedOf says what the address of a feed allows.
func (d *door) feedOf(r *http.Request, token string) (feed.Grant, bool, error) {
	who, err := d.grants.Who(r.Context(), d.now(), d.proxies.From(r), grant.Feed, token)
	if errors.Is(err, grant.ErrVoid) {
		return feed.Grant{}, false, nil
	}
	return feed.Grant{User: who.User, Query: who.Search, Private: who.Private}, err == nil, err
}

// link is a link by which the person at the terminal signs in.
func (d *door) link(ctx context.Context, base string) (string, error) {
	secret, _, err := d.grants.Make(ctx, d.now(), grant.Operator(), grant.Ask{Kind: grant.Login, Scopes: grant.Scopes()})
	if err != nil {
		return "", err
	}
	return grant.LoginAddress(base, secret), nil
}
