package auth

import (
	"context"
	"errors"
	"fmt"
	"os"

	"collector/failpoint"
)

// RotateFile gives a store a new secret key, in the file that holds the present
// one. It can be interrupted anywhere and run again:
//
//  1. the file gets the new key in its first line; the old ones follow, so that
//     everything stays readable;
//  2. every record is sealed anew with the first key, the check value last;
//  3. the old keys leave the file;
//  4. what a running instance sealed with an old key meanwhile is sealed anew.
//
// When step 1 was done by an interrupted run, its key is used: no third one is
// made. Running instances follow, since they read the file when they seal and
// when they meet a key they do not know. It returns how many records were
// sealed anew.
func RotateFile(ctx context.Context, v Vault, path string) (int, error) {
	keys, err := readKeyFile(path, true)
	if err != nil {
		return 0, err
	}
	check, err := v.Meta(ctx, metaKeyCheck)
	if err != nil {
		return 0, fmt.Errorf("reading the key check: %w", err)
	}
	if check != "" {
		if err := (&Keyring{keys: keys}).proves(check); err != nil {
			return 0, err
		}
	}
	if len(keys) == 1 {
		k, err := makeKey()
		if err != nil {
			return 0, err
		}
		keys = append([]key{k}, keys...)
		if err := replaceKeyFile(path, keys); err != nil {
			return 0, err
		}
	}
	if err := failpoint.Hit(ctx, "key.added"); err != nil {
		return 0, err
	}
	ring := &Keyring{keys: keys}
	n, err := Rotate(ctx, v, ring)
	if err != nil {
		return n, err
	}
	if err := failpoint.Hit(ctx, "key.sealed"); err != nil {
		return n, err
	}
	if err := replaceKeyFile(path, keys[:1]); err != nil {
		return n, err
	}
	late, err := Rotate(ctx, v, ring)
	return n + late, err
}

// Rotate seals every record anew that the first key of the ring has not sealed,
// and then the check value. For keys that are not in a file the operator gives
// "NEW,OLD" to all instances, runs it, and then gives "NEW".
func Rotate(ctx context.Context, v Vault, ring *Keyring) (int, error) {
	check, err := v.Meta(ctx, metaKeyCheck)
	if err != nil {
		return 0, fmt.Errorf("reading the key check: %w", err)
	}
	if check != "" {
		if err := ring.proves(check); err != nil {
			return 0, err
		}
	}
	all := 0
	for {
		n, err := rotatePass(ctx, v, ring)
		all += n
		if err != nil {
			return all, err
		}
		if n == 0 {
			break
		}
	}
	_, err = setCheck(ctx, v, ring)
	return all, err
}

// rotatePass goes over all records once and returns how many it sealed anew.
func rotatePass(ctx context.Context, v Vault, ring *Keyring) (int, error) {
	n := 0
	for after := ""; ; {
		records, err := v.Credentials(ctx, after, 200)
		if err != nil {
			return n, fmt.Errorf("reading sealed sign-ins: %w", err)
		}
		if len(records) == 0 {
			return n, nil
		}
		for _, r := range records {
			after = r.Account
			if r.KeyID == ring.IDs()[0] {
				continue
			}
			if err := reseal(ctx, v, ring, r); err != nil {
				return n, err
			}
			n++
		}
	}
}

// reseal seals one record anew. One that changed meanwhile is left to the next
// pass.
func reseal(ctx context.Context, v Vault, ring *Keyring, r Record) error {
	plain, err := ring.Open(r.Account, fieldCredential, r.Sealed)
	if err != nil {
		return fmt.Errorf("opening the credential of account %s: %w", r.Account, err)
	}
	id, sealed, err := ring.Seal(r.Account, fieldCredential, plain)
	if err != nil {
		return fmt.Errorf("sealing the credential of account %s: %w", r.Account, err)
	}
	r.KeyID, r.Sealed = id, sealed
	if err := v.SaveCredential(ctx, r); err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("saving the credential of account %s: %w", r.Account, err)
	}
	return failpoint.Hit(ctx, "key.record")
}

// replaceKeyFile puts keys in the place of those in path, at once.
func replaceKeyFile(path string, keys []key) error {
	tmp, err := writeKeys(path, keys)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		_ = os.Remove(tmp)
		return fmt.Errorf("replacing the secret key file: %w", err)
	}
	return syncFolder(path)
}
