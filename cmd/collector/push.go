package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/time/rate"

	"collector/auth"
	"collector/control"
	"collector/fetch"
	"collector/limit"
	"collector/push"
	"collector/search"
	"collector/store"
)

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
	p := control.Pushing{To: to}
	var asJSON, stdin bool
	var file string
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
			p.Query = queryOf(args)
			if err := p.NoPush(); err != nil {
				return err
			}
			if a.asksHere() { // before anybody is asked for a token; elsewhere other things may be allowed
				if _, err := pushTarget(a.panel(nil), p.URL); err != nil {
					return err
				}
			}
			if _, bad := search.Parse(p.Query, a.now()); bad != nil { // half a query would be another one
				return control.Misread(bad)
			}
			cred, err := a.pushToken(to, stdin, file)
			if err != nil {
				return err
			}
			a.scrubber = auth.NewScrubber()
			a.scrubber.Know("push", cred) // whatever is told
			p.Token, p.Told = cred.Access, a.sayFar(func(far control.Progressed) {
				a.say("  %s looked at, %s added", many(far.Read, "like", "likes"), count(far.Added))
			})
			if !a.asksHere() && !c.Flags().Changed("user") {
				p.User = "" // whose the token for the API is
			}
			open := opening(a.withStore)
			if p.Dry {
				open = a.withReadStore
			}
			return a.onDesk(c.Context(), open, func(ctx context.Context, d desk) error {
				r, err := d.Push(ctx, p)
				if err == nil || r.Looked > 0 {
					err = errors.Join(err, a.sayPushed(r, asJSON))
				}
				if err == nil && r.Refused > 0 {
					err = you(exitPermanent, "look at the addresses above; --again tries them once more", "%s refused", many(r.Refused, "bookmark was", "bookmarks were"))
				}
				return err
			})
		}),
	}
	f := c.Flags()
	f.StringVar(&p.URL, "url", "", "the address at which a browser shows "+title)
	f.BoolVar(&stdin, "token-stdin", false, "read the token from standard input")
	f.StringVar(&file, "token-file", "", "read the token from a file")
	f.StringVar(&p.User, "user", someone, "whose likes")
	f.BoolVar(&p.Private, "private", false, "also what is private at its service")
	f.BoolVar(&p.Dry, "dry-run", false, "say what would be added, add nothing")
	f.BoolVar(&p.Again, "again", false, "look at all likes again, not only at what is new; what was refused is tried again")
	f.Float64Var(&p.PerSecond, "per-second", 5, "calls in a second, at most")
	f.BoolVar(&asJSON, "json", false, "print the report as JSON")
	c.MarkFlagsMutuallyExclusive("token-stdin", "token-file")
	return c
}

// pushToken takes the token from where it was put.
func (a *app) pushToken(to string, stdin bool, file string) (cred auth.Credential, err error) {
	switch {
	case stdin:
		cred, err = readToken(a.in, "standard input")
	case file != "":
		cred, err = readTokenFile(file)
	default:
		return cred, you(exitUsage, "collector push "+to+" --url … --token-stdin < token", "no token was given")
	}
	if err == nil && cred.Access.Empty() {
		err = you(exitUsage, "give the token alone, on one line", "%w", control.ErrNoToken)
	}
	return cred, err
}

// pushTarget is the address of a bookmark service in the form in which it is called, if it may be.
func pushTarget(p *control.Panel, address string) (string, error) {
	base, err := p.Beside.Target(address)
	if err == nil && strings.Contains(base, "?") {
		err = errors.New("the address has a part after ?, which is of a page")
	}
	if err != nil {
		return "", &control.Problem{Kind: control.Wrong, Reason: err.Error(), Whose: "you", Next: "give the address of the service; COLLECTOR_ALLOW_PRIVATE lists servers of a private network"}
	}
	return base, nil
}

func (d atStore) Push(ctx context.Context, w control.Pushing) (control.Pushed, error) {
	if d.a.simulated {
		return control.Pushed{}, simulatedStore(d.st)
	}
	return d.a.pushInto(ctx, d.st, w)
}

// pushInto runs one push. The token is known to this push alone, and is in nothing that the
// service says; calls go through the address guard, and their errors show no more than a server.
func (a *app) pushInto(ctx context.Context, st store.Store, w control.Pushing) (control.Pushed, error) {
	none := control.Pushed{}
	if err := w.NoPush(); err != nil {
		return none, err
	}
	p := a.panel(st)
	base, err := pushTarget(p, w.URL)
	if err != nil {
		return none, err
	}
	expr, bad := search.Parse(w.Query, a.now())
	if bad != nil {
		return none, control.Misread(bad)
	}
	if !w.Dry {
		if err := p.Here(ctx, w.User, a.now()); err != nil {
			return none, err
		}
	}
	known := auth.NewScrubber()
	known.Know("push", auth.Credential{Access: w.Token})
	client, err := fetch.New(fetch.Config{Version: version, Now: a.now, Ledger: limit.New(st, a.newOwner(), a.now), AllowPrivate: a.conf.AllowPrivate, Own: a.own()})
	if err != nil {
		return none, you(exitConfig, "collector config show", "%w", err)
	}
	defer client.Close()
	s := push.Server{Base: base, Token: w.Token, Send: client.Send, Pace: rate.NewLimiter(rate.Limit(w.PerSecond), 1), Now: a.now, Scrub: known.Scrub}
	var to push.Target = push.NewKarakeep(s)
	if w.To == "linkding" {
		to = push.NewLinkding(s)
	}
	c := push.Config{Store: st, Target: to, Name: w.To + " " + base, User: w.User, Query: w.Query, Expr: expr, Private: w.Private, Dry: w.Dry, Again: w.Again, Now: a.now}
	if w.Told != nil {
		c.Note = func(r push.Report) { w.Told(control.Progressed{Read: r.Looked, Added: r.Added}) }
	}
	r, err := push.New(c).Run(ctx)
	if errors.Is(err, push.ErrElsewhere) {
		err = &control.Problem{Kind: control.Conflict, Err: err, Reason: err.Error(), Whose: "you", Next: "wait until the other one has ended"}
	}
	return pushedOf(w, r), err
}

// pushedOf is the report of a push.
func pushedOf(w control.Pushing, r push.Report) control.Pushed {
	out := control.Pushed{Schema: 1, DryRun: w.Dry, Looked: r.Looked, Added: r.Added, Known: r.Known, LeftOut: r.Left, Refused: r.Refused, First: []control.Unpushed{}}
	for _, f := range r.First {
		out.First = append(out.First, control.Unpushed(f))
	}
	return out
}

// sayPushed tells what a push came to.
func (a *app) sayPushed(r control.Pushed, asJSON bool) error {
	if asJSON {
		return newJSONOut(a.out, false).write(r)
	}
	verb := "added"
	if r.DryRun {
		verb = "to be added"
	}
	a.say("%s looked at: %s %s, %s there already", many(r.Looked, "like", "likes"), count(r.Added), verb, count(r.Known))
	if r.LeftOut > 0 {
		a.say("%s left out: no address of the web", count(r.LeftOut))
	}
	for _, f := range r.First {
		a.say("  %s: %s", line(f.URL), line(f.Reason))
	}
	return nil
}
