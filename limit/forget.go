package limit

import (
	"context"
	"fmt"
	"slices"
)

// Forget frees what dead processes had outstanding: their calls stay counted as
// spent until an answer shows otherwise, but no longer hold back others.
func (l *Ledger) Forget(ctx context.Context, processes []string) error {
	if len(processes) == 0 {
		return nil
	}
	rows, err := l.store.Quotas(ctx, "")
	if err != nil {
		return fmt.Errorf("reading the quotas: %w", err)
	}
	dead := func(b Batch) bool { return slices.Contains(processes, b.Proc) }
	for _, r := range rows {
		if !slices.ContainsFunc(r.Lent, dead) {
			continue
		}
		err := l.store.UpdateQuotas(ctx, []string{r.Key}, func(rows []*Row) error {
			r := rows[0]
			if r.Exact && !r.Rolling { // no more can be spent; what was counted twice is free
				r.Used = max(r.Seen, min(r.Used, r.Seen+r.Out))
			}
			r.Lent = slices.DeleteFunc(r.Lent, func(b Batch) bool {
				if !dead(b) {
					return false
				}
				r.Out = max(0, r.Out-b.Left)
				if r.Rolling { // nobody knows what of it was sent; at the latest now
					at := l.now()
					if r.Served.After(at) { // the clock of the row is ahead
						at = r.Served
					}
					r.Log = append(r.Log, Spend{At: at, N: b.Left, Class: b.Class})
				}
				if r.Probe == b.ID {
					r.Probe = ""
				}
				return true
			})
			for _, p := range processes {
				delete(r.Procs, p)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("freeing what dead processes reserved of %s: %w", r.Key, err)
		}
	}
	return nil
}
