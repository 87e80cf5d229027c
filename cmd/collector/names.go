package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"collector/cmd/collector/internal/config"
	"collector/connectors"
	"collector/state"
	"collector/store"
)

// service finds a connector by the name of its service.
func (a *app) service(name string) (connectors.Connector, error) {
	var known []string
	for _, c := range a.offers {
		if c.Info().Name == name {
			return c, nil
		}
		known = append(known, c.Info().Name)
	}
	next := "collector connectors   lists all services"
	if near := config.Nearest(name, known); near != "" {
		next = fmt.Sprintf("did you mean %q? `collector connectors` lists all services", near)
	}
	return nil, you(exitUsage, next, "there is no service %q", plain(name))
}

// offered returns the connector of a network; false when this program has none
// (a store that a newer collector wrote to).
func (a *app) offered(service string) (connectors.Connector, bool) {
	i := slices.IndexFunc(a.offers, func(c connectors.Connector) bool { return c.Info().Name == service })
	if i < 0 {
		return nil, false
	}
	return a.offers[i], true
}

// network finds one network by its name, service/account with its params. user
// "" looks at those of all users: a name that two of them have needs --user.
func network(ctx context.Context, st store.Accounts, user, name string) (state.Network, error) {
	service, rest, ok := strings.Cut(name, "/")
	if !ok || service == "" { // an imported account has no name before its first run: "github/"
		return state.Network{}, unknownNetwork(ctx, st, user, name)
	}
	var found []state.Network
	for account := rest; ; {
		all, err := st.Networks(ctx, store.Filter{User: user, Service: service, Account: account})
		if err != nil {
			return state.Network{}, err
		}
		for _, n := range all {
			if n.Name() == name {
				found = append(found, n)
			}
		}
		cut := strings.LastIndexByte(account, ':')
		if cut < 0 {
			break
		}
		account = account[:cut]
	}
	switch {
	case len(found) == 0:
		return state.Network{}, unknownNetwork(ctx, st, user, name)
	case len(found) > 1:
		var users []string
		for _, n := range found {
			users = append(users, n.User)
		}
		if slices.Sort(users); len(slices.Compact(slices.Clone(users))) == 1 {
			return state.Network{}, you(exitUsage, "give one of them another name: collector connect "+service+" --name NAME", "%s is the name of %d networks of the user %s", name, len(found), users[0])
		}
		return state.Network{}, you(exitUsage, "add --user "+users[0], "%d users have a network %s: %s", len(found), name, strings.Join(users, ", "))
	}
	return found[0], nil
}

// unknownNetwork suggests near names.
func unknownNetwork(ctx context.Context, st store.Accounts, user, name string) error {
	all, err := st.Networks(ctx, store.Filter{User: user})
	if err != nil {
		return err
	}
	var known, same []string
	for _, n := range all {
		known = append(known, n.Name())
		if n.Account == name || n.Service == name {
			same = append(same, n.Name())
		}
	}
	next := "collector accounts list   shows the names"
	switch near := config.Nearest(name, known); {
	case len(all) == 0:
		next = "there is none yet: collector connect github"
	case len(same) > 0:
		next = "did you mean " + strings.Join(same[:min(len(same), 5)], " or ") + "? A network is called service/account"
	case near != "":
		next = fmt.Sprintf("did you mean %q?", near)
	}
	of := ""
	if user != "" {
		of = " of the user " + user
	}
	return you(exitUsage, next, "there is no network %q%s", plain(name), of)
}
