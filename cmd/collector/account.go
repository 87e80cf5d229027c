package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"collector/connectors"
	"collector/fetch"
	"collector/state"
	"collector/store"
)

// accountFor finds the account that is signed in again: the one of the same
// person, or the one with the given name.
func accountFor(ctx context.Context, st store.Accounts, in connectors.Info, w wish, id connectors.Identity) (state.Account, bool, error) {
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
		unnamed := acc.Name == unknownAccount || acc.Name == id.Name
		if acc.Provider == in.Provider && acc.Server == w.Server && acc.RemoteID == "" && id.ID != "" && w.Name == "" && unnamed {
			if only, err := onlyImported(ctx, st, acc); err != nil || only {
				return acc, only, err
			}
		}
	}
	return state.Account{}, false, nil
}

func (a *app) newAccount(ctx context.Context, st store.Accounts, in connectors.Info, w wish, id connectors.Identity) (state.Account, error) {
	acc := state.Account{
		ID: newID(), User: w.User, Provider: in.Provider, Server: w.Server, RemoteID: id.ID,
		Name: w.Name, Given: w.Name != "", Scopes: id.Scopes, CreatedAt: a.now().UTC(),
	}
	if acc.Name == "" {
		acc.Name = id.Name
	}
	if acc.Name == "" { // until the service names it: every network has a name to call it by
		acc.Name = "unnamed-" + acc.ID[len(acc.ID)-8:]
	}
	return acc, st.AddAccount(ctx, acc)
}

// networkOf is a new network of an account.
func networkOf(acc state.Account, in connectors.Info, w wish, id string, now time.Time) state.Network {
	return state.Network{
		ID: id, AccountID: acc.ID, User: acc.User, Service: in.Name, Provider: acc.Provider, Server: acc.Server,
		Account: acc.Name, RemoteID: acc.RemoteID, Params: w.Params, CreatedAt: now.UTC(),
		Progress: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: now.UTC()},
	}
}

// newID makes an id that sorts by the time it was made.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// parseParams reads k=v and holds them to what the service declares.
func parseParams(in connectors.Info, pairs []string) (map[string]string, error) {
	given := map[string]string{}
	for _, pair := range pairs {
		k, v, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, you(exitUsage, "write --param name=value", "--param %s has no value", plain(pair))
		}
		given[k] = v
	}
	return given, checkParams(in, given)
}

func checkParams(in connectors.Info, given map[string]string) error {
	var known []string
	for _, p := range in.Params {
		known = append(known, p.Name)
	}
	for k, v := range given {
		if !slices.Contains(known, k) {
			return you(exitUsage, fmt.Sprintf("collector connectors %s   lists its settings", in.Name), "%s has no setting %q", in.Name, plain(k))
		}
		if v == "" || strings.ContainsAny(v, ":/\n") {
			return you(exitUsage, "give it a value without : and /", "the setting %s of %s has the value %q", k, in.Name, plain(v))
		}
	}
	for _, p := range in.Params {
		if p.Required && given[p.Name] == "" {
			return you(exitUsage, fmt.Sprintf("add --param %s=…: %s", p.Name, p.Help), "%s needs the setting %s", in.Name, p.Name)
		}
	}
	return nil
}

// checkWho refuses names that could not be typed again, or not be told apart from
// others on a screen.
func checkWho(user, name string) error {
	for _, n := range []struct{ what, text string }{{"user", user}, {"name", name}} {
		if n.text != line(n.text) || strings.Contains(n.text, " ") || len(n.text) > 200 {
			return you(exitUsage, "choose one without blanks and control characters, of at most 200 bytes", "the %s %q cannot be used", n.what, short(plain(n.text), 40))
		}
	}
	if user == "" {
		return you(exitUsage, "leave --user out for the user me", "the user has no name")
	}
	return nil
}

// serverOf brings what a user calls his server into the form of an origin, and
// refuses one that fetch would not ask: allow is Config.AllowPrivate. (What its
// name leads to is seen when it is dialled.)
func serverOf(in connectors.Info, server string, allow []string) (string, error) {
	switch {
	case server == "" && in.Servers && in.Server == "":
		return "", you(exitUsage, "add --server https://your.server", "%s has many servers: say which is yours", in.Name)
	case server == "" && in.Servers:
		return in.Server, nil
	case server == "":
		return "", nil
	case !in.Servers:
		return "", you(exitUsage, "leave --server out", "%s has no servers to choose from", in.Name)
	}
	normal, err := fetch.NormalizeServer(server, allow...)
	if err != nil {
		return "", you(exitUsage, "write it as https://social.example; list a server of your own network in COLLECTOR_ALLOW_PRIVATE", "the server cannot be used: %w", err)
	}
	return normal, nil
}
