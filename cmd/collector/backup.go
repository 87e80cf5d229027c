package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/store"
	"collector/store/sqlite"
)

// backupCommand copies the store while it is in use.
func (a *app) backupCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "backup <file>",
		Short: "write a whole copy of the store to a file, also while collectors run",
		Long: `Writes a whole copy of the store, as it is at one moment, while collectors go on. The
file gets its name once the copy was read through from end to end and is on the
disk; only you can read it. With - in place of a name it goes to standard output.
With --api a collector that runs makes the copy, and here it gets its name once all of
it has come as it was sent.

The secret key is not in it. Keep a copy of the key too, at another place: who has
both has the sign-ins. What is still to be sent to webhooks, and messages in queues and
topics, are in files beside the store (.webhooks, .messages) and not in it either.

Do not copy the file of a running collector in any other way: what it has not yet
written back from its log would be missing.`,
		Example: `  collector backup likes.backup
  collector backup --force /mnt/disk/likes.backup     replace the one of yesterday
  collector backup - | gzip | ssh host 'cat > likes.backup.gz'`,
		Args: arguments(1, 1, "one file"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if a.asksHere() {
				if err := a.inAFile("backed up"); err != nil {
					return err
				}
			}
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				if args[0] == "-" {
					return a.backupOut(ctx, d)
				}
				began := a.now() // it holds what is there now
				made, err := d.Backup(ctx, args[0], force)
				if err != nil {
					return backupProblem(err, args[0])
				}
				a.noteBackup(ctx, d, control.LastBackup{At: began, Bytes: made.Bytes})
				a.sayBackup(args[0], made)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	return c
}

// inAFile refuses stores that are no file.
func (a *app) inAFile(what string) error {
	if a.database() != "" {
		return nil
	}
	return &control.Problem{
		Kind: control.Wrong, Whose: "you", Next: "name the file of an SQLite store: --store=sqlite:FILE",
		Reason: "only an SQLite store can be " + what + " here: a store in memory ends with its process, and MongoDB has mongodump and mongorestore",
	}
}

// Backup is of the store here.
func (d atStore) Backup(ctx context.Context, file string, force bool) (control.Copy, error) {
	return d.a.copyStore(ctx, d.st, file, force)
}

// Backup is of the store of a collector that runs; the file is here.
func (d atCollector) Backup(ctx context.Context, file string, force bool) (made control.Copy, err error) {
	err = sqlite.Place(file, force, func(to *os.File) error {
		made, err = d.Client.Backup(ctx, to)
		return err
	})
	return made, err
}

// NoteBackup is control.Panel.NoteBackup of the store here.
func (d atStore) NoteBackup(ctx context.Context, b control.LastBackup) error {
	return d.panel().NoteBackup(ctx, b)
}

// NoteBackup does nothing: a collector that runs notes it once it has sent all.
func (d atCollector) NoteBackup(context.Context, control.LastBackup) error { return nil }

// noteBackup has the settings tell of a backup, which is as good where they cannot.
func (a *app) noteBackup(ctx context.Context, d desk, b control.LastBackup) {
	if err := d.NoteBackup(ctx, b); err != nil {
		a.say("The backup is whole, but the settings page will not tell of it: %s", line(err.Error()))
	}
}

// copyStore writes a whole copy of a store to a file.
func (a *app) copyStore(ctx context.Context, st store.Store, file string, force bool) (control.Copy, error) {
	lite, ok := st.(*sqlite.Store)
	if !ok {
		return control.Copy{}, a.inAFile("backed up")
	}
	c, err := lite.Backup(ctx, file, force)
	return control.Copy{
		Bytes: c.Bytes, Items: c.Items, Networks: c.Networks, Accounts: c.Accounts, Schema: c.Schema, LastChange: c.LastChange, Simulated: c.Simulated, Key: a.keyPlace(),
	}, err
}

