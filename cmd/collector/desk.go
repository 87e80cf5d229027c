package main

import (
	"context"
	"io"
	"time"

	"collector/control"
	"collector/control/bring"
	"collector/store"
	"collector/web/remote"
)

// desk is where commands ask and wish: over the store here, or at a collector that runs.
// "" as a user stands for whatever whoever asks may see.
type desk interface {
	Status(ctx context.Context, user, network string) (control.Status, error)
	Top(ctx context.Context) (control.Top, error)
	Accounts(ctx context.Context, user string) ([]control.Account, error)
	Explain(ctx context.Context, user, network string) (control.Explained, error)
	Results(ctx context.Context, s control.Search) (control.Results, error)
	Changes(ctx context.Context, user string, since int64, n int) (list []control.Change, next int64, err error)
	LastChange(ctx context.Context) (int64, error)

	Sync(ctx context.Context, w control.Wish, full bool) (done []control.Done, works bool, err error)
	AcceptRemovals(ctx context.Context, w control.Wish) (done []control.Done, works bool, err error)
	SetPaused(ctx context.Context, w control.Wish, paused bool) ([]control.Done, error)

	Remove(ctx context.Context, w control.Removing) (control.Removed, error)
	Connect(ctx context.Context, ask control.Connecting) (control.SignedIn, error)
	Import(ctx context.Context, x *bring.Export, o bring.Options) (*bring.Report, error)
	Enrol(ctx context.Context, lines io.Reader, e control.Enrolment) (control.Enrolled, error)
	Push(ctx context.Context, w control.Pushing) (control.Pushed, error) // what it came to is told whatever the error
	TestNotify(ctx context.Context) ([]control.Told, error)

	deskOfJobs
	deskOfMessages
	deskOfLetting
	deskOfWebhooks

	Export(ctx context.Context, e control.Export, to io.Writer) (n int, err error) // n -1: it is not known
	AddExport(ctx context.Context, e control.Export) (control.AddedExport, error)
	PurgeUser(ctx context.Context, user string) (control.PurgedUser, error)
	CleanUsers(ctx context.Context, after time.Duration, dry bool) (control.Cleaning, error)
	UsersSeen(ctx context.Context, users []string) error
	Sonify(ctx context.Context, w control.Sounding, to io.Writer) (control.Sounded, error) // Seconds 0: it is not known
	Backup(ctx context.Context, file string, force bool) (control.Copy, error)             // into a file here
	NoteBackup(ctx context.Context, b control.LastBackup) error                            // once somebody has the backup
}

// atCollector is the desk at a collector that runs.
type atCollector struct{ *remote.Client }

// atStore is the desk over a store that is open.
type atStore struct {
	a  *app
	st store.Store
}

func (d atStore) panel() *control.Panel { return d.a.panel(d.st) }

func (d atStore) Status(ctx context.Context, user, name string) (control.Status, error) {
	return d.panel().StatusOf(ctx, user, name, d.a.now())
}

func (d atStore) Accounts(ctx context.Context, user string) ([]control.Account, error) {
	return d.panel().Accounts(ctx, user)
}

func (d atStore) Explain(ctx context.Context, user, name string) (control.Explained, error) {
	return d.panel().Explain(ctx, user, name, d.a.now())
}

func (d atStore) Results(ctx context.Context, s control.Search) (control.Results, error) {
	now := d.a.now()
	expr, _, err := control.Understood(s.Query, now) // the mistake was shown
	if err != nil {
		return control.Results{}, err
	}
	return d.panel().Results(ctx, s, expr, now)
}

func (d atStore) Changes(ctx context.Context, user string, since int64, n int) ([]control.Change, int64, error) {
	return d.panel().ChangesSince(ctx, user, since, n)
}

func (d atStore) LastChange(ctx context.Context) (int64, error) { return d.st.LastChange(ctx) }

func (d atStore) Sync(ctx context.Context, w control.Wish, full bool) ([]control.Done, bool, error) {
	done, err := d.panel().Sync(ctx, w, full, d.a.now())
	return d.wished(ctx, done, err)
}

func (d atStore) AcceptRemovals(ctx context.Context, w control.Wish) ([]control.Done, bool, error) {
	done, err := d.panel().AcceptRemovals(ctx, w, d.a.now())
	return d.wished(ctx, done, err)
}

// wished says whether a collector runs that does what was wished for.
func (d atStore) wished(ctx context.Context, done []control.Done, err error) ([]control.Done, bool, error) {
	if err != nil {
		return done, false, err
	}
	works, err := d.panel().Works(ctx, d.a.now())
	return done, works, err
}

func (d atStore) SetPaused(ctx context.Context, w control.Wish, paused bool) ([]control.Done, error) {
	return d.panel().SetPaused(ctx, w, paused, d.a.now())
}

func (d atStore) Export(ctx context.Context, e control.Export, to io.Writer) (int, error) {
	if e.Network != "" {
		n, err := network(ctx, d.st, e.User, e.Network)
		if err != nil {
			return 0, err
		}
		e.Network = n.ID
	}
	return d.a.writeExport(ctx, d.st, e, d.a.now(), to, func(int) {})
}

func (d atStore) AddExport(ctx context.Context, e control.Export) (control.AddedExport, error) {
	if d.a.simulated {
		return control.AddedExport{}, simulatedStore(d.st)
	}
	return d.panel().AddExport(ctx, e, d.a.now())
}
