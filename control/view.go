package control

import (
	"context"
	"slices"
	"time"

	"collector/control/words"
	"collector/fault"
	"collector/limit"
	"collector/state"
	"collector/store"
)

// Status is how the networks are doing: what `status --json` prints and what the table
// is drawn from.
// Schema grows only when a field changes its meaning or goes; new fields may
// come at any time. Times are RFC 3339 in UTC, null where there is none.
type Status struct {
	Schema    int        `json:"schema"`
	At        *time.Time `json:"at"`
	Store     string     `json:"store"`
	Simulated bool       `json:"simulated"`
	Pause     string     `json:"collectingPauses,omitempty"` // why nothing is collected now: the disk is nearly full
	Networks  []Network  `json:"networks"`
	Unlisted  int        `json:"unlisted,omitempty"` // networks that are only counted in the summary
	Instances []Instance `json:"instances"`
	Summary   Summary    `json:"summary"`
	States    []Counted  `json:"states,omitempty" nullable:"false"` // of all networks, where not all are listed
	all       Summary    // of counters, where not all are listed
}

// Counted is how many networks are in one state.
type Counted struct {
	State     string `json:"state"`
	Condition string `json:"condition"`
	NeedsYou  bool   `json:"needsYou"`
	Paused    bool   `json:"paused"`
	Running   bool   `json:"running"`
	Networks  int    `json:"networks"`
}

// Network is one network.
type Network struct {
	User      string     `json:"user"`
	Network   string     `json:"network"`
	Service   string     `json:"service"`
	Account   string     `json:"account"`
	Server    string     `json:"server,omitempty"`
	Mode      string     `json:"mode"`
	Condition string     `json:"condition"`
	State     string     `json:"state"` // the two in words, as in the table
	NeedsYou  bool       `json:"needsYou"`
	Paused    bool       `json:"paused"`
	Running   bool       `json:"running"`
	Items     int        `json:"items"`
	Bare      int        `json:"detailsMissing"`
	Bad       int        `json:"quarantined"`
	LastOK    *time.Time `json:"lastOk"`
	LastRun   *time.Time `json:"lastRun"`
	Next      *time.Time `json:"next"`
	Reason    string     `json:"reason"` // why then
	Quota     *Quota     `json:"quota"`
	Progress  *Progress  `json:"progress"`
	Removals  *Removals  `json:"removals"` // null until the whole list was read a second time
	Error     *Failure   `json:"error"`
	Notes     []string   `json:"notes"`
	Runs      []Run      `json:"runs"` // the last 20, oldest first
	// Overdue is for how long it has been due, 0 where it is not.
	Overdue time.Duration `json:"-"`
	Since   time.Time     `json:"-"` // when the list came here
}

// Quota is the tightest quota of a network.
type Quota struct {
	Name    string     `json:"name"`
	Left    int        `json:"left"`
	Limit   int        `json:"limit"`
	Unit    string     `json:"unit"`
	Resets  *time.Time `json:"resets"`
	Blocked *time.Time `json:"blockedUntil"`
	Because string     `json:"because,omitempty"`
	// Rolling: each unit counts for the length of the window, and Resets is when the first
	// of them counts no more.
	Rolling bool `json:"rolling,omitempty"`

	per time.Duration // how long the window is
}

// Progress is a walk over a whole history that is under way.
type Progress struct {
	Kind    string     `json:"kind"`
	Pages   int        `json:"pages"`
	Of      int        `json:"of"` // 0 unknown
	Items   int        `json:"items"`
	Oldest  *time.Time `json:"oldest"`     // how far back it has come
	ETA     *int       `json:"etaSeconds"` // null where it cannot be known
	Stalled string     `json:"stalled,omitempty"`
}

// Failure is what went wrong last.
type Failure struct {
	Text     string     `json:"text"`
	Kind     string     `json:"kind"`
	Whose    string     `json:"whose"`
	Next     string     `json:"next"`
	At       *time.Time `json:"at"`
	Failures int        `json:"failures"` // in a row
	// Since is when the first of them was; null where it is no longer among the last runs.
	Since *time.Time `json:"since"`
}

