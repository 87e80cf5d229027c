package control

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/control/words"
	"collector/state"
	"collector/store"
)

// UnknownAccount is the name of an account of which an export tells nothing.
const UnknownAccount = "imported"

// NotTheirs says that a credential is another person's than the account.
type NotTheirs struct{ Err error }

// Error is the reason.
func (e *NotTheirs) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *NotTheirs) Unwrap() error { return e.Err }

// whose finds the account that somebody signs in again who asks for what is wanted and is
// the person that the service named; false where he has none yet. NotTheirs where it is
// another person's, a Problem where its name is taken.
func (p *Panel) whose(ctx context.Context, in connectors.Info, w Wanted, id connectors.Identity) (state.Account, bool, error) {
	acc, known, err := accountFor(ctx, p.Store, in, w, id)
	if err != nil {
		return acc, known, err
	}
	if known {
		if err := auth.SamePerson(connectors.Identity{ID: acc.RemoteID, Name: acc.Name}, id); err != nil {
			return acc, known, &NotTheirs{err}
		}
	}
	return acc, known, nameTaken(ctx, p.Store, in, w, id, known)
}

// connected is what was saved.
type connected struct {
	network  state.Network
	again    bool // it was there, and is signed in again
	imported int  // items that an import had brought, which it goes on with
}

// save saves what somebody wants whose account was looked for by whose: the account,
// unless it is known, its credential by keep, and the network, which is due at once.
func (p *Panel) save(ctx context.Context, in connectors.Info, w Wanted, id connectors.Identity, acc state.Account, known bool, keep func(ctx context.Context, account string) error, now time.Time) (connected, error) {
	st := p.Store
	var err error
	if !known {
		if acc, err = NewAccount(ctx, st, in, w, id, now); err != nil {
			return connected{}, err
		}
	}
	if err := keep(ctx, acc.ID); err != nil {
		return connected{}, err
	}
	if id.ID != "" {
		if err := st.Learn(ctx, acc.ID, state.Identity{ID: id.ID, Name: id.Name, Scopes: id.Scopes}); err != nil {
			return connected{}, err
		}
	}
	if acc, err = st.Account(ctx, acc.ID); err != nil {
		return connected{}, err
	}
	n := NetworkOf(acc, in, w, NewID(), now)
	err = st.AddNetworks(ctx, []state.Network{n})
	again := errors.Is(err, state.ErrExists)
	if err != nil && !again {
		return connected{}, err
	}
	imported, err := GoOn(ctx, st, n, now)
	if err != nil {
		return connected{}, err
	}
	if known || again { // a new network is due already, and not for a new sign-in
		if err := st.Reconnected(ctx, acc.ID, now); err != nil {
			return connected{}, err
		}
	}
	return connected{n, again && imported == 0, imported}, nil
}

// accountFor finds the account that is signed in again: the one of the same
// person, or the one with the given name.
func accountFor(ctx context.Context, st store.Accounts, in connectors.Info, w Wanted, id connectors.Identity) (state.Account, bool, error) {
	all, err := st.Accounts(ctx, w.User)
	if err != nil {
		return state.Account{}, false, err
	}
	for _, acc := range all {
		same := acc.Provider == in.Provider && acc.Server == w.Server
		if same && (w.Name != "" && acc.Name == w.Name || w.Name == "" && id.ID != "" && acc.RemoteID == id.ID) {
			return acc, true, nil
		}
	}
	for _, acc := range all { // a name that is new, for a person who is not
		if acc.Provider == in.Provider && acc.Server == w.Server && id.ID != "" && acc.RemoteID == id.ID {
			return acc, true, nil
		}
	}
	for _, acc := range all { // an import made it before it was known whose it is
		unnamed := acc.Name == UnknownAccount || acc.Name == id.Name
		if acc.Provider == in.Provider && acc.Server == w.Server && acc.RemoteID == "" && id.ID != "" && w.Name == "" && unnamed {
			if only, err := onlyImported(ctx, st, acc); err != nil || only {
				return acc, only, err
			}
		}
	}
	return state.Account{}, false, nil
}

// nameTaken refuses a new account whose name at the service another account of
// the user was given: two networks of one name could not be told apart.
func nameTaken(ctx context.Context, st store.Accounts, in connectors.Info, w Wanted, id connectors.Identity, known bool) error {
	if known || w.Name != "" {
		return nil
	}
	all, err := st.Accounts(ctx, w.User)
	if err != nil {
		return err
	}
	for _, acc := range all {
		if acc.Provider == in.Provider && acc.Name == id.Name {
			return you(Wrong, fmt.Sprintf("collector connect %s --name NAME", in.Name), "another account of %s is called %s already; nothing was saved", words.Line(w.User), words.Line(id.Name))
		}
	}
	return nil
}

// onlyImported tells whether all lists of an account came from imports, so that
// whoever signs in for its service may be the one they belong to.
func onlyImported(ctx context.Context, st store.Accounts, acc state.Account) (bool, error) {
	all, err := st.Networks(ctx, store.Filter{AccountID: acc.ID})
	for _, n := range all {
		if n.Condition != state.Imported {
			return false, nil
		}
	}
	return len(all) > 0, err
}

// GoOn begins to collect a list that was imported so far, once somebody has signed in
// for it, and returns how many items it has.
func GoOn(ctx context.Context, st store.Accounts, signedIn state.Network, now time.Time) (items int, err error) {
	all, err := st.Networks(ctx, store.Filter{AccountID: signedIn.AccountID, Service: signedIn.Service})
	if err != nil {
		return 0, err
	}
	for _, n := range all {
		if n.Condition == state.Imported && maps.Equal(n.Params, signedIn.Params) {
			if err := st.SetPaused(ctx, n.ID, false, now); err != nil {
				return 0, err
			}
			items += n.Items
		}
	}
	return items, nil
}
