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

// hydrates tells whether a service can be asked for the details of single items.
func (a *app) hydrates(service string) bool {
	c, _ := a.offered(service)
	_, can := c.(connectors.Hydrator)
	return can
}

// network finds one network by its name, service/account with its params. user
// "" looks at those of all users: a name that two of them have needs --user.
func network(ctx context.Context, st store.Accounts, user, name string) (state.Network, error) {
	found, err := called(ctx, st, store.Filter{User: user}, name)
	if err != nil {
		return state.Network{}, err
	}
	if err := oneUser(found, name); err != nil {
		return state.Network{}, err
	}
	service, _, _ := strings.Cut(name, "/")
	switch {
	case len(found) == 0:
		return state.Network{}, unknownNetwork(ctx, st, user, name)
	case len(found) > 1:
		return state.Network{}, you(exitUsage, "give one of them another name: collector connect "+service+" --name NAME", "%s is the name of %d networks of the user %s", name, len(found), found[0].User)
	}
	return found[0], nil
}

// called returns the networks of a name among those of a filter.
func called(ctx context.Context, st store.Accounts, f store.Filter, name string) (found []state.Network, err error) {
	service, account, ok := strings.Cut(name, "/")
	if !ok || service == "" { // an imported account has no name before its first run: "github/"
		return nil, nil
	}
	for f.Service, f.Account = service, account; ; {
		all, err := st.Networks(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, n := range all {
			if n.Name() == name {
				found = append(found, n)
			}
		}
		cut := strings.LastIndexByte(f.Account, ':')
		if cut < 0 {
			return found, nil
		}
		f.Account = f.Account[:cut]
	}
}

// oneUser refuses networks of one name that belong to several users.
func oneUser(found []state.Network, name string) error {
	var users []string
	for _, n := range found {
		users = append(users, n.User)
	}
	slices.Sort(users)
	if users = slices.Compact(users); len(users) > 1 {
		return you(exitUsage, "add --user "+users[0], "%d users have a network %s: %s", len(users), name, strings.Join(users, ", "))
	}
	return nil
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
