package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
	"collector/limit"
	"collector/state"
	"collector/trace"
)

const (
	brakeLeast = 10  // so many likes may go at once, of a list however short
	brakeShare = 20  // or one in so many, of a longer one
	checksMost = 20  // single likes that one run asks about
	removeMost = 500 // likes that one write removes
	twice      = 2   // completed sweeps in a row that did not show a like
)

// judge draws what follows from likes that the last completed sweep did not show.
//
//   - Where the service can be asked about a single like, it is asked: what it says
//     is done, whatever else holds.
//   - A person may have taken all of them as gone.
//   - Otherwise a like is gone when two completed sweeps in a row have not shown it,
//     nor any page since, and a poll that began after the second has ended: what was
//     liked again while the sweep went on was shown by that poll.
//   - If so many are left that the service is more likely to be wrong than the list to
//     have shrunk, nothing is done by itself, and the status says so.
func (r *run) judge(ctx context.Context) error {
	n := &r.out.Network
	s := n.Swept
	accepted := s != nil && n.Accepted == s.Sweep
	if s == nil || s.Judged && s.Unseen == 0 {
		return nil
	}
	if s.Judged && !accepted {
		return r.recount(ctx, s)
	}
	if err := r.check(ctx, s); err != nil {
		return err
	}
	if accepted {
		if err := r.removeUnseen(ctx, s, 1); err != nil {
			return err
		}
	}
	all, err := r.unseen(ctx, state.Unseen{Sweep: s.Sweep})
	if err != nil {
		return err
	}
	s.Unseen, s.Stored = all, r.kept()
	s.Withheld = all > max(brakeLeast, s.Stored/brakeShare)
	if all > 0 && !s.Polled {
		return nil
	}
	if !s.Withheld {
		if err := r.removeUnseen(ctx, s, twice); err != nil {
			return err
		}
	}
	return r.judged(ctx, s)
}

// recount notes that likes were shown again after the judgement, which stands.
func (r *run) recount(ctx context.Context, s *state.Swept) (err error) {
	s.Unseen, err = r.unseen(ctx, state.Unseen{Sweep: s.Sweep})
	s.Withheld = s.Withheld && s.Unseen > 0
	return err
}

// judged notes what is left of a sweep once everything was done that follows from it.
func (r *run) judged(ctx context.Context, s *state.Swept) (err error) {
	if s.Unseen, err = r.unseen(ctx, state.Unseen{Sweep: s.Sweep}); err != nil {
		return err
	}
	sure, err := r.unseen(ctx, state.Unseen{Sweep: s.Sweep, Sweeps: twice})
	if err != nil {
		return err
	}
	p := &r.out.Network.Progress
	if again := s.At.Add(sweepAgain); sure < s.Unseen && again.Before(p.SweepAt) {
		p.SweepAt = again
	}
	unasked := 0
	if _, can := r.job.Connector.(connectors.Checker); can {
		if unasked, err = r.unseen(ctx, state.Unseen{Sweep: s.Sweep, New: true}); err != nil {
			return err
		}
	}
	s.Judged = unasked == 0
	return nil
}

// unseen counts.
func (r *run) unseen(ctx context.Context, u state.Unseen) (int, error) {
	_, all, err := r.Store.Unseen(ctx, r.out.Network.ID, u)
	if err != nil {
		return 0, r.storing("counting what a sweep did not show", err)
	}
	return all, nil
}

// removeUnseen takes likes as gone that so many sweeps in a row have not shown. They
// were last known to be gone when the sweep ended.
func (r *run) removeUnseen(ctx context.Context, s *state.Swept, sweeps int) error {
	for {
		items, _, err := r.Store.Unseen(ctx, r.out.Network.ID, state.Unseen{Sweep: s.Sweep, Sweeps: sweeps, Most: removeMost})
		if err != nil {
			return r.storing("reading what a sweep did not show", err)
		}
		if len(items) == 0 {
			return nil
		}
		gone := state.Removal{At: s.At, Sweep: s.Sweep, Because: map[string]state.Reason{}}
		for _, it := range items {
			gone.Because[it.ID] = state.Unknown
		}
		if err := r.remove(ctx, gone, items[0].ID); err != nil {
			return err
		}
	}
}

// remove stores a removal, which is called after its first item.
func (r *run) remove(ctx context.Context, gone state.Removal, first string) error {
	gone.ID = fmt.Sprintf("%s/%d/gone/%s", r.out.Network.ID, gone.Sweep, first)
	begun := r.clock(ctx)
	removed, err := r.Store.Remove(ctx, r.job.Lease, gone)
	if err != nil {
		return r.storing("storing what is gone", err)
	}
	if removed > 0 {
		trace.Of(ctx).Note(begun, trace.Step{Kind: trace.Removed, Took: r.clock(ctx).Sub(begun), Gone: int32(removed)})
	}
	r.out.Removed += removed
	return nil
}

// reason is why a like is gone of which a check says so, "" for other answers.
func reason(is connectors.Presence) state.Reason {
	switch is {
	case connectors.Unliked:
		return state.Unliked
	case connectors.Gone:
		return state.Gone
	case connectors.Hidden:
		return state.Hidden
	}
	return ""
}

// check asks the service about likes that a sweep did not show, one by one, out of
// the sweep's share of the quota. A limit or an outage ends it for now; what cannot
// be asked, or is not answered, is left to the sweeps.
func (r *run) check(ctx context.Context, s *state.Swept) error {
	c, can := r.job.Connector.(connectors.Checker)
	if !can {
		return nil
	}
	items, _, err := r.Store.Unseen(ctx, r.out.Network.ID, state.Unseen{Sweep: s.Sweep, New: true, Most: checksMost})
	if err != nil {
		return r.storing("reading what a sweep did not show", err)
	}
	for _, it := range items {
		if r.draining() {
			return nil
		}
		is, at, err := r.liked(ctx, c, it)
		switch kind := fault.KindOf(err); {
		case errors.Is(err, state.ErrLeaseLost):
			return err
		case kind == fault.RateLimited || kind == fault.Temporary || kind == fault.Unauthorized:
			return nil
		}
		found := state.Removal{At: at, Sweep: s.Sweep}
		because := reason(is)
		switch {
		case err == nil && is == connectors.Liked:
			found.Liked = []string{it.ID}
		case err == nil && because != "":
			found.Because = map[string]state.Reason{it.ID: because}
		default:
			found.Asked = []string{it.ID}
		}
		if err := r.remove(ctx, found, it.ID); err != nil {
			return err
		}
	}
	return nil
}

// liked asks about one like.
func (r *run) liked(ctx context.Context, c connectors.Checker, it item.Item) (connectors.Presence, time.Time, error) {
	req, err := c.Check(r.query(connectors.Sweep, nil), it)
	if err != nil {
		return connectors.Unsure, r.Now(), err
	}
	call := r.call(req, limit.Sweep, "one like")
	call.Any = true
	reply, err := r.Do(ctx, call)
	if err != nil {
		return connectors.Unsure, r.Now(), err
	}
	is, err := c.Liked(reply)
	return is, r.Now(), err
}
