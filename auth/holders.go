package auth

import (
	"context"
	"crypto/sha256"
	"fmt"
)

// Mark tells whether two credentials are the same sign-in. It is a hash, good
// for a comparison in memory, and never stored or shown.
type Mark [sha256.Size]byte

// Mark returns the credential's mark: of who signs in where a password does it,
// else of the access or the refresh token. Tokens that a provider replaces lose
// their mark with the next refresh.
func (c Credential) Mark() Mark {
	for _, part := range []struct {
		kind string
		text Secret
	}{{"identifier", c.Identifier}, {"access", c.Access}, {"refresh", c.Refresh}} {
		if !part.text.Empty() {
			return sha256.Sum256([]byte(part.kind + "\x00" + part.text.Reveal()))
		}
	}
	return Mark{}
}

// Holders returns which accounts hold a credential, by its mark: how an import
// finds that a sign-in without a name is there already. It opens every
// credential of the store once.
func (k *Keeper) Holders(ctx context.Context) (map[Mark][]string, error) {
	out := map[Mark][]string{}
	for after := ""; ; {
		records, err := k.store.Credentials(ctx, after, 200)
		if err != nil {
			return nil, fmt.Errorf("listing the sign-ins: %w", err)
		}
		for _, r := range records {
			c, err := k.ring.OpenCredential(r)
			if err != nil {
				return nil, fmt.Errorf("opening the sign-in of account %s: %w", r.Account, err)
			}
			out[c.Mark()] = append(out[c.Mark()], r.Account)
			after = r.Account
		}
		if len(records) == 0 {
			return out, nil
		}
	}
}
