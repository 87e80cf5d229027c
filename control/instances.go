package control

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/cluster"
	"collector/control/words"
	"collector/state"
	"collector/store"
)

// Instance is one running daemon.
type Instance struct {
	ID      string     `json:"id"`
	Host    string     `json:"host"`
	PID     int        `json:"pid"`
	Mode    string     `json:"mode"`
	Version string     `json:"version"`
	Started *time.Time `json:"started"`
	Seen    *time.Time `json:"seen"`
	Running int        `json:"running"`
	State   string     `json:"state"`  // one of the states of instances
	Vitals  *Vitals    `json:"vitals"` // null of a version that does not tell
}

// The states of an instance.
const (
	AtWork        = "working"
	IsQuiet       = "quiet"          // claims nothing, as was wished
	BecomingQuiet = "becoming quiet" // that was wished and not heard yet
	Resuming      = "resuming"       // is quiet and has not heard that it is to work again
	Ending        = "stopping"       // was asked to end
	Silent        = "silent"         // gave no sign of life within BeatLife, and has not left
)

// Vitals are how an instance stood at its last sign of life, a few seconds ago.
type Vitals struct {
	Busy     int   `json:"busy"`            // networks and jobs in work
	Workers  int   `json:"workers"`         // how many it may have in work
	Leases   int   `json:"leases"`          // on networks and jobs
	Calls    int   `json:"calls"`           // to services, within the minute before
	Memory   int64 `json:"memory_bytes"`    // what the system counts as resident, or else what Go has of it
	Resident bool  `json:"memory_resident"` // it is the former
	Conns    int   `json:"connections"`     // to the database, in use
	Most     int   `json:"connections_most"`
}

// SilentFor is how long an instance is shown that gave no sign of life and has not left.
const SilentFor = time.Hour

// InstanceOf is what is shown of an instance.
func InstanceOf(b store.Instance, now time.Time) Instance {
	v := Instance{ID: b.ID, Host: b.Host, PID: b.PID, Mode: b.Mode, Version: b.Version, Started: words.Stamp(b.Started), Seen: words.Stamp(b.Seen), Running: b.Running, State: stateOf(b, now)}
	if t := b.Vitals; t != nil {
		v.Vitals = &Vitals{t.Busy, t.Workers, t.Leases, t.Calls, t.Memory, t.Resident, t.Conns, t.MostConns}
	}
	return v
}

func stateOf(b store.Instance, now time.Time) string {
	switch {
	case b.Seen.Before(now.Add(-BeatLife)):
		return Silent
	case b.Wish == store.Stop:
		return Ending
	case b.Wish == store.Quiet && b.Quiet:
		return IsQuiet
	case b.Wish == store.Quiet:
		return BecomingQuiet
	case b.Quiet:
		return Resuming
	}
	return AtWork
}

// Instances are those that live, and after them those that are silent.
func Instances(ctx context.Context, st store.Instances, now time.Time) (out []Instance, err error) {
	beats, err := st.Beats(ctx, now.Add(-SilentFor))
	for _, b := range beats {
		out = append(out, InstanceOf(b, now))
	}
	slices.SortStableFunc(out, func(x, y Instance) int {
		return cmp.Compare(strings.Count(x.State, Silent), strings.Count(y.State, Silent))
	})
	return out, err
}

// Fleet is what all instances that live come to. Those of a version that does not tell are in
// Instances alone.
type Fleet struct {
	Instances, Telling   int
	Busy, Workers, Calls int
	Conns, Most          int // Most 0: none has a database, or their number has no limit
}

// FleetOf adds them up.
func FleetOf(all []Instance) (f Fleet) {
	limited := true
	for _, in := range all {
		if in.State == Silent {
			continue
		}
		f.Instances++
		if v := in.Vitals; v != nil {
			f.Telling++
			f.Busy, f.Workers, f.Calls = f.Busy+v.Busy, f.Workers+v.Workers, f.Calls+v.Calls
			f.Conns, f.Most = f.Conns+v.Conns, f.Most+v.Most
			limited = limited && (v.Most > 0 || v.Conns == 0)
		}
	}
	if !limited {
		f.Most = 0
	}
	return f
}

// Asked says what an instance was asked for.
type Asked struct {
	Instance string `json:"instance"`
	State    string `json:"state"`          // as it is shown from now on
	Within   int    `json:"within_seconds"` // by when it has heard of it
}

// heardWithin is when an instance has heard what is wished of it: it has a heartbeat every 5
// seconds.
const heardWithin = 5

// AskInstance wishes something of an instance that lives: that it claims nothing more (quiet),
// works again, or ends. It hears of it with its next sign of life. A member of a cluster is asked
// to end through that, at once. The wish ends with the instance.
func (p *Panel) AskInstance(ctx context.Context, id string, w store.Wish, now time.Time) (Asked, error) {
	beats, err := p.Store.Beats(ctx, now.Add(-SilentFor))
	if err != nil {
		return Asked{}, err
	}
	i := slices.IndexFunc(beats, func(b store.Instance) bool { return b.ID == id })
	next := "collector workers   shows those that run"
	switch {
	case i < 0:
		return Asked{}, you(Unknown, next, "no instance %q runs", words.Plain(id))
	case stateOf(beats[i], now) == Silent:
		return Asked{}, you(Unknown, "look whether its process and its store are well; it cannot be asked", "%s has given no sign of life since %s", words.Line(id), beats[i].Seen.UTC().Format(time.RFC3339))
	case beats[i].Wish == store.Stop && w != store.Stop:
		return Asked{}, you(Futile, next, "%s is ending, since it was asked to", words.Line(id))
	}
	if w == store.Stop && p.Beside.Cluster != nil {
		if left, err := p.leaves(ctx, id); err != nil || left {
			return Asked{id, Ending, heardWithin}, err
		}
	}
	if beats[i].Vitals == nil {
		return Asked{}, you(Futile, "upgrade it, or stop it by its service manager", "%s is of a version that cannot be asked (%s)", words.Line(id), words.Line(beats[i].Version))
	}
	if err := p.Store.Ask(ctx, id, w); err != nil {
		if errors.Is(err, state.ErrNotFound) { // it has left meanwhile
			return Asked{}, you(Unknown, next, "no instance %q runs", words.Plain(id))
		}
		return Asked{}, err
	}
	is := beats[i]
	is.Wish = w
	return Asked{id, stateOf(is, now), heardWithin}, nil
}

// leaves asks a member of the cluster to end; false where it is none.
func (p *Panel) leaves(ctx context.Context, id string) (left bool, err error) {
	r, err := p.Beside.Cluster()
	if err != nil {
		return false, noAnswer(err)
	}
	defer r.Close() // nothing is written after the answer
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	switch err := cluster.Drain(ctx, r, id); {
	case errors.Is(err, cluster.ErrNoMember):
		return false, nil
	case err != nil:
		return false, noAnswer(err)
	}
	return true, nil
}

// askWithin is how long the answer of a cluster is waited for.
const askWithin = 5 * time.Second

// Older says how a version stands to another one: -1 older, 1 newer, 0 where that cannot be
// told, as of versions that are no numbers. Both are such as 1.2.3 or v1.2.3.
func Older(version, than string) int {
	x, okX := numbers(version)
	y, okY := numbers(than)
	if !okX || !okY {
		return 0
	}
	return slices.Compare(x, y)
}

// numbers are those of a version of the form 1.2.3; false where it has others, such as those
// of a version before a release.
func numbers(version string) (out []int, ok bool) {
	for part := range strings.SplitSeq(strings.TrimPrefix(version, "v"), ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}
