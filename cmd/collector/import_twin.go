package main

import (
	"context"
	"fmt"

	"collector/auth"
	"collector/state"
)

// signIn tells the sign-ins of lines without a name apart. Whose they are is not
// known before their first run, so the credential itself is compared: a file
// that is imported twice, or holds a line twice, makes no second account.
type signIn struct {
	user, provider, server string
	mark                   auth.Mark
}

func (p parsed) signIn() signIn {
	return signIn{p.wish.User, p.info.Provider, p.wish.Server, p.cred.Mark()}
}

// findTwin looks for the account that holds the sign-in of a line without a name
// already. When an earlier line of the batch has it, the batch is saved first.
func (im *importer) findTwin(ctx context.Context, p *parsed) error {
	if p.wish.Name != "" {
		return nil
	}
	if im.signIns == nil {
		if err := im.readSignIns(ctx); err != nil {
			return err
		}
	}
	s := p.signIn()
	if im.pending[s] {
		if err := im.save(ctx); err != nil {
			return err
		}
	}
	if acc, ok := im.signIns[s]; ok {
		p.twin = &acc
		return nil
	}
	im.pending[s] = true
	return nil
}

// readSignIns reads what the store holds, once an import.
func (im *importer) readSignIns(ctx context.Context) error {
	im.signIns, im.pending = map[signIn]state.Account{}, map[signIn]bool{}
	holders, err := im.keeper.Holders(ctx)
	if err != nil {
		return err
	}
	all, err := im.store.Accounts(ctx, "")
	if err != nil {
		return err
	}
	by := map[string]state.Account{}
	for _, acc := range all {
		by[acc.ID] = acc
	}
	for mark, accounts := range holders {
		for _, id := range accounts {
			acc := by[id]
			s := signIn{acc.User, acc.Provider, acc.Server, mark}
			if there, ok := im.signIns[s]; !ok || there.RemoteID == "" { // one whose person is known goes first
				im.signIns[s] = acc
			}
		}
	}
	return nil
}

// existing returns an account that was there. The list of a user's accounts is
// read once, and again for one that this import has added since.
func (im *importer) existing(ctx context.Context, key nameAt) (state.Account, error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	if acc, ok := im.known[key.user][key]; ok {
		return acc, nil
	}
	all, err := im.store.Accounts(ctx, key.user)
	if err != nil {
		return state.Account{}, err
	}
	of := map[nameAt]state.Account{}
	for _, acc := range all {
		of[nameAt{acc.User, acc.Provider, acc.Server, acc.Name}] = acc
	}
	im.known[key.user] = of
	acc, ok := of[key]
	if !ok {
		return acc, fmt.Errorf("looking for the account %s: %w", key.name, state.ErrNotFound)
	}
	return acc, nil
}
