package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"collector/auth"
	"collector/connectors"
	"collector/control"
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
			in, end, err := a.linesOf(args[0])
			if err != nil {
				return err
			}
			defer end()
			ask := control.Enrolment{User: user, Told: a.sayRead("line", "lines"), Refused: func(l control.RefusedLine) {
				fmt.Fprintf(a.err, "line %d: %s\n", l.Line, line(l.Reason))
			}}
			return a.onDesk(c.Context(), a.making, func(ctx context.Context, d desk) error {
				r, err := d.Enrol(ctx, in, ask)
				if err != nil {
					if r.Begun() {
						a.sayEnrolled(r)
						a.say("What is in stays; the same lines can be imported again.")
					}
					return err
				}
				return a.enrolled(r)
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "me", "the user of lines that name none")
	return c
}

// linesOf opens the file with the lines.
func (a *app) linesOf(name string) (in io.Reader, end func(), err error) {
	if name == "-" {
		return a.in, func() {}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, you(exitUsage, "check the name of the file", "%w", err)
	}
	if at, err := f.Stat(); err == nil && at.IsDir() {
		_ = f.Close() // nothing was read
		return nil, nil, you(exitUsage, "give a file of JSON Lines", "%s is a folder", name)
	}
	return f, func() { _ = f.Close() }, nil // it was only read
}

// sayEnrolled tells how many accounts an import connected.
func (a *app) sayEnrolled(r control.Enrolled) {
	if more := r.Refused - len(r.Lines); more > 0 {
		a.say("… and %s more", many(more, "line", "lines"))
	}
	a.say("%s imported, %s signed in again, %s refused", many(r.Added, "network", "networks"), many(r.Again, "account", "accounts"), many(r.Refused, "line", "lines"))
}

// enrolled tells what an import of accounts came to that read all lines. Those that were
// refused make it a failure.
func (a *app) enrolled(r control.Enrolled) error {
	a.sayEnrolled(r)
	if r.Refused > 0 {
		return you(exitPermanent, "correct these lines and import them; those that are in stay as they are", "%s could not be imported", many(r.Refused, "line", "lines"))
	}
	a.sayIdle(r.Works)
	return nil
}

func (d atStore) Enrol(ctx context.Context, in io.Reader, e control.Enrolment) (control.Enrolled, error) {
	if d.a.simulated {
		return control.Enrolled{}, simulatedStore(d.st)
	}
	return d.a.enrol(ctx, d.st, in, e)
}

// enrol connects the accounts of all lines. What it did is returned whatever the error.
func (a *app) enrol(ctx context.Context, st store.Store, in io.Reader, e control.Enrolment) (control.Enrolled, error) {
	ring, err := a.keyring(ctx, st)
	if err != nil {
		return control.Enrolled{}, err
	}
	im := &importer{
		app: a, store: st, keeper: auth.NewKeeper(st, ring, auth.Providers(), "import", a.now),
		ask: e, out: control.Enrolled{Lines: []control.RefusedLine{}}, named: map[nameAt]bool{}, known: map[string]map[nameAt]state.Account{},
	}
	if err := im.run(ctx, in); err != nil {
		return im.out, err
	}
	im.out.Works, err = a.panel(st).Works(ctx, a.now())
	return im.out, err
}

// atOnce is how many lines of a batch are worked on at the same time: what they
// write goes to the disk together.
const atOnce = 32

// importer reads lines and saves them in batches, the accounts of a batch side by
// side so that the store can write them together.
type importer struct {
	*app
	store  store.Store
	keeper *auth.Keeper
	ask    control.Enrolment
	out    control.Enrolled

	batch   []parsed
	named   map[nameAt]bool          // accounts of the batch: a second line for one begins a new batch
	read    int                      // lines
	signIns map[signIn]state.Account // of lines without a name; nil until one came
	pending map[signIn]bool          // those of the batch

	mu    sync.Mutex
	known map[string]map[nameAt]state.Account // by user: accounts that were there
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
		im.read = number
		p, err := im.parse(text)
		if err != nil {
			im.bad(number, err)
			continue
		}
		p.number = number
		if len(im.batch) >= importBatch || p.wish.Name != "" && im.named[p.key()] {
			if err := im.save(ctx); err != nil {
				return err
			}
		}
		if err := im.findTwin(ctx, &p); err != nil {
			return err
		}
		im.batch = append(im.batch, p)
		im.named[p.key()] = true
	}
	return im.save(ctx)
}

