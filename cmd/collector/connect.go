package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"collector/auth"
	"collector/cmd/collector/internal/config"
	"collector/connectors"
	"collector/control"
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
			if most, err = a.parseBudget(in, budget); err != nil {
				return err
			}
			if a.asksHere() { // before anybody is asked for a token; elsewhere other things may be allowed
				if w.Server, err = control.ServerOf(in, w.Server, a.conf.AllowPrivate); err != nil {
					return err
				}
				if err := a.panel(nil).CheckBudget(in, most); err != nil {
					return err
				}
			}
			cred, err := a.findCredential(c.Context(), in, stdin, file)
			if err != nil {
				return err
			}
			ask := control.Connecting{Service: in.Name, Wanted: w, Credential: cred, Budget: most, Look: true}
			said := welcome{app: a, in: in, said: map[string]bool{}}
			ask.Told = said.soFar
			if !a.asksHere() && !c.Flags().Changed("user") {
				ask.User = "" // whose the token for the API is
			}
			return a.onDesk(c.Context(), a.making, func(ctx context.Context, d desk) error {
				got, err := d.Connect(ctx, ask)
				if err != nil {
					return err
				}
				said.all(got)
				return nil
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
