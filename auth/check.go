package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
)

const (
	metaKeyCheck = "keyCheck" // the same as store.MetaKeyCheck, which this package cannot import
	fieldCheck   = "keyCheck"
	checkText    = "this key opens this store"
)

// Vault is the part of a store that the secret key protects.
type Vault interface {
	Store
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error
}

// OpenKeyring loads the secret key and proves that it is the store's own. A
// store without a check value (a new one) gets one. ErrWrongKey: the key is
// another one, or missing while the store is sealed; nothing was changed.
func OpenKeyring(ctx context.Context, v Vault, src KeySource) (*Keyring, error) {
	check, err := v.Meta(ctx, metaKeyCheck)
	if err != nil {
		return nil, fmt.Errorf("reading the key check: %w", err)
	}
	some, err := v.Credentials(ctx, "", 1)
	if err != nil {
		return nil, fmt.Errorf("looking for sealed sign-ins: %w", err)
	}
	sealed := check != "" || len(some) > 0
	ring, err := src.Load(!sealed)
	if errors.Is(err, ErrNoKey) && sealed {
		return nil, fmt.Errorf("%w: %w", ErrWrongKey, err)
	}
	if err != nil {
		return nil, err
	}
	if check == "" && len(some) > 0 {
		if _, err := ring.Open(some[0].Account, fieldCredential, some[0].Sealed); err != nil {
			return nil, err
		}
	}
	if check == "" {
		if check, err = setCheck(ctx, v, ring); err != nil {
			return nil, err
		}
	}
	return ring, ring.proves(check)
}

// setCheck stores the check value and returns what is stored then: another
// process may have been quicker.
func setCheck(ctx context.Context, v Vault, ring *Keyring) (string, error) {
	_, sealed, err := ring.Seal("", fieldCheck, []byte(checkText))
	if err != nil {
		return "", err
	}
	if err := v.SetMeta(ctx, metaKeyCheck, base64.StdEncoding.EncodeToString(sealed)); err != nil {
		return "", fmt.Errorf("storing the key check: %w", err)
	}
	check, err := v.Meta(ctx, metaKeyCheck)
	if err != nil {
		return "", fmt.Errorf("reading the key check: %w", err)
	}
	return check, nil
}

// proves says whether the ring opens a check value.
func (r *Keyring) proves(check string) error {
	sealed, err := base64.StdEncoding.DecodeString(check)
	if err != nil {
		return fmt.Errorf("%w: the check value is no base64", ErrDamaged)
	}
	plain, err := r.Open("", fieldCheck, sealed)
	if err != nil {
		return err
	}
	if string(plain) != checkText {
		return fmt.Errorf("%w: the check value says something else", ErrDamaged)
	}
	return nil
}
