package main

import (
	"context"
	"time"

	"collector/limit"
	"collector/state"
	"collector/store"
)

// statusView is what `status --json` prints and what the table is drawn from.
// Schema grows only when a field changes its meaning or goes; new fields may
// come at any time. Times are RFC 3339 in UTC, null where there is none.
type statusView struct {
	Schema    int            `json:"schema"`
	At        *time.Time     `json:"at"`
	Store     string         `json:"store"`
	Simulated bool           `json:"simulated"`
	Pause     string         `json:"collectingPauses,omitempty"` // why nothing is collected now: the disk is nearly full
	Networks  []networkView  `json:"networks"`
	Unlisted  int            `json:"unlisted,omitempty"` // networks that are only counted in the summary
	Instances []instanceView `json:"instances"`
	Summary   summaryView    `json:"summary"`
	all       summaryView    // of counters, where not all are listed
	states    []networkView  // likewise, one a state
}

// networkView is one network.
type networkView struct {
	User        string        `json:"user"`
	Network     string        `json:"network"`
	Service     string        `json:"service"`
	Account     string        `json:"account"`
	Server      string        `json:"server,omitempty"`
	Mode        string        `json:"mode"`
	Condition   string        `json:"condition"`
	State       string        `json:"state"` // the two in words, as in the table
	NeedsYou    bool          `json:"needsYou"`
	Paused      bool          `json:"paused"`
	Running     bool          `json:"running"`
	Items       int           `json:"items"`
	Bare        int           `json:"detailsMissing"`
	Bad         int           `json:"quarantined"`
	LastOK      *time.Time    `json:"lastOk"`
	LastRun     *time.Time    `json:"lastRun"`
	Next        *time.Time    `json:"next"`
	Reason      string        `json:"reason"` // why then
	Quota       *quotaView    `json:"quota"`
	Progress    *progressView `json:"progress"`
	Removals    *removalsView `json:"removals"` // null until the whole list was read a second time
	Error       *errorView    `json:"error"`
	Notes       []string      `json:"notes"`
	Runs        []runView     `json:"runs"` // the last 20, oldest first
	overdue     time.Duration
	exitIfAsked int
}

// quotaView is the tightest quota of a network.
type quotaView struct {
	Name    string     `json:"name"`
	Left    int        `json:"left"`
	Limit   int        `json:"limit"`
	Unit    string     `json:"unit"`
	Resets  *time.Time `json:"resets"`
	Blocked *time.Time `json:"blockedUntil"`
	Because string     `json:"because,omitempty"`
}

// progressView is a walk over a whole history that is under way.
type progressView struct {
	Kind    string     `json:"kind"`
	Pages   int        `json:"pages"`
	Of      int        `json:"of"` // 0 unknown
	Items   int        `json:"items"`
	Oldest  *time.Time `json:"oldest"`     // how far back it has come
	ETA     *int       `json:"etaSeconds"` // null where it cannot be known
	Stalled string     `json:"stalled,omitempty"`
}

type errorView struct {
	Text     string     `json:"text"`
	Kind     string     `json:"kind"`
	Whose    string     `json:"whose"`
	Next     string     `json:"next"`
	At       *time.Time `json:"at"`
	Failures int        `json:"failures"` // in a row
}

type runView struct {
	At    *time.Time `json:"at"`
	Kind  string     `json:"kind"`
	Fault string     `json:"fault,omitempty"` // absent for a success
	Pages int        `json:"pages"`
	Added int        `json:"added"`
}

type instanceView struct {
	ID      string     `json:"id"`
	Host    string     `json:"host"`
	PID     int        `json:"pid"`
	Mode    string     `json:"mode"`
	Version string     `json:"version"`
	Started *time.Time `json:"started"`
	Seen    *time.Time `json:"seen"`
	Running int        `json:"running"`
}

type summaryView struct {
	Networks int `json:"networks"`
	OK       int `json:"ok"`
	Waiting  int `json:"waiting"`
	Failing  int `json:"failing"`
	NeedsYou int `json:"needsYou"`
	Paused   int `json:"paused"`
	Imported int `json:"imported"` // of imports alone, not collected
	DueNow   int `json:"dueNow"`
	Running  int `json:"running"`
	Overdue  int `json:"oldestOverdueSeconds"`
	Items    int `json:"items"`
}

