package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"collector/auth"
	"collector/store"
	"collector/store/likeastore"
	"collector/store/move"
)

// likeastoreCommand takes over the database of the original program.
func (a *app) likeastoreCommand() *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use:   "likeastore <database> <to>",
		Short: "take over the database of Likeastore",
		Long: `Takes over an existing Likeastore database (collections networks and items) into an
empty store, and says what it could not take over and why. The old database is only
read.

Networks keep their mode and due time. One that a rate limit had taken the mode from
gets back the one it had, as far as that shows; disabled and skipped ones are paused,
with the reason. Tokens are sealed with the secret key of the new store. Items count
as imported: the first run of each network reads its whole list, and finds what
Likeastore had missed. Of services that this program has no connector for nothing is
taken; run it again into another store once it has one.`,
		Example: `  collector migrate likeastore --dry-run mongodb://old.example/likeastore sqlite:collector.db
  collector migrate likeastore mongodb://old.example/likeastore mongodb://db.example/collector`,
		Args: arguments(2, 2, "the old database and a store"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.at(args[1]).takeOver(c.Context(), args[0], dry)
		}),
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "say what would be taken over and what not, and change nothing")
	return c
}

// takeOver moves an old database into the app's store.
func (a *app) takeOver(ctx context.Context, address string, dry bool) (err error) {
	var ring *auth.Keyring
	old, err := likeastore.Open(ctx, address, a.infos(), func(account string, c auth.Credential) (auth.Record, error) {
		return ring.SealCredential(account, c)
	})
	if err != nil {
		return likeastoreProblem(err)
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	if err := move.Idle(ctx, "source", old, a.now()); err != nil {
		return moveProblem(err)
	}
	v, err := old.Survey(ctx)
	if err != nil {
		return err
	}
	err = a.target(ctx, dry, func(b *app, ctx context.Context, st store.Movable) (err error) {
		o := move.Options{Name: old.Describe(), Now: b.now, Said: b.eachFewSeconds()}
		if dry {
			return b.sayMove(move.Look(ctx, old, st, o))
		}
		if ring, err = b.keyring(ctx, st); err != nil {
			return err
		}
		return b.sayMoved(move.Run(ctx, old, st, o))
	})
	if err == nil {
		a.saySurvey(v)
	}
	return err
}

// saySurvey tells what was taken over and what was not.
func (a *app) saySurvey(v likeastore.Survey) {
	a.say("%s: %s reading histories, %s polling", many(v.Networks, "network", "networks"), count(v.Initial), count(v.Normal))
	for _, part := range []struct {
		n    int
		what string
	}{
		{v.Limited, "had lost their mode to a rate limit and have it back, with their due time"},
		{v.Disabled, "were disabled: paused (collector accounts resume goes on with them)"},
		{v.Skipped, "were skipped: paused (collector accounts resume goes on with them)"},
		{v.NoSignIn, "have no sign-in that can be used: collector connect"},
	} {
		if part.n > 0 {
			a.say("  %s of them %s", count(part.n), part.what)
		}
	}
	a.say("%s: the first run of each network reads its whole list and finds what was missed", many(v.Items, "item", "items"))
	for _, l := range v.Left {
		a.say("! not taken as it is: %s: %s", many(l.N, strings.TrimSuffix(l.What, "s"), l.What), plain(l.Why))
	}
}

// likeastoreProblem says what helps where the old database cannot be read.
func likeastoreProblem(err error) error {
	p := problemOf(err)
	if errors.Is(err, store.ErrForeign) {
		p.next = "name the database of Likeastore: mongodb://HOST/DATABASE"
	}
	if errors.Is(err, store.ErrMissing) {
		p.next = "check the address of the old database: mongodb://HOST/DATABASE"
	}
	return p
}