// copyForOthers is copyStore for who asks over HTTP: into a file that passes, and not where it
// would take the room that collecting needs.
func (a *app) copyForOthers(ctx context.Context, st store.Store, file string) (control.Copy, error) {
	if path := a.database(); path != "" {
		floor, err := a.conf.Floor()
		if err != nil {
			return control.Copy{}, fmt.Errorf("reading how much of the disk is kept free: %w", err)
		}
		in, err := os.Stat(path)
		if err != nil {
			return control.Copy{}, fmt.Errorf("looking at how large the store is: %w", err)
		}
		if left, err := a.free(filepath.Dir(path)); err == nil && left < floor+uint64(in.Size()) { // a disk that cannot be asked speaks for itself
			return control.Copy{}, &control.Problem{
				Kind: control.Unavailable, Whose: "this machine", Next: "free some space; or run collector backup FILE where the store is, with a file on another disk",
				Reason: fmt.Sprintf("a copy of %s has no room beside the store: %s are left of the disk", bytesText(in.Size()), bytesText(int64(left))),
			}
		}
	}
	c, err := a.copyStore(ctx, st, file, false)
	if p := (*problem)(nil); err != nil && errors.As(backupProblem(err, file), &p) && p.code == exitTemporary {
		err = &control.Problem{Kind: control.Busy, Reason: "another backup of the store is being made", Whose: "nobody", Next: "wait until it has ended", Err: err}
	}
	return c, err
}

// backupOut writes a backup to standard output, over a file beside the store.
func (a *app) backupOut(ctx context.Context, d desk) (err error) {
	if _, is := terminal(a.out); is {
		return you(exitUsage, "collector backup - > FILE, or collector backup FILE", "a backup is no text for a terminal")
	}
	dir, err := os.MkdirTemp("", "collector-backup-")
	if err != nil {
		return you(exitReadOnly, "collector backup FILE needs no temporary folder; TMPDIR names one", "making a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := a.now() // it holds what is there now
	made, err := d.Backup(ctx, dir+"/backup", false)
	if err != nil {
		return backupProblem(err, "-")
	}
	f, err := os.Open(dir + "/backup")
	if err != nil {
		return fmt.Errorf("reading the backup: %w", err)
	}
	_, err = io.Copy(a.out, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing the backup: %w", err)
	}
	a.noteBackup(ctx, d, control.LastBackup{At: began, Bytes: made.Bytes})
	a.sayBackup("standard output", made)
	return nil
}

// sayBackup tells what is in a backup, and that the key is not.
func (a *app) sayBackup(file string, c control.Copy) {
	a.sayCopy("backup", sqlite.Copy{
		File: file, Bytes: c.Bytes, Items: c.Items, Networks: c.Networks, Accounts: c.Accounts, Schema: c.Schema, LastChange: c.LastChange, Simulated: c.Simulated,
	})
	a.say("The secret key that opens the sign-ins is not in it: %s. Keep a copy of it apart from the backup; without it every account has to be connected again.", line(c.Key))
}

// sayCopy tells what is in a copy.
func (a *app) sayCopy(what string, c sqlite.Copy) {
	a.say("%s: %s, %s, read through: whole", what, line(c.File), bytesText(c.Bytes))
	a.say("  %s of %s, %s, schema %d, log of changes up to %d", many(c.Items, "item", "items"), many(c.Networks, "network", "networks"),
		many(c.Accounts, "sealed sign-in", "sealed sign-ins"), c.Schema, c.LastChange)
	if c.Simulated {
		a.say("  simulated data of collector demo")
	}
}

// keyPlace says where the secret key is, in words.
func (a *app) keyPlace() string {
	src := a.keys()
	if path := src.Path(); path != "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return "none was made yet; it will be " + line(path)
		}
		return "it is in " + line(path)
	}
	return "it is given by COLLECTOR_SECRET_KEY"
}

