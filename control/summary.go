package control

import (
	"context"
	"time"

	"collector/state"
	"collector/store"
)

// A list of more networks than a person reads is not shown: what is shown are
// those that need somebody, and the counters of all.
const (
	StatusMost  = 1000 // networks that are all listed
	TroubleMost = 50   // networks in trouble that are listed where there are more
)

// listed reads the networks that are shown. Where that is not all, it notes how
// many are left out and how all of them are doing.
func (v *Status) listed(ctx context.Context, st store.Accounts, f store.Filter, now time.Time) ([]state.Network, error) {
	if f.User != "" || f.Service != "" || f.Account != "" {
		return st.Networks(ctx, f)
	}
	t, err := st.Tally(ctx, now)
	if err != nil {
		return nil, err
	}
	all := t.Networks()
	if all <= StatusMost {
		return st.Networks(ctx, f)
	}
	var out []state.Network
	for _, c := range []state.Condition{state.NeedsSignIn, state.NeedsScope, state.Missing, state.Broken, state.Stalled, state.Failing} {
		some := f
		if some.Limit = TroubleMost - len(out); some.Limit == 0 {
			break
		}
		some.Conditions = []state.Condition{c}
		found, err := st.Networks(ctx, some)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	v.Unlisted = all - len(out)
	v.counted(t, now)
	return out, nil
}

// counted makes the summary of counters.
func (v *Status) counted(t store.Tally, now time.Time) {
	for _, st := range t.States {
		one := Network{Condition: string(st.Condition), Paused: st.Paused}
		n := state.Network{Paused: st.Paused, Progress: state.Progress{Mode: st.Mode, Condition: st.Condition}}
		for _, part := range []struct {
			running bool
			n       int
		}{{false, st.Networks - st.Running}, {true, st.Running}} {
			if part.n > 0 {
				one.Running = part.running
				one.State, one.NeedsYou = inWords(n, one)
				v.States = append(v.States, Counted{one.State, one.Condition, one.NeedsYou, one.Paused, one.Running, part.n})
				v.all.count(one, part.n)
			}
		}
	}
	v.all.Items, v.all.DueNow = t.Items, t.Due
	if !t.Oldest.IsZero() {
		v.all.Overdue = int(now.Sub(t.Oldest).Seconds())
	}
}
