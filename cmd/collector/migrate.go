package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/store"
	"collector/store/move"
)

// migrateCommand moves a whole store.
func (a *app) migrateCommand() *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use:   "migrate <from> <to>",
		Short: "move everything to a store of another kind, such as MongoDB",
		Long: `Takes everything that a store holds to an empty one: accounts with their sealed
sign-ins, networks with their progress and walks, items with all their times, what
was taken back, the quarantine, what is spent of the quotas, webhooks with what is
still to be sent to them, what you were told, how far was published, saved searches,
who is let in (tokens, feeds, sessions), and exports that are still to be written. The
source stays as it is. At the end both are counted, network by network. Messages in
queues and topics of other programs are not moved.

Stop every collector first: while one works on either store nothing is moved. A move
that is interrupted, in whatever way, goes on when it is run again; until it has
ended no other command touches the target.

The sign-ins stay sealed with the same secret key: give it to the collectors of the
new store. Its log of changes begins anew, at a higher number: a reader is told to
read everything once.

Where the new store is right, do not run a collector on the old one again: both
would spend the same quotas.`,
		Example: `  collector migrate --dry-run sqlite:collector.db mongodb://db.example/collector
  collector migrate sqlite:collector.db mongodb://db.example/collector
  collector migrate mongodb://db.example/collector sqlite:/data/collector.db
  collector migrate likeastore mongodb://old.example/likeastore sqlite:collector.db`,
		Args: arguments(2, 2, "two stores: from and to"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.at(args[0]).migrate(c.Context(), args[1], dry)
		}),
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "say what would be moved, and change nothing")
	c.AddCommand(a.likeastoreCommand())
	return c
}

// at is the app over another store.
func (a *app) at(address string) *app {
	b, conf := *a, *a.conf
	conf.Store = address
	b.conf = &conf
	return &b
}

// place names a store in notes: the same store has one name.
func (a *app) place(st store.Store) string {
	if path := a.database(); path != "" {
		if abs, err := filepath.Abs(path); err == nil {
			return "sqlite:" + abs
		}
	}
	return st.Describe()
}

// migrate moves the app's store to another.
func (a *app) migrate(ctx context.Context, to string, dry bool) error {
	if err := a.hasStore(); err != nil {
		return err
	}
	return a.withNewStore(ctx, "", func(ctx context.Context, from store.Store) error {
		if a.simulated {
			return simulatedStore(from)
		}
		source, ok := from.(store.Movable)
		if !ok {
			return notMovable()
		}
		if err := move.Idle(ctx, "source", source, a.now()); err != nil {
			return moveProblem(err)
		}
		name := a.place(from)
		return a.at(to).target(ctx, dry, func(b *app, ctx context.Context, st store.Movable) error {
			if st != nil && b.place(st) == name {
				return you(exitUsage, "name another store to move to", "%s cannot be moved to itself", line(name))
			}
			return a.withBesideMove(ctx, source, b, st, func(hooks *move.Beside) error {
				o := move.Options{Name: name, Now: b.now, Said: b.eachFewSeconds(), Beside: hooks}
				if dry {
					if err := b.sayMove(move.Look(ctx, source, st, o)); err != nil {
						return err
					}
					return a.messagesLeft(ctx, source)
				}
				if err := b.sayMoved(move.Run(ctx, source, st, o)); err != nil {
					return err
				}
				if err := a.messagesLeft(ctx, source); err != nil {
					return err
				}
				b.say("The sign-ins are sealed with the secret key of the old store: %s. The collectors of the new one need it: COLLECTOR_SECRET_KEY_FILE names a copy.", a.keyPlace())
				return nil
			})
		})
	})
}

// notMovable refuses stores in memory.
func notMovable() error {
	return you(exitUsage, "name two stores: sqlite:FILE or mongodb://HOST/DATABASE", "%w", store.ErrNotMovable)
}

// target opens the store to move to, made if there is none. For a dry run it is only
// read, and nil where there is none yet.
func (a *app) target(ctx context.Context, dry bool, fn func(*app, context.Context, store.Movable) error) error {
	a.moving = true
	o := store.Options{Owner: "migrate-" + control.NewID()}
	if dry {
		if _, err := os.Stat(a.database()); a.database() != "" && errors.Is(err, fs.ErrNotExist) {
			return fn(a, ctx, nil)
		}
		o = store.Options{Reading: true}
	}
	ran := false
	err := a.opened(ctx, o, func(ctx context.Context, st store.Store) error {
		ran = true
		if a.simulated {
			return simulatedStore(st)
		}
		to, ok := st.(store.Movable)
		if !ok {
			return notMovable()
		}
		return fn(a, ctx, to)
	})
	if dry && !ran && errors.Is(err, store.ErrReadOnly) { // an empty database: what is to be made is not there yet
		return fn(a, ctx, nil)
	}
	return err
}

// eachFewSeconds tells how far a move has come, now and then.
func (a *app) eachFewSeconds() func(store.Part, int) {
	last := a.now()
	return func(p store.Part, done int) {
		if now := a.now(); now.Sub(last) >= 5*time.Second {
			last = now
			a.say("  %s: %s", p, count(done))
		}
	}
}

// sayMove tells what a move would do.
func (a *app) sayMove(r move.Report, err error) error {
	if err != nil {
		return moveProblem(err)
	}
	if r.Already {
		a.say("This store was moved there already; nothing would be done.")
		return nil
	}
	what := "would be moved"
	if r.Resumed {
		what = "would be moved, where the move that was interrupted has not come to it"
	}
	a.say("%s: %s", what, partsText(r))
	return nil
}

// sayMoved tells what a move did.
func (a *app) sayMoved(r move.Report, err error) error {
	switch {
	case err != nil:
		return moveProblem(err)
	case r.Already:
		a.say("This store was moved here already; nothing was done.")
		return nil
	case r.Anew:
		a.say("The old store had changed since the move was interrupted, so it was begun anew.")
	case r.Resumed:
		a.say("Went on with the move that was interrupted.")
	}
	a.say("%s moved and counted on both sides: %s", a.tick(), partsText(r))
	a.say("Readers of the log of changes read everything once, then go on from %d.", r.Log)
	return nil
}

func partsText(r move.Report) string {
	var out []string
	for _, p := range store.Parts() {
		out = append(out, many(r.Parts[p], strings.TrimSuffix(string(p), "s"), string(p)))
	}
	if r.Beside > 0 {
		out = append(out, many(r.Beside, "webhook", "webhooks"))
	}
	return strings.Join(out, ", ")
}

// moveProblem says what helps where a move did not end.
func moveProblem(err error) error {
	p := &problem{reason: err.Error(), err: err, whose: "you", code: exitUsage}
	switch {
	case errors.Is(err, move.ErrAtWork):
		p.code, p.next = exitTemporary, "stop every collector of both stores, then run it again; one that was killed is forgotten after half a minute"
	case errors.Is(err, move.ErrChanged):
		p.code, p.next = exitTemporary, "stop what changed it, then run it again: it begins anew over what is there"
	case errors.Is(err, move.ErrDiffers):
		p.code, p.next = exitPermanent, "delete the new store (the file, or the database) and run it again; the old one is as it was"
	case errors.Is(err, move.ErrNotEmpty), errors.Is(err, move.ErrOther):
		p.next = "name an empty store to move to; nothing was changed"
	case errors.Is(err, move.ErrHalf):
		p.next = "end the move that was interrupted first: run its command again"
	default:
		return err
	}
	return p
}
