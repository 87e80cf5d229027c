package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"collector/auth"
	"collector/state"
	"collector/store"
	"collector/store/memory"
	"collector/store/mongo"
	"collector/store/sqlite"
)

// backends are the kinds of store, by the first word of --store.
func backends() map[string]store.Opener {
	return map[string]store.Opener{"sqlite": sqlite.Open, "mongodb": mongo.Open, "mongodb+srv": mongo.OpenSRV, "memory": memory.Open}
}

// withStore runs fn over a store that must exist, without the secret key.
func (a *app) withStore(ctx context.Context, fn func(context.Context, store.Store) error) error {
	if err := a.hasStore(); err != nil {
		return err
	}
	return a.withNewStore(ctx, "", fn)
}

// hasStore refuses a file that is not there.
func (a *app) hasStore() error {
	if path := a.database(); path != "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return you(exitNoStore, "collector connect github   makes one; or name yours with --store=sqlite:FILE", "there is no store at %s", path)
		}
	}
	return nil
}

// withNewStore runs fn over a store that is made when there is none. owner is
// the instance id of a daemon, "" for commands that hold no leases.
func (a *app) withNewStore(ctx context.Context, owner string, fn func(context.Context, store.Store) error) (err error) {
	return a.opened(ctx, store.Options{Owner: owner}, fn)
}

// withReadStore is withStore for what only reads: it also opens a store that is
// read-only.
func (a *app) withReadStore(ctx context.Context, fn func(context.Context, store.Store) error) error {
	if err := a.hasStore(); err != nil {
		return err
	}
	return a.opened(ctx, store.Options{Reading: true}, fn)
}

func (a *app) opened(ctx context.Context, o store.Options, fn func(context.Context, store.Store) error) (err error) {
	o.Lease, o.Now = a.conf.Lease, a.now
	st, err := store.Open(ctx, a.conf.Store, backends(), o)
	if err != nil {
		return fmt.Errorf("opening the store: %w", err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if shared, ok := st.(*mongo.Store); ok { // the processes of all machines have one clock
		own := a.now
		a.now = shared.Now
		defer func() { a.now = own }()
	}
	sim, err := st.Meta(ctx, store.MetaSimulated)
	if err != nil {
		return err
	}
	a.simulated = sim == "1"
	if err := a.whole(ctx, st); err != nil {
		return err
	}
	return fn(ctx, st)
}

// whole refuses a store that is being moved into: half of it is not there yet.
func (a *app) whole(ctx context.Context, st store.Store) error {
	half, err := st.Meta(ctx, store.MetaMoving)
	if err != nil || half == "" || a.moving {
		return err
	}
	return you(exitForeign, "run the same `collector migrate` again: it goes on where it was interrupted", "%s is being moved into, and not all is there yet", st.Describe())
}

// database is the file of an SQLite store, "" for other kinds.
func (a *app) database() string {
	kind, rest, _ := strings.Cut(a.conf.Store, ":")
	if kind != "sqlite" {
		return ""
	}
	return rest
}

// keys says where the secret key is looked for.
func (a *app) keys() auth.KeySource {
	src := auth.KeySource{
		Text:        a.conf.SecretKey.Secret,
		File:        a.conf.SecretKeyFile,
		Credentials: a.getenv("CREDENTIALS_DIRECTORY"),
	}
	if path := a.database(); path != "" {
		src.Beside = auth.KeyFileBeside(path)
	}
	return src
}

// keyring opens the secret key and proves that it is the store's.
func (a *app) keyring(ctx context.Context, st store.Store) (*auth.Keyring, error) {
	src := a.keys()
	if a.database() == "" && strings.HasPrefix(a.conf.Store, "memory:") && src.Path() == "" && src.Text.Empty() {
		dir, err := os.MkdirTemp("", "collector-key-") // a store that ends with the process has a key that does too
		if err != nil {
			return nil, fmt.Errorf("making a folder for the secret key: %w", err)
		}
		defer os.RemoveAll(dir)
		src.Beside = filepath.Join(dir, "collector.key")
	}
	ring, err := auth.OpenKeyring(ctx, st, src)
	switch {
	case errors.Is(err, state.ErrUnavailable): // nothing is wrong with the key
		return nil, err
	case errors.Is(err, auth.ErrWrongKey):
		where := src.Path()
		if where == "" {
			where = "COLLECTOR_SECRET_KEY"
		}
		return nil, &problem{
			code: exitWrongKey, err: err, whose: "you", reason: err.Error(),
			next: "put back the key that this store was made with, at " + where + "; nothing was changed",
		}
	case err != nil:
		return nil, &problem{
			code: exitConfig, err: err, whose: "you", reason: err.Error(),
			next: "mend the secret key, or name its file with COLLECTOR_SECRET_KEY_FILE; nothing was changed",
		}
	}
	return ring, nil
}
