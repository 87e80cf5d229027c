package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"collector/auth"
	"collector/limit"
	"collector/state"
	"collector/store"
)

// UpdateQuotas lets fn change the rows of keys, all or none.
func (s *Store) UpdateQuotas(ctx context.Context, keys []string, fn func([]*limit.Row) error) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	rows := make([]*limit.Row, len(keys))
	for i, key := range keys {
		row, err := cloneRow(s.rows[key])
		if err != nil {
			return err
		}
		row.Key = key
		rows[i] = &row
	}
	if err := fn(slices.Clone(rows)); err != nil {
		return err
	}
	changed := map[string]limit.Row{}
	for i, key := range keys {
		row, err := cloneRow(*rows[i])
		if err != nil {
			return err
		}
		row.Key = key
		changed[key] = row
	}
	maps.Copy(s.rows, changed)
	return nil
}

// Quotas returns the rows whose key begins with prefix, sorted by key.
func (s *Store) Quotas(ctx context.Context, prefix string) ([]limit.Row, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var out []limit.Row
	for _, key := range slices.Sorted(maps.Keys(s.rows)) {
		if strings.HasPrefix(key, prefix) {
			row, err := cloneRow(s.rows[key])
			if err != nil {
				return nil, err
			}
			out = append(out, row)
		}
	}
	return out, nil
}

// QuotaRows returns the rows of keys.
func (s *Store) QuotaRows(ctx context.Context, keys []string) (out []limit.Row, err error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		r, there := s.rows[key]
		if !there {
			continue
		}
		row, err := cloneRow(r)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// Owing returns the keys of the rows in which one of some processes has calls outstanding.
func (s *Store) Owing(ctx context.Context, processes []string) (keys []string, err error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	for _, key := range slices.Sorted(maps.Keys(s.rows)) {
		if r := s.rows[key]; r.Owes(processes) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// cloneRow copies a row by way of JSON, as the other stores keep it.
func cloneRow(r limit.Row) (limit.Row, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return limit.Row{}, fmt.Errorf("copying the quota %s: %w", r.Key, err)
	}
	c := limit.Row{Key: r.Key}
	if err := json.Unmarshal(b, &c); err != nil {
		return limit.Row{}, fmt.Errorf("copying the quota %s: %w", r.Key, err)
	}
	return c, nil
}

// Credential returns the record of an account.
func (s *Store) Credential(ctx context.Context, account string) (auth.Record, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return auth.Record{}, err
	}
	defer end()
	r, ok := s.sealed[account]
	if !ok {
		return auth.Record{}, fmt.Errorf("account %q: %w", account, auth.ErrNone)
	}
	r.Sealed = slices.Clone(r.Sealed)
	return r, nil
}

// SaveCredential replaces the record that has the version of r.
func (s *Store) SaveCredential(ctx context.Context, r auth.Record) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	if s.sealed[r.Account].Version != r.Version {
		return auth.ErrConflict
	}
	r.Version++
	r.Sealed = slices.Clone(r.Sealed)
	s.sealed[r.Account] = r
	return nil
}

// Credentials lists records in order of account.
func (s *Store) Credentials(ctx context.Context, after string, most int) ([]auth.Record, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var out []auth.Record
	for _, account := range slices.Sorted(maps.Keys(s.sealed)) {
		if account > after && len(out) < most {
			r := s.sealed[account]
			r.Sealed = slices.Clone(r.Sealed)
			out = append(out, r)
		}
	}
	return out, nil
}

// LeaseRefresh takes the right to refresh a credential.
func (s *Store) LeaseRefresh(ctx context.Context, account, owner string, now, until time.Time) (bool, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return false, err
	}
	defer end()
	if r, ok := s.refresh[account]; ok && r.owner != owner && r.until.After(now) {
		return false, nil
	}
	s.refresh[account] = refresh{owner, until}
	return true, nil
}

// EndRefresh gives the right back.
func (s *Store) EndRefresh(ctx context.Context, account, owner string) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	if s.refresh[account].owner == owner {
		delete(s.refresh, account)
	}
	return nil
}

// Heartbeat records that an instance lives, and returns what is wished of it.
func (s *Store) Heartbeat(ctx context.Context, in store.Instance) (store.Wish, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	if is, there := s.beats[in.ID]; there {
		in.Wish = is.Wish
	}
	if in.Vitals != nil {
		of := *in.Vitals
		in.Vitals = &of
	}
	s.beats[in.ID] = in
	return in.Wish, nil
}

// Ask says what is wished of an instance.
func (s *Store) Ask(ctx context.Context, id string, w store.Wish) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	in, there := s.beats[id]
	if !there {
		return fmt.Errorf("instance %s: %w", id, state.ErrNotFound)
	}
	in.Wish = w
	s.beats[id] = in
	return nil
}

// Beats returns the instances seen at since or later, by id.
func (s *Store) Beats(ctx context.Context, since time.Time) ([]store.Instance, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var out []store.Instance
	for _, in := range s.beats {
		if !in.Seen.Before(since) {
			out = append(out, in)
		}
	}
	slices.SortFunc(out, func(a, b store.Instance) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// Leave removes an instance at shutdown.
func (s *Store) Leave(ctx context.Context, id string) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	delete(s.beats, id)
	return nil
}
