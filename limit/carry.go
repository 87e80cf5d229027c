package limit

import (
	"context"
	"fmt"
	"slices"

	"collector/connectors"
)

// Carry counts what was spent of a quota under one key under another too: that of an
// account whose id at its service was not known when it was asked for. Otherwise the
// calls before and after that would be two accounts' and keep no distance. The pace
// goes along. Of a quota that is not a rolling one the next answer tells what is left.
// What was carried before is not counted again.
func (l *Ledger) Carry(ctx context.Context, q connectors.Quota, from, to string) error {
	if from == to {
		return nil
	}
	l.mu.Lock()
	if p := l.pacers[from]; p != nil {
		if own := l.pacers[to]; own == nil {
			l.pacers[to] = p
		} else if own != p {
			own.Reserve() // the turn was taken elsewhere
		}
	}
	l.mu.Unlock()
	if !rolls(q) {
		return nil
	}
	err := l.store.UpdateQuotas(ctx, []string{from, to}, func(rows []*Row) error {
		was, is := rows[0], rows[1]
		if was.Key != from {
			was, is = is, was
		}
		now := l.now()
		is.roll(now, now.Add(l.ahead(is, Need{Key: to, Quota: q}, now)), q)
		for _, s := range was.Log {
			known := func(o Spend) bool { return o.At.Equal(s.At) && o.N == s.N && o.Class == s.Class }
			if s.ends(q).After(now) && !slices.ContainsFunc(is.Log, known) {
				is.Log = append(is.Log, s)
			}
		}
		is.sum()
		return nil
	})
	if err != nil {
		return fmt.Errorf("carrying what was spent of %s over to %s: %w", from, to, err)
	}
	return nil
}
