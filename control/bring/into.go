package bring

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"collector/connectors"
	"collector/control"
	"collector/control/words"
	"collector/imports"
	"collector/state"
	"collector/store"
)

// destination is the network that a list of an export goes to.
type destination struct {
	network state.Network
	tally   *Tally
}

// listKey tells the lists of an export apart.
func listKey(l imports.List) string {
	return strings.Join(append([]string{l.User, l.Service, l.Account, l.RemoteID}, l.Params...), "\x00")
}

// destination finds the network of a list, or makes one that is only kept.
func (t *taking) destination(ctx context.Context, l imports.List) (*destination, error) {
	key := listKey(l)
	if d := t.targets[key]; d != nil {
		return d, nil
	}
	user := l.User
	if t.User != "" {
		user = t.User
	} else if user == "" {
		user = "me"
	}
	n, found, err := t.find(ctx, user, l)
	if err != nil {
		return nil, err
	}
	if !found && !t.DryRun {
		if n, err = t.make(ctx, user, l); err != nil {
			return nil, err
		}
	}
	name := n.Name()
	if !found && t.DryRun {
		name = t.nameOf(l)
	}
	d := &destination{network: n, tally: t.report.network(user, name, n.Condition == state.Imported || !found)}
	t.targets[key] = d
	return d, nil
}

// nameOf is how the network of a list is called that there is not yet.
func (t *taking) nameOf(l imports.List) string {
	if _, account, ok := strings.Cut(t.Into, "/"); ok {
		return l.Service + "/" + account
	}
	return t.nameIn(l)
}

// nameIn is the name that an export gives a list.
func (t *taking) nameIn(l imports.List) string {
	account := l.Account
	if account == "" {
		account = control.UnknownAccount
	}
	return strings.Join(append([]string{l.Service + "/" + account}, l.Params...), ":")
}

// find looks for the network of a list.
func (t *taking) find(ctx context.Context, user string, l imports.List) (state.Network, bool, error) {
	if t.Into != "" {
		return t.named(ctx, user, l)
	}
	if t.Panel.Store == nil {
		return state.Network{}, false, nil
	}
	all, err := t.Panel.Store.Networks(ctx, store.Filter{User: user, Service: l.Service})
	if err != nil {
		return state.Network{}, false, err
	}
	fits := slices.DeleteFunc(all, func(n state.Network) bool { return !belongs(n, l) })
	switch {
	case len(fits) == 0:
		return state.Network{}, false, nil
	case len(fits) == 1:
		return fits[0], true, nil
	}
	var names []string
	for _, n := range fits {
		names = append(names, n.Name())
	}
	return state.Network{}, false, wrong("--into "+names[0], "the export does not say which of your networks it belongs to: %s", strings.Join(names, ", "))
}

// belongs tells whether a network can be the one of a list.
func belongs(n state.Network, l imports.List) bool {
	if l.RemoteID != "" && n.RemoteID != "" {
		return l.RemoteID == n.RemoteID
	}
	if l.Account != "" && n.Account != control.UnknownAccount && l.Account != n.Account {
		return false
	}
	return l.Account == "" || slices.Equal(l.Params, slices.Collect(func(yield func(string) bool) {
		for _, k := range slices.Sorted(maps.Keys(n.Params)) {
			if !yield(n.Params[k]) {
				return
			}
		}
	}))
}

// named finds the network that --into names. It must be of the service of the list,
// since ids mean nothing in another one; a further list of the same provider goes to
// the same account.
func (t *taking) named(ctx context.Context, user string, l imports.List) (state.Network, bool, error) {
	service, account, ok := strings.Cut(t.Into, "/")
	if !ok || account == "" {
		return state.Network{}, false, wrong("--into "+l.Service+"/NAME", "--into %s is no name of a network: service/account", words.Plain(t.Into))
	}
	if t.providerOf(service) != t.providerOf(l.Service) {
		return state.Network{}, false, wrong("--into "+l.Service+"/NAME, or leave it out", "these likes are of the service %s, and %s is of another", l.Service, words.Plain(t.Into))
	}
	if there, ok := t.lists[l.Service]; ok && there != t.nameIn(l) {
		return state.Network{}, false, wrong("leave --into out: each list has a name in the export", "the export holds several lists: %s and %s", there, t.nameIn(l))
	}
	t.lists[l.Service] = t.nameIn(l)
	if t.Panel.Store == nil {
		return state.Network{}, false, nil
	}
	found, err := control.Called(ctx, t.Panel.Store, store.Filter{User: user}, l.Service+"/"+account)
	if err != nil || len(found) == 0 {
		return state.Network{}, false, err
	}
	return found[0], true, nil
}

