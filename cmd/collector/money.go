package main

import (
	"context"
	"fmt"
	"strings"

	"collector/cmd/collector/internal/config"
	"collector/connectors"
	"collector/control"
	"collector/limit"
	"collector/state"
	"collector/store"
)

// budget is what the configuration allows for a month at a service that charges, in
// connectors.Mills.
func (a *app) budget(in connectors.Info) int {
	n, err := a.conf.Providers[in.Provider].Mills()
	if err != nil {
		return 0 // it was checked when it was read
	}
	return n
}

// budgetVariable is where the configuration says it.
func budgetVariable(in connectors.Info) string {
	return config.Prefix + strings.ToUpper(strings.ReplaceAll(in.Provider, "-", "_")) + "_BUDGET"
}

// parseBudget reads --budget. What the configuration allows is seen where it is connected.
func (a *app) parseBudget(in connectors.Info, text string) (*int, error) {
	if text == "" {
		return nil, nil
	}
	if in.Price == 0 {
		return nil, control.ChargesNothing(in)
	}
	n, err := config.Provider{Budget: text}.Mills()
	if err != nil {
		return nil, you(exitUsage, "collector connect "+in.Name+" --budget 5", "--budget %w", err)
	}
	return &n, nil
}

// allow keeps what a month may cost beside what it has cost, where every process that
// shares the store looks.
func (a *app) allow(ctx context.Context, c *client, in connectors.Info, mills int) error {
	for _, q := range in.Quotas {
		if q.Unit != connectors.Mills {
			continue
		}
		q.N = a.budget(in)
		if err := c.ledger.Allow(ctx, control.QuotaKey(in, q, state.Network{}), q, mills); err != nil {
			return err
		}
	}
	return nil
}

// pricing says what a service charges and what a month may cost.
func (a *app) pricing(p control.Price) string {
	return fmt.Sprintf("%s for each that is read; a month may cost %s, and never more (%s)", limit.Dollars(p.Each), limit.Dollars(p.Most), p.By)
}

// estimateCost says what the history of a list will cost, before any of it is read.
func (a *app) estimateCost(in connectors.Info, l control.Look) {
	p := *l.Price
	if !l.Told {
		a.say("! %s: %s. How many there are is not told", in.Title, a.pricing(p))
		return
	}
	cost, text := l.Total*p.Each, ""
	if p.Most > 0 && cost > p.Most {
		text = fmt.Sprintf(". The history takes about %s", many((cost+p.Most-1)/p.Most, "month", "months"))
	}
	a.say("%s about %s %s, about %s: %s%s", a.tick(), count(l.Total), in.Likes, limit.Dollars(cost), a.pricing(p), text)
}

// ledgerSoFar are the rows of quotas that all lists of a service draw on, none where there is no store yet.
func (a *app) ledgerSoFar(ctx context.Context, in connectors.Info) (rows map[string]limit.Row) {
	err := a.withReadStore(ctx, func(ctx context.Context, st store.Store) error {
		var err error
		rows, err = control.LedgerOf(ctx, st, in)
		return err
	})
	if err != nil {
		return nil
	}
	return rows
}
