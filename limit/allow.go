package limit

import (
	"context"
	"fmt"

	"collector/connectors"
)

// Allow keeps what a window of a quota may cost at most, n units of it, for all
// processes that share the store, from the next grant on. Where the quota's own N is
// less, that holds. Calls that were granted before are not taken back.
func (l *Ledger) Allow(ctx context.Context, key string, q connectors.Quota, n int) error {
	err := l.store.UpdateQuotas(ctx, []string{key}, func(rows []*Row) error {
		now := l.now()
		rows[0].Allowed = &n
		rows[0].roll(now, now.Add(l.ahead(rows[0], Need{Key: key, Quota: q}, now)), q)
		return nil
	})
	if err != nil {
		return fmt.Errorf("keeping what %s may cost: %w", key, err)
	}
	return nil
}