// longestReason of a line, in characters: it may name what stands there.
const longestReason = 300

func (im *importer) bad(number int, err error) {
	im.out.Refused++
	if im.out.Refused > control.RefusedMost {
		return
	}
	l := control.RefusedLine{Line: number, Reason: short(line(problemOf(err).reason), longestReason)}
	im.out.Lines = append(im.out.Lines, l)
	if im.ask.Refused != nil {
		im.ask.Refused(l)
	}
}

// save stores the batch: accounts and sealed credentials side by side, then the
// networks in one transaction. An interrupted import can be run again.
func (im *importer) save(ctx context.Context) error {
	batch := im.batch
	im.batch, im.named, im.pending = nil, map[nameAt]bool{}, map[signIn]bool{}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i := range batch {
		group.Go(func() error {
			p := &batch[i]
			p.err = im.signUp(ctx, p)
			if store := p.err != nil && problemOf(p.err).code >= exitNoStore; store {
				return p.err // no other line would fare better
			}
			return nil
		})
	}
	if err := errors.Join(group.Wait(), ctx.Err()); err != nil {
		return err
	}
	var good []parsed
	for _, p := range batch {
		if p.err != nil {
			im.bad(p.number, p.err)
			continue
		}
		if p.again {
			im.out.Again++
		}
		if p.wish.Name == "" {
			im.signIns[p.signIn()] = p.account
		}
		good = append(good, p)
	}
	err := im.networks(ctx, good)
	if im.ask.Told != nil {
		im.ask.Told(control.Progressed{Read: im.read, Added: im.out.Added})
	}
	return err
}

// signUp finds or adds the account of a line and stores its credential. One
// without a name and without a twin is new: whose it is will be known at its
// first run.
func (im *importer) signUp(ctx context.Context, p *parsed) error {
	var acc state.Account
	var err error
	if p.again = p.twin != nil; p.again {
		acc = *p.twin
	} else if acc, err = control.NewAccount(ctx, im.store, p.info, p.wish, connectors.Identity{}, im.now()); errors.Is(err, state.ErrExists) {
		p.again = true
		acc, err = im.existing(ctx, p.key())
	}
	if err != nil {
		return err
	}
	p.account = acc
	if err := im.keeper.Put(ctx, acc.ID, p.cred); err != nil {
		return err
	}
	p.network = control.NetworkOf(acc, p.info, p.wish, control.NewID(), im.now())
	if p.again {
		return im.store.Reconnected(ctx, acc.ID, im.now())
	}
	return nil
}

// networks adds the networks of a batch in one transaction; when one exists
// already, one by one.
func (im *importer) networks(ctx context.Context, batch []parsed) error {
	var all []state.Network
	for _, p := range batch {
		all = append(all, p.network)
	}
	if len(all) == 0 {
		return nil
	}
	err := im.store.AddNetworks(ctx, all)
	if err == nil {
		im.out.Added += len(all)
		return nil
	}
	if !errors.Is(err, state.ErrExists) {
		return err
	}
	errs := make([]error, len(all))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i := range all {
		group.Go(func() error {
			errs[i] = im.store.AddNetworks(ctx, all[i:i+1])
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	for i, err := range errs {
		switch {
		case err == nil:
			im.out.Added++
		case errors.Is(err, state.ErrExists): // it has its new token
			if _, err := control.GoOn(ctx, im.store, all[i], im.now()); err != nil {
				return err
			}
		case errors.Is(err, state.ErrNotFound):
			im.bad(batch[i].number, err)
		default:
			return err
		}
	}
	return nil
}
