package fleet

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"collector/limit"
)

// table is the ledger's rows, for all instances: a run has one goroutine, but for the
// ledger, which frees what is reserved side by side. Rows are copied once a change, since
// there are millions of changes.
type table struct {
	mu   sync.Mutex
	rows map[string]*limit.Row
}

func newTable() *table { return &table{rows: map[string]*limit.Row{}} }

// UpdateQuotas changes rows; see limit.Store.
func (t *table) UpdateQuotas(_ context.Context, keys []string, fn func([]*limit.Row) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := make([]*limit.Row, len(keys))
	for i, k := range keys {
		rows[i] = &limit.Row{Key: k}
		if r := t.rows[k]; r != nil {
			*rows[i] = *r
			rows[i].Log, rows[i].Lent = slices.Clone(r.Log), slices.Clone(r.Lent)
			rows[i].Asked, rows[i].ByClass, rows[i].Procs = maps.Clone(r.Asked), maps.Clone(r.ByClass), maps.Clone(r.Procs)
		}
	}
	if err := fn(rows); err != nil {
		return err
	}
	for _, r := range rows {
		t.rows[r.Key] = r
	}
	return nil
}

// Owing lists the keys of rows by who owes them; see limit.Store.
func (t *table) Owing(_ context.Context, processes []string) (keys []string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, r := range t.rows {
		if r.Owes(processes) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// Quotas lists rows by key; see limit.Store. A whole key is found at once. What is
// returned is only read before the next change.
func (t *table) Quotas(_ context.Context, prefix string) ([]limit.Row, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.rows[prefix]; r != nil {
		return []limit.Row{*r}, nil
	}
	var out []limit.Row
	for k, r := range t.rows {
		if strings.HasPrefix(k, prefix) {
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b limit.Row) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}
