package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"collector/connectors"
	"collector/limit"
	"collector/state"
	"collector/store"
)

// budget is what a month may cost at a service that charges, in connectors.Mills.
func (a *app) budget(in connectors.Info) int {
	n, err := a.conf.Providers[in.Provider].Mills()
	if err != nil {
		return 0 // it was checked when it was read
	}
	return n
}

// pricing says what a service charges and what a month may cost.
func (a *app) pricing(in connectors.Info) string {
	variable := "COLLECTOR_" + strings.ToUpper(strings.ReplaceAll(in.Provider, "-", "_")) + "_BUDGET"
	return fmt.Sprintf("%s for each that is read; a month may cost %s, and never more (%s)", limit.Dollars(in.Price), limit.Dollars(a.budget(in)), variable)
}

// estimateCost says what the history of a list will cost, before any of it is read.
func (a *app) estimateCost(in connectors.Info, id connectors.Identity) {
	if !id.Total {
		a.say("! %s: %s. How many there are is not told", in.Title, a.pricing(in))
		return
	}
	cost, text := id.Likes*in.Price, ""
	if may := a.budget(in); may > 0 && cost > may {
		text = fmt.Sprintf(". The history takes about %s", many((cost+may-1)/may, "month", "months"))
	}
	a.say("%s about %s %s, about %s: %s%s", a.tick(), count(id.Likes), in.Likes, limit.Dollars(cost), a.pricing(in), text)
}

// spent says what the present month has cost, "" where a service charges nothing or
// nothing was read yet.
func spent(in connectors.Info, rows map[string]limit.Row, now time.Time) string {
	for _, q := range in.Quotas {
		r, known := rows[quotaKey(in, q, state.Network{})]
		if q.Unit != connectors.Mills || !known {
			continue
		}
		v := quotaOf(q, r, now)
		return fmt.Sprintf("this month has cost %s of %s", limit.Dollars(v.Limit-v.Left), limit.Dollars(v.Limit))
	}
	return ""
}

// spentSoFar is spent as the store knows it, "" where there is no store yet.
func (a *app) spentSoFar(ctx context.Context, in connectors.Info) string {
	text := ""
	err := a.withReadStore(ctx, func(ctx context.Context, st store.Store) error {
		rows, err := ledgerRows(ctx, st, in.Provider+"/")
		text = spent(in, rows, a.now())
		return err
	})
	if err != nil {
		return ""
	}
	return text
}

// ledgerRows are the rows of the quota ledger whose keys have a prefix, by key.
func ledgerRows(ctx context.Context, st store.Store, prefix string) (map[string]limit.Row, error) {
	rows, err := st.Quotas(ctx, prefix)
	out := map[string]limit.Row{}
	for _, r := range rows {
		out[r.Key] = r
	}
	return out, err
}
