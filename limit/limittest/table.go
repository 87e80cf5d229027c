package limittest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"collector/limit"
)

// Table is a limit.Store in memory, for the processes of one run.
type Table struct {
	mu   sync.Mutex
	rows map[string]limit.Row
}

// UpdateQuotas changes rows; see limit.Store.
func (t *Table) UpdateQuotas(_ context.Context, keys []string, fn func([]*limit.Row) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := make([]*limit.Row, len(keys))
	for i, k := range keys {
		row := t.rows[k]
		r := row.Clone()
		r.Key = k
		rows[i] = &r
	}
	if err := fn(rows); err != nil {
		return err
	}
	if t.rows == nil {
		t.rows = map[string]limit.Row{}
	}
	for _, r := range rows {
		t.rows[r.Key] = r.Clone()
	}
	return nil
}

// Owing lists the keys of rows by who owes them; see limit.Store.
func (t *Table) Owing(_ context.Context, processes []string) (keys []string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range slices.Sorted(maps.Keys(t.rows)) {
		if r := t.rows[k]; r.Owes(processes) {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// Quotas lists rows by key; see limit.Store.
func (t *Table) Quotas(_ context.Context, prefix string) ([]limit.Row, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r, ok := t.rows[prefix]; ok && len(t.rows) > 100 { // a whole key, among thousands
		return []limit.Row{r.Clone()}, nil
	}
	var out []limit.Row
	for _, k := range slices.Sorted(maps.Keys(t.rows)) {
		if strings.HasPrefix(k, prefix) {
			r := t.rows[k]
			out = append(out, r.Clone())
		}
	}
	return out, nil
}
