package control

import (
	"context"
	"time"

	"github.com/google/uuid"

	"collector/connectors"
	"collector/state"
	"collector/store"
)

// NewAccount adds an account, named by who wants it, or the service, or its own id.
func NewAccount(ctx context.Context, st store.Accounts, in connectors.Info, w Wanted, id connectors.Identity, now time.Time) (state.Account, error) {
	acc := state.Account{
		ID: NewID(), User: w.User, Provider: in.Provider, Server: w.Server, RemoteID: id.ID,
		Name: w.Name, Given: w.Name != "", Scopes: id.Scopes, CreatedAt: now.UTC(),
	}
	if acc.Name == "" {
		acc.Name = id.Name
	}
	if acc.Name == "" { // until the service names it: every network has a name to call it by
		acc.Name = "unnamed-" + acc.ID[len(acc.ID)-8:]
	}
	return acc, st.AddAccount(ctx, acc)
}

// NetworkOf is a new network of an account.
func NetworkOf(acc state.Account, in connectors.Info, w Wanted, id string, now time.Time) state.Network {
	return state.Network{
		ID: id, AccountID: acc.ID, User: acc.User, Service: in.Name, Provider: acc.Provider, Server: acc.Server,
		Account: acc.Name, RemoteID: acc.RemoteID, Params: w.Params, CreatedAt: now.UTC(),
		Progress: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: now.UTC()},
	}
}

// NewID makes an id that sorts by the time it was made.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }
