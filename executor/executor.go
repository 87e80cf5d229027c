// Package executor works through one claimed network: who is it, request,
// reply, page, commit, next page, until the walk ends, the run's share is used
// up, something fails or the daemon is asked to stop. It is the only caller of
// connectors.
//
// It never sleeps: a wait is an Outcome whose error says until when. What was
// read is stored page by page, items and progress as one fact, and while a page
// is stored the next one is read. So ending at any point repeats at most the page
// in hand and the one after it, and never skips one.
package executor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/fetch"
	"collector/limit"
	"collector/state"
)

// Executor runs networks; use one value from many goroutines.
type Executor struct {
	Store   state.Store
	Do      func(context.Context, fetch.Call) (connectors.Reply, error) // fetch.Client.Do
	Now     func() time.Time
	Pages   int    // the most pages of one network in one run, so that all get a turn
	Version string // of the program: objects that an older one could not map are tried again
	Archive bool   // keep the service's own objects
}

// Job is one claimed network to work on.
type Job struct {
	state.Claimed
	Connector connectors.Connector
	Held      func() error    // is the lease still ours? Asked right before each send
	Drain     <-chan struct{} // closed when the daemon stops: finish the page in hand
}

// Outcome is what a run tells the scheduler.
type Outcome struct {
	Network   state.Network // with the progress as it should be saved, but for when and why next
	Kind      string        // "backfill", "poll", "sweep", "details"
	Pages     int
	Added     int
	Changed   int
	Removed   int           // likes that are gone
	Filled    int           // details read
	Ended     bool          // a walk ended
	Polled    bool          // a backfill or poll ended: the next poll can be planned
	Drained   bool          // cut short because the daemon stops
	NotStored bool          // the store refused: Network is as last stored
	Details   bool          // more details are due at once
	SweepLeft bool          // a sweep has pages left
	Since     time.Duration // since the poll before, for the rhythm; 0 unless a poll ended
	History   time.Duration // age of the oldest like that a completed backfill read, where like times are known
	Read      int           // items that it read
	Err       error         // nil, or why it stopped; fault.KindOf says what to do
	Stack     string        // of a panic
}

// ErrStalled says that a service's paging leads nowhere: a cursor that repeats,
// a link to another host, pages without end.
var ErrStalled = errors.New("the service's paging leads nowhere")

// run is one Run in progress.
type run struct {
	*Executor
	job   Job
	info  connectors.Info
	out   Outcome
	ahead *reading // the page after the one that was stored last
}

// Run works on a network until there is a reason to stop. A panic of a
// connector is the outcome of its network and of no other.
func (e *Executor) Run(ctx context.Context, job Job) (out Outcome) {
	r := &run{Executor: e, job: job, info: job.Connector.Info()}
	r.out.Network = job.Network
	r.out.Network.Progress = job.Progress.Clone()
	defer func() {
		if p := recover(); p != nil {
			out = r.out
			out.Stack = string(debug.Stack())
			out.Err = bug(p)
		}
	}()
	r.work(ctx)
	return r.out
}

// bug is the outcome of a panic.
func bug(p any) error {
	return &fault.Error{
		Kind: fault.Bug, Whose: "collector", Reason: fmt.Sprintf("the collector's own code failed: %v", p),
		Next: "report it with the log; the network is tried again by itself",
	}
}

// work does what is due: the account's identity, objects in quarantine, the
// walk of the mode, a sweep, what follows from it, details.
func (r *run) work(ctx context.Context) {
	p := &r.out.Network.Progress
	p.SyncDone = r.job.SyncSeq
	if r.job.FullSeq > p.FullDone {
		p.SweepDue, p.FullDone = true, r.job.FullSeq
	}
	forced := r.job.SyncSeq > r.job.Progress.SyncDone
	if r.out.Err = r.identify(ctx); r.out.Err != nil {
		return
	}
	if r.out.Err = r.remap(ctx); r.out.Err != nil {
		return
	}
	for r.out.Pages < r.Pages {
		kind, due := next(*p, r.Now(), forced, r.out.Polled)
		if r.ahead != nil { // what was read is stored, whatever has become due since
			kind, due = r.ahead.kind, true
		}
		if !due {
			break
		}
		ended, err := r.page(ctx, kind)
		if err != nil {
			r.out.Err = err
			return
		}
		r.out.Ended = r.out.Ended || ended
		r.out.Polled = r.out.Polled || ended && kind != connectors.Sweep
		if ended && kind == connectors.Poll && sweepDue(*p, r.Now()) { // before that takes the place of the last one
			if r.out.Err = r.judge(ctx); r.out.Err != nil {
				return
			}
		}
		if r.draining() && r.ahead == nil {
			return
		}
	}
	if r.out.Err = r.judge(ctx); r.out.Err != nil {
		return
	}
	_, r.out.SweepLeft = next(*p, r.Now(), false, r.out.Polled)
	r.details(ctx)
}

func (r *run) draining() bool {
	select {
	case <-r.job.Drain:
		r.out.Drained = true
		return true
	default:
		return false
	}
}

// beyondBelief is how far ahead only a wrong clock puts a poll.
const beyondBelief = 40 * 24 * time.Hour

// next says which walk to read a page of, and whether any is due. A run that
// has polled does not poll again.
func next(p state.Progress, now time.Time, forced, polled bool) (connectors.Walk, bool) {
	switch {
	case p.Mode == state.Initial:
		return connectors.Backfill, true
	case p.Walk != nil, !polled && (forced || !p.PollAt.After(now) || p.PollAt.After(now.Add(beyondBelief))):
		return connectors.Poll, true
	case sweepDue(p, now):
		return connectors.Sweep, true
	}
	return connectors.Poll, false
}

// class is whose share of a quota a walk spends.
func class(w connectors.Walk) limit.Class {
	return [...]limit.Class{limit.Backfill, limit.Poll, limit.Sweep}[w]
}

// query is where a walk stands.
func (r *run) query(kind connectors.Walk, w *state.Walk) connectors.Query {
	n := r.out.Network
	q := connectors.Query{
		Walk: kind, PageSize: r.info.PageSize, Server: n.Server, Params: n.Params,
		Resume:  connectors.Cursor(n.Resume),
		Account: connectors.Identity{ID: n.RemoteID, Name: n.Account},
	}
	if q.Account.ID == "" { // not told by the service: the given name stands for it
		q.Account.ID = n.Account
	}
	if w != nil {
		q.Cursor, q.PageSize = connectors.Cursor(w.Cursor), w.PageSize
	}
	return q
}

// call is a request on behalf of the network, what it asks for in words.
func (r *run) call(req connectors.Request, c limit.Class, what string) fetch.Call {
	n := r.out.Network
	call := fetch.Call{
		Info: r.info, Account: n.AccountID, Remote: n.RemoteID, User: n.User, Name: n.Name(), What: what, Server: n.Server,
		Request: req, Class: c, Before: r.job.Held,
	}
	if f, ok := r.job.Connector.(connectors.Faulter); ok {
		call.Fault = f.Fault
	}
	return call
}

// storing classifies an error of the store: the page did not take effect.
func (r *run) storing(what string, err error) error {
	r.out.NotStored = true
	return fmt.Errorf("%s of %s: %w", what, r.out.Network.Name(), err)
}
