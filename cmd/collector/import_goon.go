package main

import (
	"context"
	"maps"

	"collector/state"
	"collector/store"
)

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

// goOn begins to collect a list that was imported so far, once somebody has signed in
// for it, and returns how many items it has.
func (a *app) goOn(ctx context.Context, st store.Accounts, signedIn state.Network) (items int, err error) {
	all, err := st.Networks(ctx, store.Filter{AccountID: signedIn.AccountID, Service: signedIn.Service})
	if err != nil {
		return 0, err
	}
	for _, n := range all {
		if n.Condition == state.Imported && maps.Equal(n.Params, signedIn.Params) {
			if err := st.SetPaused(ctx, n.ID, false, a.now()); err != nil {
				return 0, err
			}
			items += n.Items
		}
	}
	return items, nil
}
