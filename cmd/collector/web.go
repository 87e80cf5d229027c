package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"collector/cmd/collector/internal/config"
	"collector/control"
	"collector/deliver/webhook"
	"collector/feed"
	"collector/store"
	"collector/web"
	"collector/web/api"
)

// stopWeb is how long requests in hand may go on at a stop; the rest of the daemon begins
// to stop after that.
const stopWeb = time.Second

// offerWeb opens the listener and serves until ctx is done. The context that it returns is
// done once nobody reaches the daemon any more, so that all else stops after the web;
// end does the same where the daemon ends by itself. A daemon that makes one pass listens
// nowhere, and of the demo of a cluster one instance does.
func (a *app) offerWeb(ctx context.Context, st store.Store, how collecting, cl *client, log *slog.Logger) (after context.Context, end func(), err error) {
	if how.once || how.transport != nil && how.shown == nil || a.conf.Listen == web.Off {
		return ctx, func() {}, nil
	}
	d, err := a.openDoor(ctx, st, log)
	if err != nil {
		return ctx, func() {}, err
	}
	server, err := a.listenWeb(ctx, st, d, cl, log)
	if err != nil {
		return ctx, func() {}, errors.Join(err, d.close())
	}
	server.Serve()
	if at := server.Addresses(); len(at) > 0 {
		log.Info("listening", "addresses", at)
		if how.shown != nil {
			a.letIn(ctx, d, at, how.shown, log)
		} else if _, is := terminal(a.err); is {
			a.letIn(ctx, d, at, a.say, log)
		}
	} else {
		log.Warn("this collector is reached nowhere over HTTP: another one has the address and the socket, or neither can be had")
	}
	after, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	ended, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
		case <-ended:
		}
		bound, done := context.WithTimeout(context.WithoutCancel(ctx), min(a.conf.Grace, stopWeb))
		defer done()
		server.Stop(bound)
		cancel(context.Cause(ctx))
		if err := d.close(); err != nil {
			log.Warn("what lets people in was not closed", "err", err)
		}
	}()
	return after, func() {
		close(ended)
		<-stopped
	}, nil
}

// listenWeb opens what is configured. Where nobody named an address and the usual one
// cannot be had, mostly since a second collector has it, there is the socket alone.
func (a *app) listenWeb(ctx context.Context, st store.Store, d *door, cl *client, log *slog.Logger) (*web.Server, error) {
	routes, err := a.routes(st, d, cl, log)
	if err != nil {
		return nil, err
	}
	c := web.Config{
		Address: a.conf.Listen, Socket: a.socket(), Names: a.conf.ListenNames, SignIn: !a.conf.NoAuth, Handler: routes,
		Log: log, Now: a.now, Times: web.DefaultTimes(),
	}
	server, err := web.Listen(ctx, c)
	if err != nil && a.conf.Origin("listen") == config.FromDefault {
		log.Warn("the usual address cannot be had, so there is the socket alone; --listen names another address", "address", c.Address, "err", err)
		c.Address = web.Off
		server, err = web.Listen(ctx, c)
	}
	if p, ok := errors.AsType[*control.Problem](err); ok {
		return nil, you(exitConfig, p.Next, "%w", p)
	}
	if err != nil {
		return nil, you(exitConfig, "name another address with --listen, end the program that has this one, or turn it off with --listen=off", "%w", err)
	}
	return server, nil
}

// routes is all that is offered over HTTP.
func (a *app) routes(st store.Store, d *door, cl *client, log *slog.Logger) (http.Handler, error) {
	known := a.settings() // it stays as it is, and reading it is not for several at a time
	settings := func() []control.Setting { return known }
	var post webhook.Post
	if cl != nil {
		post = cl.fetch.Post
	}
	folder := "" // of the system's for what passes: an image has none, and keeps its store in one that can be written
	if path := a.database(); path != "" {
		folder = filepath.Dir(path)
	}
	panel := a.panel(st)
	copies := web.NewCopies(panel, folder, a.now)
	offered, err := api.New(api.Config{
		Panel: panel, Grants: d.grants, Post: post, Settings: settings, Now: a.now, Version: version, Clean: a.scrub,
		SignIn: a.reach(cl), Folder: folder, Copies: copies, TestNotify: a.testNotify,
	})
	if err != nil {
		return nil, err
	}
	pages, err := a.pages(st, d, cl, offered, post, copies, settings, log)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(api.Path, web.Known(d.identify(), offered))
	mux.Handle(feed.Path, feed.New(feed.Config{Grant: d.feedOf, Search: a.newest(st), Simulated: a.simulated, Now: a.now, Log: log}))
	a.watched.offer(mux, d.identify())
	mux.Handle("/", pages)
	return web.Route(mux), nil
}

// settings is the configuration as config show tells it.
func (a *app) settings() (out []control.Setting) {
	for k, value := range a.conf.Values() {
		v := control.Setting{Key: k.Name, Value: value, Origin: string(a.conf.Origin(k.Name)), Variable: k.Env, Doc: k.Doc, Loses: a.conf.Disagreement(k.Name)}
		if a.conf.Origin(k.Name) == config.FromFile {
			v.File = a.conf.File
		}
		out = append(out, v)
	}
	return out
}

// socket is the path of the Unix socket: beside an SQLite store, else in the folder that
// the system keeps for what runs of this user; "" where there is none.
func (a *app) socket() string {
	if path := a.database(); path != "" {
		return path + ".sock"
	}
	folder := a.getenv("XDG_RUNTIME_DIR")
	if folder == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(a.conf.Store)) // one for each store
	return filepath.Join(folder, "collector-"+hex.EncodeToString(sum[:6])+".sock")
}

// newest returns the likes of a question, for feeds.
func (a *app) newest(st store.Store) func(context.Context, store.Query) ([]store.Liked, error) {
	return func(ctx context.Context, q store.Query) ([]store.Liked, error) {
		r, err := st.Search(ctx, q)
		return r.Items, err
	}
}

// letIn shows who started a collector how to get in.
func (a *app) letIn(ctx context.Context, d *door, addresses []string, say func(format string, args ...any), log *slog.Logger) {
	if d.open {
		return
	}
	for _, at := range addresses {
		if !strings.HasPrefix(at, "http://") {
			continue
		}
		link, err := d.link(ctx, nearby(at))
		if err != nil {
			log.Warn("there is no link to sign in with: collector login-link makes one", "err", err)
			return
		}
		say("Web pages: %s   (signs in once, within 10 minutes)", link)
		return
	}
}

// nearby is an address as the browser of this machine takes it: one that stands for all
// addresses of the machine leads nowhere on some systems.
func nearby(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.IsUnspecified() {
		u.Host = net.JoinHostPort("localhost", u.Port())
	}
	return u.String()
}
