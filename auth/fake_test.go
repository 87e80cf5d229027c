package auth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// vault is a Vault in memory, with a switch that makes its n-th write fail.
type vault struct {
	mu      sync.Mutex
	records map[string]Record
	meta    map[string]string
	leases  map[string]held
	failAt  int // the write that fails, counted from 1; 0: none
	writes  int
	down    bool // every write fails
}

type held struct {
	owner string
	until time.Time
}

var errDown = errors.New("the store is down")

func newVault() *vault {
	return &vault{records: map[string]Record{}, meta: map[string]string{}, leases: map[string]held{}}
}

func (v *vault) write() error {
	v.writes++
	if v.down || v.writes == v.failAt {
		return errDown
	}
	return nil
}

func (v *vault) Credential(ctx context.Context, account string) (Record, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, ok := v.records[account]
	if !ok {
		return Record{}, ErrNone
	}
	return r, ctx.Err()
}

func (v *vault) SaveCredential(_ context.Context, r Record) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.write(); err != nil {
		return err
	}
	if v.records[r.Account].Version != r.Version {
		return ErrConflict
	}
	r.Version++
	r.Sealed = slices.Clone(r.Sealed)
	v.records[r.Account] = r
	return nil
}

func (v *vault) Credentials(_ context.Context, after string, n int) ([]Record, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []Record
	for _, r := range v.records {
		if r.Account > after {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Record) int { return strings.Compare(a.Account, b.Account) })
	return out[:min(n, len(out))], nil
}

func (v *vault) LeaseRefresh(_ context.Context, account, owner string, now, until time.Time) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if l := v.leases[account]; l.owner != "" && l.owner != owner && l.until.After(now) {
		return false, nil
	}
	v.leases[account] = held{owner, until}
	return true, nil
}

func (v *vault) EndRefresh(_ context.Context, account, owner string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.leases[account].owner == owner {
		delete(v.leases, account)
	}
	return nil
}

func (v *vault) Meta(_ context.Context, key string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.meta[key], nil
}

func (v *vault) SetMeta(_ context.Context, key, value string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.write(); err != nil {
		return err
	}
	v.meta[key] = value
	return nil
}
