package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/auth"
	"collector/cmd/collector/internal/config"
	"collector/store"
	"collector/web/remote"
)

// overAPI are the commands that also work at a collector that runs, asksNobody those that do the
// same whomever the others ask, and staysHere those that work where the store is alone, each
// with the reason. Every command is in one of them.
var (
	overAPI = []string{
		"accounts import", "accounts list", "accounts pause", "accounts remove", "accounts resume", "backup", "changes",
		"cluster leader", "cluster members", "cluster status", "config show", "connect", "connectors", "drain", "explain", "export", "import",
		"jobs counts", "jobs list", "jobs remove", "jobs retry", "jobs show", "notify test",
		"push karakeep", "push linkding",
		"queue list", "queue pause", "queue peek", "queue remove", "queue requeue", "queue resume",
		"search", "searches list", "searches remove", "searches save", "sonify", "status", "sync",
		"tokens add", "tokens list", "tokens revoke", "top", "topics", "users clean", "users purge", "users seen",
		"webhooks add", "webhooks list", "webhooks pause", "webhooks remove", "webhooks replay", "webhooks resume", "webhooks rotate", "webhooks test",
		"workers", "workers quiet", "workers resume", "workers stop",
	}
	asksNobody = map[string]string{
		"config check":  "it looks at the configuration here",
		"config sample": "it asks for nothing but what this program knows",
		"version":       "it tells of the program here",
	}
	staysHere = map[string]string{
		"":                   "it is the collector that runs",
		"demo":               "it is a collector of its own, with made-up people",
		"healthcheck":        "it looks at what a collector here wrote, so that it also tells of one that answers nobody",
		"login-link":         "the link signs in as whoever may open the store; over an address a person at a browser makes one, under Settings, and a program lets in nobody",
		"migrate":            "it moves the store, and no collector may run meanwhile",
		"migrate likeastore": "it reads another database from here",
		"record":             "it writes down what services answer, for those who work on this program",
		"restore":            "it takes the place of the store, and no collector may run meanwhile",
		"rotate-key":         "it needs the old key and the new one, which lie here",
	}
)

// mayAsk refuses a command that works on a store itself where another collector is to be
// asked: what it did would be done to another store than was meant.
func (a *app) mayAsk(c *cobra.Command) error {
	name := strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), c.Root().Name()), " ")
	why, stays := staysHere[name]
	if a.asksHere() || !stays {
		return nil
	}
	return you(exitUsage, "run it where the store is, without --api and COLLECTOR_API (or with --api=off)", "`%s` works on the store itself, not at a collector that runs: %s", c.CommandPath(), why)
}

// asksHere says whether commands use the store here, as long as they can.
func (a *app) asksHere() bool {
	return a.conf.API.API == config.APIAuto || a.conf.API.API == config.APIOff
}

// opening is one of the ways to open a store.
type opening func(context.Context, func(context.Context, store.Store) error) error

// using is withUsedStore of a user.
func (a *app) using(user string) opening {
	return func(ctx context.Context, fn func(context.Context, store.Store) error) error {
		return a.withUsedStore(ctx, user, fn)
	}
}

// onDesk runs fn where it is to be asked: over the store, or at a collector that runs. With auto
// that is the store, unless it cannot be used from here and a collector of it answers on its
// socket.
func (a *app) onDesk(ctx context.Context, open opening, fn func(context.Context, desk) error) error {
	if !a.asksHere() {
		return a.elsewhere(ctx, func(ctx context.Context, c *remote.Client) error { return fn(ctx, atCollector{c}) })
	}
	socket := a.socket()
	if a.conf.API.API == config.APIAuto && strings.HasPrefix(a.conf.Store, "memory:") && answersAt(ctx, socket) {
		return a.overSocket(ctx, "what it has is in its memory", fn)
	}
	opened := false
	err := open(ctx, func(ctx context.Context, st store.Store) error {
		opened = true
		return fn(ctx, atStore{a, st})
	})
	if opened || a.conf.API.API == config.APIOff || !unusable(err) || !answersAt(ctx, socket) {
		return err
	}
	asked := false
	told := a.overSocket(ctx, problemOf(err).reason, func(ctx context.Context, d desk) error {
		asked = true
		return fn(ctx, d)
	})
	if !asked { // it cannot be asked either: what failed first counts
		return err
	}
	return told
}

// unusable says whether a store cannot be opened from here although a collector may have it open.
func unusable(err error) bool {
	return slices.ContainsFunc([]error{store.ErrReadOnly, store.ErrInUse, store.ErrNewer, fs.ErrPermission}, func(is error) bool { return errors.Is(err, is) })
}

// answersAt says whether somebody listens on a socket.
func answersAt(ctx context.Context, socket string) bool {
	if socket == "" {
		return false
	}
	c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", socket)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// overSocket asks the collector that runs here, and says so, since nobody asked for it.
func (a *app) overSocket(ctx context.Context, why string, fn func(context.Context, desk) error) error {
	at := remote.AtSocket(a.socket())
	a.say("asking the collector that runs, over %s: %s", plain(at.String()), plain(why))
	return a.overHTTP(ctx, at, func(ctx context.Context, c *remote.Client) error { return fn(ctx, atCollector{c}) })
}

// elsewhere runs fn at the collector that the configuration names.
func (a *app) elsewhere(ctx context.Context, fn func(context.Context, *remote.Client) error) error {
	at, err := a.address()
	if err != nil {
		return err
	}
	return a.overHTTP(ctx, at, fn)
}

// address is where the configuration says that a collector is to be asked.
func (a *app) address() (remote.Address, error) {
	text := a.conf.API.API
	if text == config.APISocket {
		if text = a.socket(); text == "" {
			return remote.Address{}, you(exitConfig, "name it: --api=unix:PATH", "a collector of this store has no socket here: XDG_RUNTIME_DIR is not set")
		}
		return remote.AtSocket(text), nil
	}
	return remote.ParseAddress(text)
}

// overHTTP runs fn at a collector that runs.
func (a *app) overHTTP(ctx context.Context, at remote.Address, fn func(context.Context, *remote.Client) error) error {
	var token auth.Secret
	if at.Socket == "" { // over a socket none is sent
		var err error
		if token, err = a.apiToken(); err != nil {
			return err
		}
	}
	c := remote.New(at, token)
	defer c.Close()
	c.Tell(a.sayRead("like", "likes"))
	about, err := c.Greet(ctx)
	if err != nil {
		return err
	}
	if about.Version != version {
		a.say("warning: the collector at %s is version %s, and this command %s: what it does not know is left out", plain(at.String()), line(about.Version), version)
	}
	a.simulated = about.Simulated
	return fn(ctx, c)
}

// apiToken is the token for a collector at an address.
func (a *app) apiToken() (auth.Secret, error) {
	path := a.conf.API.APITokenFile
	if path == "" {
		return a.conf.API.APIToken.Secret, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return auth.Secret{}, you(exitConfig, "mend COLLECTOR_API_TOKEN_FILE", "reading the token for the API: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4<<10))
	token := strings.TrimSpace(string(text))
	if err == nil && (token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })) {
		err = fmt.Errorf("%s holds no token", path)
	}
	if err != nil {
		return auth.Secret{}, you(exitConfig, "mend COLLECTOR_API_TOKEN_FILE", "reading the token for the API: %w", err)
	}
	return auth.NewSecret(token), nil
}