// make adds a list that is kept and never collected, under the account it belongs to
// where there is one.
func (t *taking) make(ctx context.Context, user string, l imports.List) (state.Network, error) {
	in := t.infoOf(l.Service)
	w := control.Wanted{User: user, Server: serverIn(in, l.Account), Name: l.Account, Params: paramsOf(in, l.Params)}
	given := t.Into != ""
	if given {
		_, w.Name, _ = strings.Cut(t.Into, "/")
	}
	if err := control.CheckWho(user, w.Name); err != nil {
		return state.Network{}, err
	}
	acc, err := t.accountOf(ctx, in, w, l.RemoteID, given)
	if err != nil {
		return state.Network{}, err
	}
	n := control.NetworkOf(acc, in, w, control.NewID(), t.Now())
	n.Paused, n.Condition, n.Reason = true, state.Imported, "imported, not collected"
	if err := t.Panel.Store.AddNetworks(ctx, []state.Network{n}); err != nil {
		return state.Network{}, err
	}
	return t.Panel.Store.Network(ctx, n.ID)
}

// accountOf finds the account of a list that is made, or adds one.
func (t *taking) accountOf(ctx context.Context, in connectors.Info, w control.Wanted, remote string, given bool) (state.Account, error) {
	all, err := t.Panel.Store.Accounts(ctx, w.User)
	if err != nil {
		return state.Account{}, err
	}
	fits := slices.DeleteFunc(all, func(acc state.Account) bool {
		if acc.Provider != in.Provider || acc.Server != w.Server {
			return true
		}
		if remote != "" && acc.RemoteID != "" {
			return acc.RemoteID != remote
		}
		return w.Name != "" && acc.Name != w.Name
	})
	if len(fits) == 1 {
		return fits[0], nil
	}
	name := w.Name
	if name == "" {
		name = control.UnknownAccount
	}
	acc := state.Account{
		ID: control.NewID(), User: w.User, Provider: in.Provider, Server: w.Server, RemoteID: remote, Name: name, Given: given, CreatedAt: t.Now().UTC(),
	}
	if err := t.Panel.Store.AddAccount(ctx, acc); err != nil {
		return acc, fmt.Errorf("adding the account of the import: %w", err)
	}
	return acc, nil
}

// infoOf is what is known of a service. One that this program has no connector for
// is run by whom its name begins with.
func (t *taking) infoOf(service string) connectors.Info {
	if c, ok := t.Panel.Offered(service); ok {
		return c.Info()
	}
	provider, _, _ := strings.Cut(service, "-")
	return connectors.Info{Name: service, Provider: provider}
}

func (t *taking) providerOf(service string) string { return t.infoOf(service).Provider }

// serverIn is the server of an account whose name tells it: @ada@social.example.
func serverIn(in connectors.Info, account string) string {
	if !in.Servers {
		return ""
	}
	if i := strings.LastIndexByte(account, '@'); i > 0 && i < len(account)-1 {
		return "https://" + account[i+1:]
	}
	return in.Server
}

// paramsOf gives the values of a network's name back the names of its params.
func paramsOf(in connectors.Info, values []string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	var names []string
	for _, p := range in.Params {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	if len(names) < len(values) {
		names = []string{"list"}
		values = []string{strings.Join(values, ":")}
	}
	out := map[string]string{}
	for i, v := range values {
		out[names[i]] = v
	}
	return out
}