// view reads the state of the networks that match f.
func (a *app) view(ctx context.Context, st store.Store, f store.Filter) (statusView, error) {
	now := a.now()
	v := statusView{Schema: 1, At: stamp(now), Store: st.Describe(), Networks: []networkView{}, Instances: []instanceView{}}
	sim, err := st.Meta(ctx, store.MetaSimulated)
	if err != nil {
		return v, err
	}
	v.Simulated = sim == "1"
	networks, err := v.listed(ctx, st, f, now)
	if err != nil {
		return v, err
	}
	quotas, err := ledgerRows(ctx, st, "")
	if err != nil {
		return v, err
	}
	beats, err := st.Beats(ctx, now.Add(-beatLife))
	if err != nil {
		return v, err
	}
	for _, b := range beats {
		v.Instances = append(v.Instances, instanceView{b.ID, b.Host, b.PID, b.Mode, b.Version, stamp(b.Started), stamp(b.Seen), b.Running})
	}
	for _, n := range networks {
		nv := a.viewNetwork(n, quotas, now)
		v.Networks = append(v.Networks, nv)
		v.Summary.add(nv)
	}
	if v.Unlisted > 0 {
		v.Summary = v.all
	}
	return v, nil
}

// viewNetwork says how one network is doing.
func (a *app) viewNetwork(n state.Network, quotas map[string]limit.Row, now time.Time) networkView {
	v := networkView{
		User: n.User, Network: n.Name(), Service: n.Service, Account: n.Account, Server: n.Server,
		Mode: string(n.Mode), Condition: string(n.Condition), Paused: n.Paused,
		Running: n.Owner != "" && n.LeaseUntil.After(now),
		Items:   n.Items, Bare: n.Bare, Bad: n.Bad,
		LastOK: stamp(n.LastOKAt), LastRun: stamp(n.LastRunAt), Next: stamp(n.ScheduledTo), Reason: n.Reason,
		Removals: removalsOf(n), Notes: notes(n, a.hydrates(n.Service)), Runs: []runView{},
	}
	if v.Paused {
		v.Next = nil
	}
	if v.Reason == "" && n.LastRunAt.IsZero() {
		v.Reason = "new: it has not been read yet"
	}
	for _, r := range n.Runs {
		v.Runs = append(v.Runs, runView{stamp(r.At), r.Kind, r.Fault, r.Pages, r.Added})
	}
	if n.LastError != "" && (n.Failures > 0 || n.BadRuns > 0 || n.Condition != state.OK) {
		v.Error = &errorView{n.LastError, n.Fault, n.Whose, a.nextStep(n), stamp(n.LastErrorAt), max(n.Failures, n.BadRuns)}
	}
	if c, ok := a.offered(n.Service); ok {
		v.Quota = tightest(c.Info(), n, quotas, now)
		if n.Condition == state.Imported {
			v.Notes = append(v.Notes, "`collector connect "+n.Service+"` goes on with it")
		}
		if text := spent(c.Info(), quotas, now); text != "" {
			v.Notes = append(v.Notes, text)
		}
	} else if n.Condition != state.Imported {
		v.Next, v.Reason = nil, "this version of the program does not know the service "+n.Service+": a newer or other one may"
	}
	v.Progress = progressOf(n, v.Quota, now)
	v.State, v.NeedsYou, v.exitIfAsked = inWords(n, v)
	if !v.Paused && !v.Running && !n.WakeAt.IsZero() && n.WakeAt.Before(now) {
		v.overdue = now.Sub(n.WakeAt)
	}
	return v
}

func (s *summaryView) add(v networkView) {
	s.count(v, 1)
	s.Items += v.Items
	if v.overdue > 0 {
		s.DueNow++
		s.Overdue = max(s.Overdue, int(v.overdue.Seconds()))
	}
}

// count adds n networks of one state.
func (s *summaryView) count(v networkView, n int) {
	s.Networks += n
	switch {
	case v.Condition == string(state.Imported):
		s.Imported += n
	case v.Paused:
		s.Paused += n
	case v.NeedsYou:
		s.NeedsYou += n
	case v.Condition == string(state.Limited) && !v.Running:
		s.Waiting += n
	case v.Condition == string(state.Failing), v.Condition == string(state.Stalled):
		s.Failing += n
	default:
		s.OK += n
	}
	if v.Running {
		s.Running += n
	}
}
