package webhook

import (
	"context"
	"errors"
	"strings"

	"collector/auth"
)

// Vault is a vault whose sealed values include the secrets of endpoints, after all
// others: for the change of the secret key.
type Vault struct {
	auth.Vault
	Endpoints Store
}

// Credentials implements auth.Store.
func (v Vault) Credentials(ctx context.Context, after string, n int) ([]auth.Record, error) {
	id, ours := strings.CutPrefix(after, accounts)
	if !ours {
		out, err := v.Vault.Credentials(ctx, after, n)
		if err != nil || len(out) > 0 {
			return out, err
		}
		id = ""
	}
	list, err := v.Endpoints.List(ctx, id, n)
	if err != nil {
		return nil, err
	}
	var out []auth.Record
	for _, r := range list {
		if r.Damaged != nil {
			return nil, r.Damaged
		}
		out = append(out, r.Secret)
	}
	return out, nil
}

// SaveCredential implements auth.Store.
func (v Vault) SaveCredential(ctx context.Context, r auth.Record) error {
	id, ours := strings.CutPrefix(r.Account, accounts)
	if !ours {
		return v.Vault.SaveCredential(ctx, r)
	}
	have, err := v.Endpoints.Get(ctx, id)
	if errors.Is(err, ErrUnknown) || err == nil && have.Secret.Version != r.Version {
		return auth.ErrConflict // it was removed, or got another secret
	}
	if err != nil {
		return err
	}
	r.Version++
	have.Secret = r
	if _, err = v.Endpoints.Put(ctx, have); errors.Is(err, ErrChanged) {
		return auth.ErrConflict
	}
	return err
}
