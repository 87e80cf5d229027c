package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"collector/auth"
	"collector/connectors"
	"collector/state"
	"collector/store"
)

// importBatch is how many networks are saved in one transaction.
const importBatch = 500

func (a *app) accountsImport() *cobra.Command {
	var user string
	c := &cobra.Command{
		Use:   "import FILE|-",
		Short: "connect many accounts at once, from JSON Lines",
		Long: `Reads one object a line, from a file or from standard input (-):

  {"user":"anna","service":"github","token":"…","server":"","name":"","params":{}}

Only service and token are needed. Without user it is --user; without name the
service names the account at its first run, when it is asked whose token it is.
token is a text or a JSON object, as for collector connect. An account that is
there already gets the new token.

A line that cannot be used is reported with its number and the reason; all others
are imported, and the exit code is then 7.`,
		Args: arguments(1, 1, "one file, or -"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			in := a.in
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return you(exitUsage, "check the name of the file", "%w", err)
				}
				defer f.Close()
				in = f
			}
			return a.withNewStore(c.Context(), "", func(ctx context.Context, st store.Store) error {
				if a.simulated {
					return simulatedStore(st)
				}
				ring, err := a.keyring(ctx, st)
				if err != nil {
					return err
				}
				im := &importer{app: a, store: st, keeper: auth.NewKeeper(st, ring, auth.Providers(), "import", a.now), user: user, known: map[string]map[nameAt]state.Account{}}
				return im.run(ctx, in)
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "me", "the user of lines that name none")
	return c
}

// importer reads lines and saves networks in batches.
type importer struct {
	*app
	store                      store.Store
	keeper                     *auth.Keeper
	user                       string
	batch                      []state.Network
	lines                      []int // line numbers of batch
	added, again, refusedLines int
	known                      map[string]map[nameAt]state.Account // by user: accounts that were there
}

func (im *importer) run(ctx context.Context, in io.Reader) error {
	r := bufio.NewReaderSize(in, 64<<10)
	for number := 1; ; number++ {
		text, err := readLine(r)
		if errors.Is(err, io.EOF) {
			break
		}
		switch {
		case errors.Is(err, errLongLine):
			im.bad(number, err)
			continue
		case err != nil:
			return fmt.Errorf("reading line %d: %w", number, err)
		case len(bytes.TrimSpace(text)) == 0:
			continue
		}
		if err := im.line(ctx, number, text); err != nil {
			if store := problemOf(err); store.code >= exitNoStore || ctx.Err() != nil {
				return err // no other line would fare better
			}
			im.bad(number, err)
		}
		if len(im.batch) >= importBatch {
			if err := im.save(ctx); err != nil {
				return err
			}
		}
	}
	if err := im.save(ctx); err != nil {
		return err
	}
	im.say("%s imported, %s signed in again, %s refused", many(im.added, "network", "networks"), many(im.again, "account", "accounts"), many(im.refusedLines, "line", "lines"))
	if im.refusedLines > 0 {
		return you(exitPermanent, "correct these lines and import them; those that are in stay as they are", "%s could not be imported", many(im.refusedLines, "line", "lines"))
	}
	return im.whoWorks(ctx, im.store)
}

func (im *importer) bad(number int, err error) {
	im.refusedLines++
	fmt.Fprintf(im.err, "line %d: %s\n", number, line(problemOf(err).reason))
}

// line imports one line: the account and its sealed credential at once, its
// network with the batch.
func (im *importer) line(ctx context.Context, number int, text []byte) error {
	l, cred, conn, err := im.parse(text)
	if err != nil {
		return err
	}
	in := conn.Info()
	w := wish{User: l.User, Server: l.Server, Name: l.Name, Params: l.Params}
	acc, known, err := im.account(ctx, in, w)
	if err != nil {
		return err
	}
	if err := im.keeper.Put(ctx, acc.ID, cred); err != nil {
		return err
	}
	if known {
		im.again++
		if err := im.store.Reconnected(ctx, acc.ID, im.now()); err != nil {
			return err
		}
	}
	im.batch = append(im.batch, networkOf(acc, in, w, newID(), im.now()))
	im.lines = append(im.lines, number)
	return nil
}

// account finds or adds the account of a line. One without a name is always new:
// whose it is will be known at its first run.
func (im *importer) account(ctx context.Context, in connectors.Info, w wish) (state.Account, bool, error) {
	acc, err := im.newAccount(ctx, im.store, in, w, connectors.Identity{})
	if !errors.Is(err, state.ErrExists) {
		return acc, false, err
	}
	of := im.known[w.User]
	if acc, ok := of[nameAt{in.Provider, w.Server, w.Name}]; ok {
		return acc, true, nil
	}
	all, err := im.store.Accounts(ctx, w.User) // once a user, but for accounts that this import has added
	if err != nil {
		return state.Account{}, false, err
	}
	of = map[nameAt]state.Account{}
	for _, acc := range all {
		of[nameAt{acc.Provider, acc.Server, acc.Name}] = acc
	}
	im.known[w.User] = of
	acc, ok := of[nameAt{in.Provider, w.Server, w.Name}]
	if !ok {
		return state.Account{}, false, fmt.Errorf("looking for the account %s: %w", w.Name, state.ErrNotFound)
	}
	return acc, true, nil
}

// nameAt tells the accounts of one user apart.
type nameAt struct{ provider, server, name string }

// save adds the networks of the batch; when one exists already, one by one.
func (im *importer) save(ctx context.Context) error {
	batch, lines := im.batch, im.lines
	im.batch, im.lines = nil, nil
	if len(batch) == 0 {
		return nil
	}
	err := im.store.AddNetworks(ctx, batch)
	if err == nil {
		im.added += len(batch)
		return nil
	}
	if !errors.Is(err, state.ErrExists) {
		return err
	}
	for i, n := range batch {
		switch err := im.store.AddNetworks(ctx, []state.Network{n}); {
		case err == nil:
			im.added++
		case errors.Is(err, state.ErrExists): // it has its new token
		case errors.Is(err, state.ErrNotFound):
			im.bad(lines[i], err)
		default:
			return err
		}
	}
	return nil
}