// backupProblem says what helps where a backup was not made.
func backupProblem(err error, file string) error {
	if _, said := errors.AsType[*control.Problem](err); said { // of a collector that was asked
		return err
	}
	p := &problem{reason: err.Error(), err: err}
	switch {
	case errors.Is(err, fs.ErrExist):
		p.code, p.whose, p.next = exitUsage, "you", "name another file, or replace a backup with --force"
	case errors.Is(err, store.ErrBusy):
		p.code, p.whose, p.next = exitTemporary, "you", "wait for the other one, or name another file"
	case errors.Is(err, store.ErrDamaged):
		p.code, p.whose, p.next = exitForeign, "this machine", "no backup was made; look at the disk, and restore an older one: collector restore FILE"
	case errors.Is(err, fs.ErrNotExist):
		p.code, p.whose, p.next = exitUsage, "you", "make the folder of "+plain(file)+" first, or name another file"
	case errors.Is(err, fs.ErrPermission):
		p.code, p.whose, p.next = exitReadOnly, "this machine", "name a file in a folder that you may write"
	default:
		return err
	}
	return p
}

// restoreCommand puts a backup in the place of the store.
func (a *app) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore <file>",
		Short: "put a backup in the place of the store, which is kept beside it",
		Long: `Puts the store that a backup holds in the place of the present one, which may be
missing or damaged. It is copied, read through from end to end and made ready first,
and takes the name in one step: a restore that is killed leaves the one or the
other, whole. What was there is kept as <store>.before-restore-<time>.

Stop all collectors first; while one runs nothing is changed.

Collecting goes on from the moment of the backup: what was liked since is read
again, and what was deleted since, users among them, is back: delete it again. What
is spent of the quotas, and sign-ins that were renewed since, come from the store
that is replaced, where it can be read. A reader of the log of changes is told to
read everything once.`,
		Example: `  collector restore likes.backup
  collector restore --store=sqlite:/data/collector.db likes.backup`,
		Args: arguments(1, 1, "one file"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if err := a.inAFile("restored"); err != nil {
				return err
			}
			r, err := sqlite.Restore(c.Context(), a.database(), args[0], store.Options{Now: a.now})
			if err != nil {
				return restoreProblem(err)
			}
			a.sayRestored(r)
			return nil
		}),
	}
}

func (a *app) sayRestored(r sqlite.Restored) {
	a.sayCopy("restored", r.Copy)
	if r.From != r.Schema {
		a.say("  upgraded from schema %d", r.From)
	}
	if r.Aside != "" {
		a.say("The store that was there is kept: %s", line(r.Aside))
	}
	switch {
	case r.Known:
		a.say("Taken over from it: %s, and what is spent of %s.", many(r.SignIns, "sign-in that was renewed since", "sign-ins that were renewed since"), many(r.Quotas, "quota", "quotas"))
	case r.Accounts > 0:
		a.say("No former store could be read: a sign-in that was renewed since the backup is void, and its account will ask to be connected again. What was spent of quotas since then is not known until the services say so.")
	}
	if r.Revived > 0 {
		a.say("Nothing is known of what was revoked since the backup: %s good again. Look at them: collector tokens list", many(r.Revived, "token or feed is", "tokens and feeds are"))
	}
	a.say("What was deleted since the backup is back, also what was purged: delete it again. Readers of the log of changes read everything once, then go on from %d.", r.LastChange)
	if r.Accounts > 0 {
		a.say("The sign-ins need the secret key of then: %s.", a.keyPlace())
	}
}

// restoreProblem says what helps where nothing was restored.
func restoreProblem(err error) error {
	p := &problem{reason: err.Error(), err: err, whose: "you"}
	switch {
	case errors.Is(err, store.ErrBusy):
		p.code, p.next = exitTemporary, "stop every collector and program that has the store open, then run it again; nothing was changed"
	case errors.Is(err, store.ErrDamaged):
		p.code, p.whose, p.next = exitForeign, "this machine", "restore an older backup; nothing was changed"
	case errors.Is(err, store.ErrNewer):
		p.code, p.next = exitNewer, "restore it with the newer collector; nothing was changed"
	case errors.Is(err, store.ErrForeign):
		p.code, p.next = exitForeign, "name a file that collector backup made; nothing was changed"
	case errors.Is(err, store.ErrMissing):
		p.code, p.next = exitNoStore, "look at the name of the backup, and at --store; nothing was changed"
	default:
		return err
	}
	return p
}
