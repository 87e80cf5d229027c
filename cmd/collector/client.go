package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/control"
	"collector/executor"
	"collector/fetch"
	"collector/limit"
	"collector/state"
	"collector/store"
)

// client is what calls to services need, over one store.
type client struct {
	ledger *limit.Ledger
	ring   *auth.Keyring
	keeper *auth.Keeper
	fetch  *fetch.Client
	log    *slog.Logger
}

// newClient opens the secret key and makes the ledger, the keeper of
// credentials and the HTTP client. transport is nil but in the demo.
func (a *app) newClient(ctx context.Context, st store.Store, owner string, transport http.RoundTripper) (*client, error) {
	ring, err := a.keyring(ctx, st)
	if err != nil {
		return nil, err
	}
	c := &client{
		ring:   ring,
		ledger: limit.New(a.past.Store(a.watched.quotas(st)), owner, a.now).Within(a.conf.Lease),
		keeper: auth.NewKeeper(st, ring, auth.Providers(), owner, a.now),
	}
	a.scrubber = c.keeper.Scrubber()
	c.log = a.logger()
	base, budgets := map[string]*url.URL{}, map[string]int{}
	for name, p := range a.conf.Providers {
		if p.Budget != "" {
			if budgets[name], err = p.Mills(); err != nil {
				return nil, fmt.Errorf("reading the budget of %s: %w", name, err)
			}
		}
		if p.URL == "" {
			continue
		}
		if base[name], err = url.Parse(p.URL); err != nil {
			return nil, fmt.Errorf("reading the address of %s: %w", name, err)
		}
	}
	c.fetch, err = fetch.New(fetch.Config{
		Version: version, Now: a.now, Ledger: c.ledger, Keeper: c.keeper, Log: c.log,
		Base: base, Budgets: budgets, Sent: a.sent(), AllowPrivate: a.conf.AllowPrivate, Own: a.own(), Transport: transport,
	})
	if err != nil {
		return nil, you(exitConfig, "collector config show", "%w", err)
	}
	return c, nil
}

// whose asks the service whose credential this is. It also returns the
// credential as it is to be stored: a sign-in may have made tokens of it.
func (c *client) whose(ctx context.Context, conn connectors.Connector, w control.Wanted, cred auth.Credential) (connectors.Identity, auth.Credential, error) {
	id, err := executor.Identify(ctx, c.trial(&cred), conn, trialNetwork(conn.Info(), w, connectors.Identity{}))
	if id.Scopes == nil { // the answer that gave a token may have said it
		id.Scopes = cred.Scopes
	}
	return id, cred, err
}

// glimpse reads the first page, to tell how much there is; nothing is stored.
func (c *client) glimpse(ctx context.Context, conn connectors.Connector, w control.Wanted, id connectors.Identity, cred *auth.Credential) (connectors.Page, error) {
	return executor.Preview(ctx, c.trial(cred), conn, trialNetwork(conn.Info(), w, id))
}

// reach is how pages, the API and commands connect; c is nil where nothing is connected.
func (a *app) reach(c *client) control.Reach {
	if c == nil {
		return control.Reach{}
	}
	return control.Reach{
		Whose: c.whose, Keep: c.keeper.Put, First: c.glimpse, Private: a.conf.AllowPrivate,
		Allow: func(ctx context.Context, in connectors.Info, mills int) error { return a.allow(ctx, c, in, mills) },
	}
}

// trial makes calls that sign with a credential which is not stored yet.
func (c *client) trial(cred *auth.Credential) func(context.Context, fetch.Call) (connectors.Reply, error) {
	return func(ctx context.Context, call fetch.Call) (connectors.Reply, error) {
		call.Trial = cred
		return c.fetch.Do(ctx, call)
	}
}

// trialNetwork is a network that is not stored (yet).
func trialNetwork(in connectors.Info, w control.Wanted, id connectors.Identity) state.Network {
	name := w.Name
	if name == "" {
		name = id.Name
	}
	return state.Network{
		User: w.User, Service: in.Name, Provider: in.Provider, Server: w.Server, Params: w.Params,
		Account: name, RemoteID: id.ID, Progress: state.Progress{Mode: state.Initial},
	}
}

// newOwner is the id of this instance: host, process and chance, so that no two
// lives of one process share it.
func (a *app) newOwner() string {
	chance := make([]byte, 4)
	rand.Read(chance) // never fails: it ends the program where the system has no randomness
	host := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, a.host)
	return fmt.Sprintf("%s-%d-%x", host, os.Getpid(), chance)
}

// close waits until met limits are stored, and then for refreshes under way, so that
// no new token is lost, and ends idle connections.
func (c *client) close(ctx context.Context, grace time.Duration) {
	c.fetch.Settled()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(grace, time.Second))
	defer cancel()
	if err := c.keeper.Wait(ctx); err != nil {
		c.log.Warn("ended before a sign-in was renewed", "err", err)
	}
	c.fetch.Close()
	if err := c.ledger.Close(ctx); err != nil {
		c.log.Warn("what is left of the quotas is free only when it runs out", "err", err)
	}
}
