package webhook

import (
	"context"
	"strings"

	"collector/auth"
)

// Vault is a vault whose sealed values include the secrets of endpoints, after all
// others: for the change of the secret key.
type Vault struct{ auth.Vault }

// Credentials implements auth.Store.
func (v Vault) Credentials(ctx context.Context, after string, n int) ([]auth.Record, error) {
	if !strings.HasPrefix(after, accounts) {
		out, err := v.Vault.Credentials(ctx, after, n)
		if err != nil || len(out) > 0 {
			return out, err
		}
		after = ""
	}
	all, err := Book{v.Vault}.List(ctx)
	if err != nil {
		return nil, err
	}
	all = all[at(all, strings.TrimPrefix(after, accounts))+1:]
	var out []auth.Record
	for _, e := range all[:min(n, len(all))] {
		out = append(out, e.Secret)
	}
	return out, nil
}

// SaveCredential implements auth.Store.
func (v Vault) SaveCredential(ctx context.Context, r auth.Record) error {
	id, ours := strings.CutPrefix(r.Account, accounts)
	if !ours {
		return v.Vault.SaveCredential(ctx, r)
	}
	b := Book{v.Vault}
	e, err := b.Get(ctx, id)
	if err != nil {
		return auth.ErrConflict // it was removed meanwhile
	}
	if e.Secret.Version != r.Version {
		return auth.ErrConflict
	}
	r.Version++
	e.Secret = r
	return b.Put(ctx, e)
}
