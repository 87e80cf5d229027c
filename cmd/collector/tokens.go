package main

import (
	"context"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/control"
	feeds "collector/feed"
	"collector/grant"
	"collector/search"
)

// tokensCommand manages who is let in beside those who have the machine.
func (a *app) tokensCommand() *cobra.Command {
	c := a.group(&cobra.Command{
		Use: "tokens", Short: "let programs and feed readers in, see who is let in, and revoke it",
		Long: `A token lets a program of yours use the HTTP API: it is sent as
"Authorization: Bearer TOKEN", may do what its scopes say, and ends by itself. A feed
is an address that shows one search of one user. Both are shown once, when they are
made; what is kept of them lets nobody in.`,
	})
	c.AddCommand(a.tokensList(), a.tokensAdd(), a.tokensRevoke())
	return c
}

func (a *app) tokensList() *cobra.Command {
	var user string
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "list tokens, feeds, sessions, and login links that nobody has used yet", Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				views, err := d.Grants(ctx, user)
				if err != nil {
					return err
				}
				if asJSON {
					return writeLines(a.out, views)
				}
				a.drawTokens(views)
				return nil
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "only this user's")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func (a *app) drawTokens(views []tokenView) {
	if len(views) == 0 {
		a.printf("No tokens, feeds or sessions. Next:\n  collector tokens add NAME   lets a program in\n  collector login-link        lets a browser in\n")
		return
	}
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"ID", "KIND", "USER", "NAME", "MAY", "LAST USED", "ENDS"})
	for _, v := range views {
		user, ends := line(v.User), "never"
		if user == "" {
			user = "(all)"
		}
		if v.Expires != nil {
			ends = until(*v.Expires, a.now())
		}
		may := line(strings.Join(v.Scopes, ","))
		if v.Kind == string(grant.Feed) {
			may = strings.TrimSpace("show " + short(line(v.Search), 40))
		}
		t.AppendRow(table.Row{line(v.ID), line(v.Kind), user, short(line(v.Name), 40), may, ago(deref(v.Used), a.now()), ends})
	}
	a.printTable(t)
}

func (a *app) tokensAdd() *cobra.Command {
	var user, scopes, feed string
	var all, private, asJSON bool
	var good time.Duration
	c := &cobra.Command{
		Use: "add <name>", Short: "make a token for a program, or a feed, and print it this once",
		Long: `Makes a token for a program of yours and prints it. It is shown this once: lost, it
is revoked and another one made. Scopes, none of which implies another:

  read      see what was collected, and how it goes
  write     change what is collected: connect, sync, pause, import, remove
  feeds     revoke feeds, and with read make them
  metrics   figures of the installation (/metrics), which name nothing that anybody likes
  admin     what belongs to the installation: configuration, jobs, queues, users

A token makes no other token and signs nobody in. metrics and admin are about the whole
installation and take --all-users. With --feed it is the token of a feed instead: it
shows one search of one user and does nothing else, since addresses of feeds are passed
on and written down.`,
		Example: `  collector tokens add backup-script
  collector tokens add phone --scopes read,write --for 720h
  collector tokens add prometheus --all-users --scopes metrics
  collector tokens add reader --feed 'in:github lang:go'`,
		Args: arguments(1, 1, "one name"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			f := c.Flags()
			switch {
			case args[0] == "": // as of a variable that is not set
				return you(exitUsage, "collector tokens add NAME", "it has no name")
			case all && f.Changed("user"):
				return you(exitUsage, "collector tokens add --help", "--all-users and --user are two things")
			case f.Changed("user") && user == "": // as of a variable that is not set
				return you(exitUsage, "collector tokens add --help", "--user names nobody; a token for the likes of all takes --all-users")
			case f.Changed("feed") && (f.Changed("scopes") || f.Changed("for")):
				return you(exitUsage, "collector tokens add --help", "a feed shows its search until it is revoked: --scopes and --for are of tokens")
			case private && !f.Changed("feed"):
				return you(exitUsage, "collector tokens add --help", "--private is of --feed")
			case f.Changed("for") && good < time.Second:
				return you(exitUsage, "--for=720h", "--for=%s is no time that a token is good for", good)
			}
			ask := grant.Ask{Kind: grant.Token, Name: args[0], For: good.Truncate(time.Second)}
			if f.Changed("feed") {
				if _, bad := search.Parse(feed, a.now()); bad != nil { // half a search would show what was not asked for
					return you(exitUsage, "collector search --help", "--feed: %w", bad)
				}
				ask = grant.Ask{Kind: grant.Feed, Name: args[0], Search: feed, Private: private}
			} else {
				list, err := grant.ParseScopes(scopes)
				if err != nil {
					return control.GrantProblem(err)
				}
				ask.Scopes = list
			}
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) (err error) {
				if !all {
					if ask.User, err = meant(c, d, user); err != nil {
						return err
					}
				}
				if err = ask.Check(a.now()); err != nil {
					return control.GrantProblem(err)
				}
				made, secret, err := d.MakeGrant(ctx, ask)
				if err != nil {
					return err
				}
				return a.showMade(made, secret, asJSON)
			})
		}),
	}
	f := c.Flags()
	f.StringVar(&user, "user", "me", "whose likes")
	f.BoolVar(&all, "all-users", false, "the likes of all users, as the operator sees them")
	f.StringVar(&scopes, "scopes", "read", "what it may: read, write, feeds, metrics, admin")
	f.DurationVar(&good, "for", grant.TokenFor, "how long it is good, a minute to ten years")
	f.StringVar(&feed, "feed", "", "make a feed of what matches, in the grammar of collector search; '' for all")
	f.BoolVar(&private, "private", false, "with --feed: also what is private at its service")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// showMade prints what lets somebody in, this once.
func (a *app) showMade(made tokenView, secret string, asJSON bool) error {
	if asJSON {
		return newJSONOut(a.out, false).write(struct {
			tokenView
			Token string `json:"token"`
		}{made, secret})
	}
	a.printf("%s\n", line(secret))
	if made.Kind == string(grant.Feed) {
		a.say("Readers find it where the pages are, such as http://127.0.0.1:8765, under %s%s and the ending .atom, .rss or .json.", feeds.Path, line(secret))
	}
	a.say("It is not shown again. To end it: collector tokens revoke %s", line(made.ID))
	return nil
}

func (a *app) tokensRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke <id>...", Short: "end tokens, feeds, sessions or login links at once",
		Long: `Ends what is named, by the ids that collector tokens list shows. It is void from this
moment on, for collectors that run too. The feeds that a token made end with it.`,
		Args: arguments(1, -1, "the ids of what is to end"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				var errs []error
				for _, id := range args {
					r, err := d.RevokeGrant(ctx, id)
					if err != nil { // the others are to end all the same
						errs = append(errs, err)
						continue
					}
					what := "grant" // of one that could not be read
					if r.Kind != "" {
						what = strings.TrimSpace(line(r.Kind) + " " + line(r.Name))
					}
					a.say("%s: the %s is revoked", line(r.ID), what)
				}
				return reasonsOf(errs)
			})
		}),
	}
}

// reasonsOf is the first of several errors, with the reasons of all.
func reasonsOf(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	p := *problemOf(errs[0])
	for _, err := range errs[1:] {
		p.reason += "\n" + problemOf(err).reason
	}
	return &p
}
