package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"collector/auth"
	"collector/cmd/collector/internal/config"
	"collector/connectors"
	"collector/control"
	"collector/fault"
	"collector/state"
	"collector/store"
)

// connectCommand adds a network, or signs an account in again.
func (a *app) connectCommand() *cobra.Command {
	var w control.Wanted
	var most *int // what a month may cost, in connectors.Mills; nil: as before
	var stdin bool
	var file string
	var params []string
	var budget string
	c := &cobra.Command{
		Use:   "connect <service>",
		Short: "collect a service, or sign an account in again",
		Long: `Asks the service whose token it is, stores it sealed, and makes the network due.
Run it again with a new token when an account needs you; a token of another person
is refused then.

The token is read from standard input (--token-stdin), from a file (--token-file),
from COLLECTOR_<PROVIDER>_TOKEN or COLLECTOR_<PROVIDER>_TOKEN_FILE, or asked for at
a terminal. It is the bare token, or a JSON object:

  {"access":"…","refresh":"…","expiresAt":"2027-01-31T00:00:00Z","clientId":"…","clientSecret":"…"}
  {"identifier":"handle","appPassword":"…"}                              (bluesky)`,
		Example: `  collector connect github
  collector connect mastodon --server https://social.example --token-stdin < token
  COLLECTOR_GITHUB_TOKEN_FILE=/run/secrets/github collector connect github --no-input`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return you(exitUsage, "collector connectors   lists all services", "`%s` needs the name of a service", c.CommandPath())
			}
			return arguments(1, 1, "one service")(c, args)
		},
		RunE: a.command(func(c *cobra.Command, args []string) error {
			conn, err := a.service(args[0])
			if err != nil {
				return err
			}
			in := conn.Info()
			if err := control.CheckWho(w.User, w.Name); err != nil {
				return err
			}
			if w.Params, err = parseParams(in, params); err != nil {
				return err
			}
			if w.Server, err = control.ServerOf(in, w.Server, a.conf.AllowPrivate); err != nil {
				return err
			}
			if most, err = a.parseBudget(in, budget); err != nil {
				return err
			}
			cred, err := a.findCredential(c.Context(), in, stdin, file)
			if err != nil {
				return err
			}
			return a.withNewStore(c.Context(), "", func(ctx context.Context, st store.Store) error {
				if a.simulated {
					return simulatedStore(st)
				}
				if err := a.connect(ctx, st, conn, w, cred, most); err != nil {
					return err
				}
				return a.here(ctx, st, w.User)
			})
		}),
	}
	c.Flags().BoolVar(&stdin, "token-stdin", false, "read the token from standard input")
	c.Flags().StringVar(&file, "token-file", "", "read the token from a file")
	c.Flags().StringVar(&w.User, "user", "me", "whose account it is")
	c.Flags().StringVar(&w.Server, "server", "", "the account's own server, where the service has many")
	c.Flags().StringVar(&w.Name, "name", "", "name of the account; without it the service names it")
	c.Flags().StringArrayVar(&params, "param", nil, "a setting of the service, k=v; collector connectors <service> lists them")
	c.Flags().StringVar(&budget, "budget", "", "what a month may cost, in US dollars, where the service charges; for all its accounts together")
	c.MarkFlagsMutuallyExclusive("token-stdin", "token-file")
	return c
}

// findCredential takes the credential from where it was put.
func (a *app) findCredential(ctx context.Context, in connectors.Info, stdin bool, file string) (auth.Credential, error) {
	name := config.Prefix + strings.ToUpper(strings.ReplaceAll(in.Provider, "-", "_")) + "_TOKEN"
	switch {
	case stdin:
		return readToken(a.in, "standard input")
	case file != "":
		return readTokenFile(file)
	case a.getenv(name) != "":
		return credential(a.getenv(name), "$"+name)
	case a.getenv(name+"_FILE") != "":
		return readTokenFile(a.getenv(name + "_FILE"))
	case !a.interactive():
		return auth.Credential{}, you(exitUsage, fmt.Sprintf("collector connect %s --token-stdin < FILE, or set %s", in.Name, name), "no token was given, and there is no terminal to ask at")
	}
	offered := strings.ToUpper(strings.ReplaceAll(in.Provider, "-", "_")) + "_TOKEN"
	if a.getenv(offered) == "" {
		offered = ""
	}
	return a.askCredential(ctx, in, offered)
}

// connect asks whose credential it is and saves what follows from that.
func (a *app) connect(ctx context.Context, st store.Store, conn connectors.Connector, w control.Wanted, cred auth.Credential, budget *int) error {
	in := conn.Info()
	c, err := a.newClient(ctx, st, a.newOwner(), nil)
	if err != nil {
		return err
	}
	defer c.close(ctx, a.conf.Grace)
	id, cred, err := c.whose(ctx, conn, w, cred)
	if err != nil {
		if k := fault.KindOf(err); (k != fault.Forbidden && k != fault.Gone) || w.Name == "" {
			return a.refused(in, w, err)
		}
		a.say("! %s does not say whose token this is (%s); %s stands for the account until it does", in.Title, fault.As(err).Reason, w.Name)
		id = connectors.Identity{}
	}
	acc, known, err := a.panel(st).Whose(ctx, in, w, id)
	if other, ok := errors.AsType[*control.NotTheirs](err); ok {
		return a.otherPerson(in, w, other.Err)
	}
	if err != nil {
		return err
	}
	if id.ID != "" {
		a.say("%s token accepted: %s", a.tick(), line(id.Name))
	}
	if known && w.Name != "" && w.Name != acc.Name {
		a.say("! %s is connected already as %s, and keeps that name", line(id.Name), line(acc.Name))
	}
	if budget != nil { // before anything is read that costs money
		if err := a.allow(ctx, c, in, *budget); err != nil {
			return err
		}
	}
	a.estimate(ctx, c, st, conn, w, id, &cred) // may renew the tokens, so before they are saved
	keep := func(ctx context.Context, account string) error { return c.keeper.Put(ctx, account, cred) }
	got, err := a.panel(st).Connect(ctx, in, w, id, acc, known, keep, a.now())
	if err != nil {
		return err
	}
	a.welcome(conn, got.Network, id, got.Again)
	if got.Imported > 0 {
		a.say("  it goes on with %s that were imported", many(got.Imported, "item", "items"))
	}
	return a.whoWorks(ctx, st)
}

// refused words what is to be done about a token that was not accepted.
func (a *app) refused(in connectors.Info, w control.Wanted, err error) error {
	f := fault.As(err)
	if f == nil {
		return err
	}
	p := fromFault(f)
	if f.Kind == fault.Unauthorized {
		p.reason = "the token was not accepted: " + p.reason
		p.next = in.Connect
	}
	if f.Kind == fault.Forbidden || f.Kind == fault.Gone {
		p.next = fmt.Sprintf("grant the permission (collector connectors %s lists what is needed), or say who it is with --name", in.Name)
	}
	if f.Kind == fault.Temporary {
		p.next = "check the network and the address, then run it again"
	}
	p.reason += "; nothing was saved"
	return p
}

func (a *app) otherPerson(in connectors.Info, w control.Wanted, err error) error {
	p := problemOf(err)
	if errors.Is(err, state.ErrOtherPerson) {
		p = &problem{
			code: exitPermanent, reason: p.reason, whose: "you", err: err,
			next: fmt.Sprintf("collector connect %s without --name %s", in.Name, w.Name),
		}
	}
	p.reason += "; nothing was changed"
	return p
}
