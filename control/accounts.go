package control

import (
	"context"
	"errors"
	"slices"
	"time"

	"collector/auth"
	"collector/control/words"
	"collector/state"
	"collector/store"
)

// Account is one user's sign-in at one provider.
type Account struct {
	User      string   `json:"user"`
	Provider  string   `json:"provider"`
	Server    string   `json:"server,omitempty"`
	Name      string   `json:"name"`
	ID        string   `json:"id"` // at the service; "" until it confirmed one
	Scopes    []string `json:"scopes"`
	Networks  []string `json:"networks"`
	Simulated bool     `json:"simulated,omitempty"`
}

// Accounts lists the accounts of a user with the names of their networks.
func (p *Panel) Accounts(ctx context.Context, user string) ([]Account, error) {
	accounts, err := p.Store.Accounts(ctx, user)
	if err != nil {
		return nil, err
	}
	networks, err := p.Store.Networks(ctx, store.Filter{User: user})
	if err != nil {
		return nil, err
	}
	of := map[string][]string{}
	for _, n := range networks {
		of[n.AccountID] = append(of[n.AccountID], n.Name())
	}
	var out []Account
	for _, acc := range accounts {
		out = append(out, Account{acc.User, acc.Provider, acc.Server, acc.Name, acc.RemoteID, some(acc.Scopes), some(of[acc.ID]), p.Simulated})
	}
	return out, nil
}

// Held is what may be told of how an account is signed in.
type Held struct {
	Since  time.Time // when the account came here
	Scopes []string  // the permissions that the service named; empty where it names none
	Sealed bool      // a credential is kept
}

// Held reads it. The credential itself stays sealed.
func (p *Panel) Held(ctx context.Context, account string) (Held, error) {
	acc, err := p.Store.Account(ctx, account)
	if err != nil {
		return Held{}, err
	}
	_, err = p.Store.Credential(ctx, account)
	out := Held{Since: acc.CreatedAt, Scopes: acc.Scopes, Sealed: err == nil}
	if errors.Is(err, auth.ErrNone) {
		err = nil
	}
	return out, err
}

// some is a list that JSON writes as [] where it is empty.
func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// HasLikes refuses a user of whom nothing is or was collected: a name that is mistyped, whose
// searches nobody would find and migrate would not take along. Someone may always begin.
func HasLikes(ctx context.Context, st store.Accounts, user string) error {
	if user == Someone {
		return nil
	}
	accounts, err := st.Accounts(ctx, user)
	if err != nil || user != "" && len(accounts) > 0 {
		return err
	}
	ended, err := st.Networks(ctx, store.Filter{User: user, Removed: true, Limit: 1})
	if err != nil || user != "" && len(ended) > 0 {
		return err
	}
	return NothingOf(user)
}

// fewLists are read where that may show several users already: who asks for OnlyUser often has them.
const fewLists = 10

// OnlyUser is the user whose all lists are, those that ended with what they found included; ""
// where nobody has one, several users have some, or there are too many to look at.
func (p *Panel) OnlyUser(ctx context.Context) (string, error) {
	for _, most := range []int{fewLists, StatusMost} {
		lists, err := p.Store.Networks(ctx, store.Filter{Removed: true, Limit: most + 1})
		if err != nil || len(lists) == 0 {
			return "", err
		}
		if slices.ContainsFunc(lists, func(n state.Network) bool { return n.User != lists[0].User }) {
			return "", nil
		}
		if len(lists) <= most {
			return lists[0].User, nil
		}
	}
	return "", nil
}

// NothingOf says that a user has nothing here: a name that was mistyped, or of a variable that is not set.
func NothingOf(user string) error {
	return you(Unknown, "collector accounts list   shows the users", "there is nothing of a user %q", words.Plain(user))
}
