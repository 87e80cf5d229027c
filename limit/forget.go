package limit

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Forget frees what dead processes had outstanding: their calls stay counted as
// spent until an answer shows otherwise, but no longer hold back others.
func (l *Ledger) Forget(ctx context.Context, processes []string) error {
	if len(processes) == 0 {
		return nil
	}
	keys, err := l.store.Owing(ctx, processes)
	if err != nil {
		return fmt.Errorf("looking for what dead processes reserved: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(forgetAtOnce)
	for _, key := range keys {
		group.Go(func() error { return l.forgetIn(ctx, key, processes) })
	}
	return group.Wait()
}

// forgetAtOnce is how many rows are freed side by side, so that a store can write them
// together: a process that worked on many accounts has something outstanding of each.
const forgetAtOnce = 32

func (l *Ledger) forgetIn(ctx context.Context, key string, processes []string) error {
	dead := func(b Batch) bool { return slices.Contains(processes, b.Proc) }
	err := l.store.UpdateQuotas(ctx, []string{key}, func(rows []*Row) error {
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
		return fmt.Errorf("freeing what dead processes reserved of %s: %w", key, err)
	}
	return nil
}
