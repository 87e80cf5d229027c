package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/time/rate"

	"collector/auth"
	"collector/fetch"
	"collector/limit"
	"collector/push"
	"collector/search"
	"collector/store"
)

// pushing is what `collector push` was asked for.
type pushing struct {
	to        string // "karakeep", "linkding"
	url, user string
	file      string
	stdin     bool
	query     string
	private   bool
	dry       bool
	again     bool
	perSecond float64
	json      bool
}

// pushCommand keeps a bookmark service up to date.
func (a *app) pushCommand() *cobra.Command {
	c := a.group(&cobra.Command{
		Use: "push", Short: "keep your Karakeep or linkding up to date with what you liked",
		Long: `Adds what you liked to a bookmark service of yours, by its HTTP API: all of it the first
time, what is new from then on. Run it as often as you like, from cron for example.

It adds what is missing there and changes nothing else: a bookmark that is there stays
as it is, and what is taken back here stays there. It can be interrupted; the next one
goes on. docs/EXPORT.md says what becomes of a like.`,
	})
	c.AddCommand(a.pushTo("karakeep", "Karakeep", "an API key from Settings, API Keys"), a.pushTo("linkding", "linkding", "the REST API token from Settings, Integrations"))
	return c
}

func (a *app) pushTo(to, title, token string) *cobra.Command {
	p := pushing{to: to}
	c := &cobra.Command{
		Use: to + " [query]", Short: "add to " + title + " what is not there yet",
		Long: `Adds likes to ` + title + `, those that match the query or all. The token is
` + token + `, from standard input (--token-stdin) or a
file (--token-file). It is not stored.

How far it is stands in the store, apart for each address, user and query. Without a
limit that ` + title + ` names, --per-second keeps the calls apart. Where it asks for fewer
calls, this ends with exit code 5 and the time to wait; what it refused is told with its
address, and the exit code is then 7.`,
		Example: `  collector push ` + to + ` --url https://links.example --token-stdin --dry-run < token
  collector push ` + to + ` --url https://links.example --token-file token 'in:github lang:go'`,
		RunE: a.command(func(c *cobra.Command, args []string) error {
			p.query = queryOf(args)
			return a.push(c.Context(), p)
		}),
	}
	f := c.Flags()
	f.StringVar(&p.url, "url", "", "the address at which a browser shows "+title)
	f.BoolVar(&p.stdin, "token-stdin", false, "read the token from standard input")
	f.StringVar(&p.file, "token-file", "", "read the token from a file")
	f.StringVar(&p.user, "user", someone, "whose likes")
	f.BoolVar(&p.private, "private", false, "also what is private at its service")
	f.BoolVar(&p.dry, "dry-run", false, "say what would be added, add nothing")
	f.BoolVar(&p.again, "again", false, "look at all likes again, not only at what is new; what was refused is tried again")
	f.Float64Var(&p.perSecond, "per-second", 5, "calls in a second, at most")
	f.BoolVar(&p.json, "json", false, "print the report as JSON")
	c.MarkFlagsMutuallyExclusive("token-stdin", "token-file")
	return c
}

// push runs one push.
func (a *app) push(ctx context.Context, p pushing) error {
	if p.url == "" || p.perSecond <= 0 {
		return you(exitUsage, "collector push "+p.to+" --url https://links.example --token-stdin < token", "--url is needed, and --per-second above 0")
	}
	base, err := fetch.NormalizeTarget(p.url, a.conf.AllowPrivate...)
	if err == nil && strings.Contains(base, "?") {
		err = errors.New("the address has a part after ?, which is of a page")
	}
	if err != nil {
		return you(exitUsage, "give the address of the service; COLLECTOR_ALLOW_PRIVATE lists servers of a private network", "%w", err)
	}
	expr, bad := search.Parse(p.query, a.now())
	if bad != nil { // half a query would be another one
		return you(exitUsage, "collector search --help   explains the query", "the query is not understood\n%s", bad.Caret())
	}
	cred, err := a.pushToken(p)
	if err != nil {
		return err
	}
	with := a.withStore
	if p.dry {
		with = a.withReadStore
	}
	return with(ctx, func(ctx context.Context, st store.Store) error {
		if a.simulated {
			return simulatedStore(st)
		}
		if !p.dry {
			if err := a.here(ctx, st, p.user); err != nil {
				return err
			}
		}
		return a.pushInto(ctx, st, p, base, cred, expr)
	})
}