// Run is one of the last runs.
type Run struct {
	At    *time.Time `json:"at"`
	Kind  string     `json:"kind"`
	Fault string     `json:"fault,omitempty"` // absent for a success
	Pages int        `json:"pages"`
	Added int        `json:"added"`
}

// Summary counts networks by how they are doing. Of several that hold of a network the
// first of Imported, Paused, NeedsYou, Waiting, Failing, OK counts it.
type Summary struct {
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

// Status reads how the networks that match f are doing. Where f names no user, service
// or account and there are more than StatusMost networks, only some of those that need
// somebody are listed, and all are counted.
func (p *Panel) Status(ctx context.Context, f store.Filter, now time.Time) (Status, error) {
	v, err := p.instances(ctx, now)
	if err != nil {
		return v, err
	}
	networks, err := v.listed(ctx, p.Store, f, now)
	if err != nil {
		return v, err
	}
	rows, err := Ledger(ctx, p.Store, p.Offered, networks...)
	if err != nil {
		return v, err
	}
	for _, n := range networks {
		nv := p.Look(n, rows, now)
		v.Networks = append(v.Networks, nv)
		v.Summary.Add(nv)
	}
	if v.Unlisted > 0 {
		v.Summary = v.all
	}
	if p.Room != nil {
		if err := p.Room(); err != nil {
			v.Pause = err.Error()
		}
	}
	return v, nil
}

// StatusOf is Status of a user's networks, or of one that is named.
func (p *Panel) StatusOf(ctx context.Context, user, name string, now time.Time) (Status, error) {
	if name == "" {
		return p.Status(ctx, store.Filter{User: user}, now)
	}
	n, err := Find(ctx, p.Store, user, name)
	if err != nil {
		return Status{}, err
	}
	v, err := p.Status(ctx, store.Filter{User: n.User, Service: n.Service, Account: n.Account}, now)
	v.Only(n.Name())
	return v, err
}

// Counted is a Status of counters alone, whatever the number of networks: it lists none.
func (p *Panel) Counted(ctx context.Context, t store.Tally, now time.Time) (Status, error) {
	v, err := p.instances(ctx, now)
	v.counted(t, now)
	v.Summary, v.Unlisted = v.all, t.Networks()
	return v, err
}

// instances is a store and who works on it, without its networks.
func (p *Panel) instances(ctx context.Context, now time.Time) (Status, error) {
	v := Status{Schema: 1, At: words.Stamp(now), Store: p.Store.Describe(), Simulated: p.Simulated, Networks: []Network{}, Instances: []Instance{}}
	beats, err := p.Store.Beats(ctx, now.Add(-BeatLife))
	for _, b := range beats {
		v.Instances = append(v.Instances, InstanceOf(b, now))
	}
	return v, err
}

// Only keeps one network, by its name.
func (v *Status) Only(name string) {
	v.Networks = slices.DeleteFunc(v.Networks, func(n Network) bool { return n.Network != name })
	v.Summary = Summary{}
	for _, n := range v.Networks {
		v.Summary.Add(n)
	}
}

// Any says whether is holds of a network, also of one that is only counted: of those,
// State, Condition, Paused, Running, NeedsYou and Trouble are known.
func (v Status) Any(is func(Network) bool) bool {
	counted := func(c Counted) bool {
		return is(Network{State: c.State, Condition: c.Condition, NeedsYou: c.NeedsYou, Paused: c.Paused, Running: c.Running})
	}
	return slices.ContainsFunc(v.States, counted) || slices.ContainsFunc(v.Networks, is)
}

// Look says how one network is doing; rows are those of its quotas (Ledger).
func (p *Panel) Look(n state.Network, rows map[string]limit.Row, now time.Time) Network {
	v := Network{
		User: n.User, Network: n.Name(), Service: n.Service, Account: n.Account, Server: n.Server,
		Mode: string(n.Mode), Condition: string(n.Condition), Paused: n.Paused,
		Running: n.Owner != "" && n.LeaseUntil.After(now),
		Items:   n.Items, Bare: n.Bare, Bad: n.Bad,
		LastOK: words.Stamp(n.LastOKAt), LastRun: words.Stamp(n.LastRunAt), Next: words.Stamp(n.ScheduledTo), Reason: n.Reason,
		Removals: removalsOf(n), Notes: notes(n, p.hydrates(n.Service)), Runs: []Run{}, Since: n.CreatedAt,
	}
	if v.Paused {
		v.Next = nil
	}
	if v.Reason == "" && n.LastRunAt.IsZero() && !v.Running {
		v.Reason = beforeAnyEnd(n)
	}
	for _, r := range n.Runs {
		v.Runs = append(v.Runs, Run{words.Stamp(r.At), r.Kind, r.Fault, r.Pages, r.Added})
	}
	if n.LastError != "" && (n.Failures > 0 || n.BadRuns > 0 || n.Condition != state.OK) {
		v.Error = &Failure{n.LastError, n.Fault, n.Whose, p.NextStep(n), words.Stamp(n.LastErrorAt), max(n.Failures, n.BadRuns), failingSince(n)}
	}
	if c, ok := p.Offered(n.Service); ok {
		v.Quota = Tightest(c.Info(), n, rows, now)
		if n.Condition == state.Imported {
			v.Notes = append(v.Notes, "`collector connect "+n.Service+"` goes on with it")
		}
		if text := Spent(c.Info(), rows, now); text != "" {
			v.Notes = append(v.Notes, text)
		}
	} else if n.Condition != state.Imported {
		v.Next, v.Reason = nil, "this version of the program does not know the service "+n.Service+": a newer or other one may"
	}
	v.Progress = progressOf(n, v.Quota, now)
	v.State, v.NeedsYou = inWords(n, v)
	if !v.Paused && !v.Running && !n.WakeAt.IsZero() && n.WakeAt.Before(now) {
		v.Overdue = now.Sub(n.WakeAt)
	}
	return v
}

// beforeAnyEnd is why a network runs next of which no run has ended: a process that dies in
// the first one leaves the pages that it read, and no reason.
func beforeAnyEnd(n state.Network) string {
	if n.Walk != nil {
		return "the first run goes on where it stopped"
	}
	return "new: it has not been read yet"
}

// Add counts one network.
func (s *Summary) Add(v Network) {
	s.count(v, 1)
	s.Items += v.Items
	if v.Overdue > 0 {
		s.DueNow++
		s.Overdue = max(s.Overdue, int(v.Overdue.Seconds()))
	}
}

// count adds n networks of one state.
func (s *Summary) count(v Network, n int) {
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

// Networks are the networks that match f, each as Status shows it.
func (p *Panel) Networks(ctx context.Context, f store.Filter, now time.Time) ([]Network, error) {
	list, err := p.Store.Networks(ctx, f)
	if err != nil {
		return nil, err
	}
	rows, err := Ledger(ctx, p.Store, p.Offered, list...)
	if err != nil {
		return nil, err
	}
	out := make([]Network, 0, len(list))
	for _, n := range list {
		out = append(out, p.Look(n, rows, now))
	}
	return out, nil
}

// failingSince is when the first of the failures was that a network has had in a row. A met
// limit is none, and ends no row.
func failingSince(n state.Network) *time.Time {
	var since time.Time
	left := max(n.Failures, n.BadRuns)
	for _, r := range slices.Backward(n.Runs) {
		if r.Fault == "" || left == 0 {
			break
		}
		if r.Fault != fault.RateLimited.String() {
			since = r.At
			left--
		}
	}
	if left > 0 {
		return nil
	}
	return words.Stamp(since)
}
