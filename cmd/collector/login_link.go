package main

import (
	"context"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/grant"
	"collector/store"
)

// loginView is a login link as `login-link --json` prints it.
type loginView struct {
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
	User    string    `json:"user"`
	Scopes  []string  `json:"scopes"`
}

// loginLinkCommand prints a link that signs a browser in, once.
func (a *app) loginLinkCommand() *cobra.Command {
	var user, address string
	var readOnly, asJSON bool
	c := &cobra.Command{
		Use: "login-link", Short: "print a link that signs a browser in, once, within ten minutes",
		Long: `Prints a link to the pages of a running collector. It is good once and for ten
minutes, and becomes a session of the browser that opens it: for 30 days, or until it
was not used for 7. There is no password; who can run this command may sign in.

Without --user the link is the owner's: all users, and what belongs to the
installation. With --user it is for the likes of that user alone. With --read-only
whoever has it can look and search, and change nothing.

It leads to where this machine reaches COLLECTOR_LISTEN. Where browsers come another
way, as over a proxy with a name, --address says which.`,
		Example: `  collector login-link
  collector login-link --user anna --read-only
  collector login-link --address https://likes.example`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("address") {
				at, ok := reachable(a.conf.Listen)
				if !ok { // off, or a port that the system chooses
					return you(exitUsage, "collector login-link --address=http://127.0.0.1:8765", "COLLECTOR_LISTEN=%s does not say where the pages are", plain(a.conf.Listen))
				}
				address = "http://" + at
			}
			base, err := url.Parse(address)
			if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" {
				return you(exitUsage, "--address=http://127.0.0.1:8765", "--address=%s is not the address of pages", plain(address))
			}
			if c.Flags().Changed("user") && user == "" { // as of a variable that is not set: a link of the owner was not meant
				return you(exitUsage, "collector login-link --user NAME", "--user names nobody")
			}
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				return atStore{a, st}.grants(ctx, true, func(g *grant.Service) error {
					secret, r, err := g.Make(ctx, a.now(), grant.Operator(), grant.Ask{Kind: grant.Login, User: user, Scopes: grant.SignInScopes(user, readOnly)})
					if err != nil {
						return err
					}
					link := grant.LoginAddress(address, secret)
					if asJSON {
						return newJSONOut(a.out, false).write(loginView{URL: link, Expires: *stamp(r.ExpiresAt), User: user, Scopes: control.ScopeNames(r.Scopes)})
					}
					a.printf("%s\n", link)
					a.say("Open it in a browser before %s: it works once.", r.ExpiresAt.Local().Format("15:04"))
					return nil
				})
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "only for the likes of this user")
	c.Flags().BoolVar(&readOnly, "read-only", false, "only to look and search")
	c.Flags().StringVar(&address, "address", "", "how the browser reaches the pages (default: where this machine reaches COLLECTOR_LISTEN)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