// pushToken takes the token from where it was put.
func (a *app) pushToken(p pushing) (cred auth.Credential, err error) {
	switch {
	case p.stdin:
		cred, err = readToken(a.in, "standard input")
	case p.file != "":
		cred, err = readTokenFile(p.file)
	default:
		return cred, you(exitUsage, "collector push "+p.to+" --url … --token-stdin < token", "no token was given")
	}
	if err == nil && cred.Access.Empty() {
		err = you(exitUsage, "give the token alone, on one line", "there is no token")
	}
	return cred, err
}

func (a *app) pushInto(ctx context.Context, st store.Store, p pushing, base string, cred auth.Credential, expr search.Expr) error {
	a.scrubber = auth.NewScrubber()
	a.scrubber.Know("push", cred)
	client, err := fetch.New(fetch.Config{Version: version, Now: a.now, Ledger: limit.New(st, a.newOwner(), a.now), Log: a.logger(), AllowPrivate: a.conf.AllowPrivate, Own: a.own()})
	if err != nil {
		return you(exitConfig, "collector config show", "%w", err)
	}
	defer client.Close()
	s := push.Server{Base: base, Token: cred.Access, Send: client.Send, Pace: rate.NewLimiter(rate.Limit(p.perSecond), 1), Now: a.now, Scrub: a.scrubber.Scrub}
	var to push.Target = push.NewKarakeep(s)
	if p.to == "linkding" {
		to = push.NewLinkding(s)
	}
	said := a.now()
	r, err := push.New(push.Config{
		Store: st, Target: to, Name: p.to + " " + base, User: p.user, Query: p.query, Expr: expr, Private: p.private, Dry: p.dry, Again: p.again, Now: a.now,
		Note: func(r push.Report) {
			if now := a.now(); now.Sub(said) >= 5*time.Second {
				said = now
				a.say("  %s looked at, %s added", many(r.Looked, "like", "likes"), count(r.Added))
			}
		},
	}).Run(ctx)
	if err == nil || r.Looked > 0 {
		err = errors.Join(err, a.sayPushed(p, r))
	}
	if err != nil {
		if errors.Is(err, push.ErrElsewhere) {
			return &problem{code: exitTemporary, err: err, reason: err.Error(), whose: "you", next: "wait until the other one has ended"}
		}
		return err
	}
	if r.Refused > 0 {
		return you(exitPermanent, "look at the addresses above; --again tries them once more", "%s refused", many(r.Refused, "bookmark was", "bookmarks were"))
	}
	return nil
}

// pushedView is the report of a push as --json prints it.
type pushedView struct {
	Schema  int           `json:"schema"`
	DryRun  bool          `json:"dryRun"`
	Looked  int           `json:"looked"`
	Added   int           `json:"added"`
	Known   int           `json:"known"`
	LeftOut int           `json:"leftOut"`
	Refused int           `json:"refused"`
	First   []refusalView `json:"firstRefused"`
}

type refusalView struct {
	Network string `json:"network"`
	ID      string `json:"id"`
	URL     string `json:"url"`
	Reason  string `json:"reason"`
}

func (a *app) sayPushed(p pushing, r push.Report) error {
	first := []refusalView{}
	for _, f := range r.First {
		first = append(first, refusalView(f))
	}
	if p.json {
		return newJSONOut(a.out, false).write(pushedView{1, p.dry, r.Looked, r.Added, r.Known, r.Left, r.Refused, first})
	}
	verb := "added"
	if p.dry {
		verb = "to be added"
	}
	a.say("%s looked at: %s %s, %s there already", many(r.Looked, "like", "likes"), count(r.Added), verb, count(r.Known))
	if r.Left > 0 {
		a.say("%s left out: no address of the web", count(r.Left))
	}
	for _, f := range first {
		a.say("  %s: %s", line(f.URL), line(f.Reason))
	}
	return nil
}
