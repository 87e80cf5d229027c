package control

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"collector/connectors"
	"collector/control/words"
	"collector/limit"
	"collector/state"
	"collector/store"
)

// Ledger are the rows of the quota ledger that networks draw on, by key; offered is the
// connector of a service. Those of other networks, of which there may be millions, are not read.
func Ledger(ctx context.Context, st store.Store, offered func(service string) (connectors.Connector, bool), networks ...state.Network) (map[string]limit.Row, error) {
	var keys []string
	for _, n := range networks {
		if c, ok := offered(n.Service); ok {
			for _, q := range c.Info().Quotas {
				keys = append(keys, QuotaKey(c.Info(), q, n))
			}
		}
	}
	return ledgerRows(ctx, st, keys)
}

// LedgerOf are those rows that all networks of a service draw on together, as on a budget.
func LedgerOf(ctx context.Context, st store.Store, in connectors.Info) (map[string]limit.Row, error) {
	var keys []string
	for _, q := range in.Quotas {
		keys = append(keys, QuotaKey(in, q, state.Network{}))
	}
	return ledgerRows(ctx, st, keys)
}

func ledgerRows(ctx context.Context, st store.Store, keys []string) (map[string]limit.Row, error) {
	rows, err := st.QuotaRows(ctx, keys)
	out := map[string]limit.Row{}
	for _, r := range rows {
		out[r.Key] = r
	}
	return out, err
}

// QuotaKey is the ledger's name of a quota for one network.
func QuotaKey(in connectors.Info, q connectors.Quota, n state.Network) string {
	scope := n.RemoteID
	if scope == "" {
		scope = n.AccountID
	}
	if q.Scope == connectors.PerHost || q.Scope == connectors.PerAddress {
		scope = serverHost(in, n.Server)
	}
	return limit.Key(in.Provider, q, scope)
}

// serverHost is the host that a network's calls go to.
func serverHost(in connectors.Info, server string) string {
	if u, err := url.Parse(server); err == nil && u.Host != "" {
		return u.Hostname()
	}
	if len(in.Hosts) > 0 {
		return in.Hosts[0]
	}
	return ""
}

// Tightest returns the quota of a network of which the least is left; nil where
// nothing is known of any yet.
func Tightest(in connectors.Info, n state.Network, rows map[string]limit.Row, now time.Time) *Quota {
	var out *Quota
	for _, q := range in.Quotas {
		r, ok := rows[QuotaKey(in, q, n)]
		if !ok {
			continue
		}
		v := QuotaOf(q, r, now)
		if out == nil || v.Left*max(out.Limit, 1) < out.Left*max(v.Limit, 1) {
			out = &v
		}
	}
	return out
}

// QuotaOf reads one row of the ledger as of now.
func QuotaOf(q connectors.Quota, r limit.Row, now time.Time) Quota {
	if r.Rolling {
		r = r.Rolled(q, now)
	}
	v := Quota{Name: q.Name, Limit: r.Limit, Unit: q.Unit, Left: max(r.Limit-r.Used, 0), Rolling: r.Rolling, per: q.Per}
	switch {
	case r.Rolling && r.Used == 0: // nothing comes back
	case r.End.After(now):
		v.Resets = words.Stamp(r.End)
	default:
		v.Left = r.Limit // the window has ended
	}
	if r.Blocked.After(now) {
		v.Left, v.Blocked, v.Because = 0, words.Stamp(r.Blocked), r.Because
	}
	return v
}

// Amount writes a number of the quota's units.
func (q Quota) Amount(n int) string {
	if q.Unit == connectors.Mills {
		return limit.Dollars(n)
	}
	return words.Count(n)
}

// Sentence is a quota in words.
func (q Quota) Sentence(now time.Time) string {
	unit := q.Unit
	if unit == "" {
		unit = "calls"
	}
	s := fmt.Sprintf("%s: %s of %s %s left", q.Name, words.Count(q.Left), words.Count(q.Limit), unit)
	if q.Unit == connectors.Mills {
		s = fmt.Sprintf("%s: %s of %s left", q.Name, q.Amount(q.Left), q.Amount(q.Limit))
	}
	if q.Resets != nil {
		what := "a new window "
		if q.Rolling {
			what = "more again "
		}
		s += ", " + what + words.Until(*q.Resets, now)
	}
	if q.Blocked != nil {
		s += fmt.Sprintf(", no call before %s", q.Blocked.Local().Format("15:04:05"))
		if q.Because != "" {
			s += " (" + q.Because + ")"
		}
	}
	return s
}

// Spent says what the present month has cost, "" where a service charges nothing or
// nothing was read yet.
func Spent(in connectors.Info, rows map[string]limit.Row, now time.Time) string {
	for _, q := range in.Quotas {
		r, known := rows[QuotaKey(in, q, state.Network{})]
		if q.Unit != connectors.Mills || !known {
			continue
		}
		v := QuotaOf(q, r, now)
		return fmt.Sprintf("this month has cost %s of %s", limit.Dollars(v.Limit-v.Left), limit.Dollars(v.Limit))
	}
	return ""
}
