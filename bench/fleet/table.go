package fleet

import (
	"context"
	"maps"
	"slices"
	"strings"

	"collector/limit"
)

// table is the ledger's rows, for all instances: a run has one goroutine, and
// rows are copied once a change, since there are millions of changes.
type table map[string]*limit.Row

// UpdateQuotas changes rows; see limit.Store.
func (t table) UpdateQuotas(_ context.Context, keys []string, fn func([]*limit.Row) error) error {
	rows := make([]*limit.Row, len(keys))
	for i, k := range keys {
		rows[i] = &limit.Row{Key: k}
		if r := t[k]; r != nil {
			*rows[i] = *r
			rows[i].Log, rows[i].Lent = slices.Clone(r.Log), slices.Clone(r.Lent)
			rows[i].Asked, rows[i].ByClass, rows[i].Procs = maps.Clone(r.Asked), maps.Clone(r.ByClass), maps.Clone(r.Procs)
		}
	}
	if err := fn(rows); err != nil {
		return err
	}
	for _, r := range rows {
		t[r.Key] = r
	}
	return nil
}

// Quotas lists rows by key; see limit.Store. A whole key is found at once. What is
// returned is only read before the next change.
func (t table) Quotas(_ context.Context, prefix string) ([]limit.Row, error) {
	if r := t[prefix]; r != nil {
		return []limit.Row{*r}, nil
	}
	var out []limit.Row
	for k, r := range t {
		if strings.HasPrefix(k, prefix) {
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b limit.Row) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}
