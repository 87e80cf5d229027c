package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"collector/control/words"
	"collector/state"
	"collector/store"
)

// Find returns one network by its name, service/account with its params. user "" looks
// at those of all users: a name that two of them have needs the user.
func Find(ctx context.Context, st store.Accounts, user, name string) (state.Network, error) {
	found, err := Called(ctx, st, store.Filter{User: user}, name)
	if err != nil {
		return state.Network{}, err
	}
	if err := OneUser(found, name); err != nil {
		return state.Network{}, err
	}
	service, _, _ := strings.Cut(name, "/")
	switch {
	case len(found) == 0:
		return state.Network{}, unknownNetwork(ctx, st, user, name)
	case len(found) > 1:
		return state.Network{}, you(Wrong, "give one of them another name: collector connect "+service+" --name NAME", "%s is the name of %d networks of the user %s", name, len(found), found[0].User)
	}
	return found[0], nil
}

// Called returns the networks of a name among those of a filter.
func Called(ctx context.Context, st store.Accounts, f store.Filter, name string) (found []state.Network, err error) {
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

// ErrSeveralUsers is the cause where a name is that of networks of several users.
var ErrSeveralUsers = errors.New("several users have a network of this name")

// OneUser refuses networks of one name that belong to several users.
func OneUser(found []state.Network, name string) error {
	var users []string
	for _, n := range found {
		users = append(users, n.User)
	}
	slices.Sort(users)
	if users = slices.Compact(users); len(users) > 1 {
		p := you(Wrong, "add --user "+users[0], "%d users have a network %s: %s", len(users), name, strings.Join(users, ", "))
		p.Err = ErrSeveralUsers
		return p
	}
	return nil
}

// unknownNetwork suggests near names. It reads at most as many as a list shows.
func unknownNetwork(ctx context.Context, st store.Accounts, user, name string) error {
	all, err := st.Networks(ctx, store.Filter{User: user, Limit: StatusMost})
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
	switch near := words.Nearest(name, known); {
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
	return you(Unknown, next, "there is no network %q%s", words.Plain(name), of)
}

// Choose returns the named networks, or all of them.
func Choose(ctx context.Context, st store.Accounts, user string, names []string, all bool) ([]state.Network, error) {
	if all == (len(names) > 0) {
		return nil, you(Wrong, "for example github/octocat; collector accounts list shows the names", "name networks or give --all, one of the two")
	}
	if all {
		return st.Networks(ctx, store.Filter{User: user})
	}
	var out []state.Network
	for _, name := range names {
		n, err := Find(ctx, st, user, name)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}
