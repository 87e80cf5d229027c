package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"collector/failpoint"
	"collector/queue"
	"collector/store"
)

const (
	pages   = 20          // of the change log that are looked at at once
	batch   = 250         // jobs that are added at once
	written = time.Minute // how long a place that passed over the changes of others may be unwritten
)

// relay puts what an endpoint is to be told of into the queue. It is used by one goroutine.
type relay struct {
	st    store.Items
	hooks Store
	jobs  queue.Store

	places map[string]Place
	noted  map[string]time.Time // when the place was written
}

func newRelay(st store.Items, hooks Store, jobs queue.Store) *relay {
	return &relay{st: st, hooks: hooks, jobs: jobs, places: map[string]Place{}, noted: map[string]time.Time{}}
}

// errMissed says that the log was shortened before an endpoint was told.
var errMissed = errors.New("the change log was shortened before the webhook was told of it; it is told that something is missing")

// step queues what the next changes are for an endpoint, and returns how many changes it
// has looked at. last is the newest number of the log, read before: none up to it is
// overlooked. errMissed is for people to know: the next call goes on.
func (r *relay) step(ctx context.Context, e Endpoint, last int64, now time.Time) (int, error) {
	p, known := r.places[e.ID]
	if !known {
		have, err := r.hooks.Get(ctx, e.ID)
		if errors.Is(err, ErrUnknown) {
			return 0, nil // it was removed meanwhile
		}
		if err != nil {
			return 0, err
		}
		p = have.Place
	}
	if known && p.of(e) == p && p.Seq >= last {
		return 0, nil
	}
	p = p.of(e)
	list, err := r.st.Changes(ctx, e.User, p.Seq, pages)
	if errors.Is(err, store.ErrGone) {
		return 0, r.skip(ctx, e, p, last, now)
	}
	if err != nil {
		return 0, err
	}
	var all []message
	wants := e.wants(now)
	for _, c := range list {
		ms, err := r.plan(ctx, wants, c)
		if err != nil {
			return 0, fmt.Errorf("change %d: %w", c.Seq, err)
		}
		all = append(all, ms...)
	}
	if err := r.add(ctx, e, all, now); err != nil {
		return 0, err
	}
	if len(all) > 0 {
		if err := failpoint.Hit(ctx, "webhook.queued"); err != nil {
			return 0, err
		}
	}
	from := p
	if len(list) > 0 {
		p.Seq = list[len(list)-1].Seq
	} else {
		p.Seq = max(p.Seq, last)
	}
	return len(list), r.move(ctx, e, from, p, len(list) > 0, now)
}

// move notes where an endpoint stands. What stands in the queue is noted at once; where
// only others' changes were passed over, now and then is enough.
func (r *relay) move(ctx context.Context, e Endpoint, from, to Place, queued bool, now time.Time) error {
	r.places[e.ID] = to
	if !queued && (from == to || now.Sub(r.noted[e.ID]) < written) {
		return nil
	}
	if err := r.hooks.Note(ctx, []Note{{ID: e.ID, Place: &to}}); err != nil {
		delete(r.places, e.ID)
		return err
	}
	r.noted[e.ID] = now
	return nil
}

// skip goes on behind what the log no longer holds, which the endpoint is told of.
func (r *relay) skip(ctx context.Context, e Endpoint, p Place, last int64, now time.Time) error {
	to, err := store.LogFrom(ctx, r.st, p.Seq, last)
	if err != nil {
		return err
	}
	m := message{
		ID: messageID(e.ID, fmt.Sprint(p.Seq), "missed", fmt.Sprint(to)), Endpoint: e.ID,
		Type: "changes.missed", At: now, Seq: to, After: p.Seq,
	}
	if err := r.add(ctx, e, []message{m}, now); err != nil {
		return err
	}
	if err := r.move(ctx, e, p, Place{to, p.Rewinds}, true, now); err != nil {
		return err
	}
	return fmt.Errorf("the changes after %d: %w", p.Seq, errMissed)
}

// plan is what an endpoint is told of one page's changes.
func (r *relay) plan(ctx context.Context, e wanted, c store.Change) ([]message, error) {
	if c.User != e.User || !slices.Contains(e.Kinds, c.Kind) {
		return nil, nil
	}
	var out []message
	for _, part := range []struct {
		what string
		ids  []string
	}{{"added", c.Added}, {"changed", c.Changed}, {"removed", c.Removed}} {
		items, err := r.st.ByID(ctx, c.NetworkID, part.ids)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			if !e.has(it) {
				continue
			}
			out = append(out, message{
				ID: messageID(e.ID, c.Page, part.what, it.ID), Endpoint: e.ID, Type: "item." + part.what,
				At: c.At, Seq: c.Seq, Kind: c.Kind, Network: c.NetworkID, Item: it.ID,
			})
		}
	}
	return out, nil
}

// add puts messages into the queue. What is there already stays as it is.
func (r *relay) add(ctx context.Context, e Endpoint, ms []message, now time.Time) error {
	for part := range slices.Chunk(ms, batch) {
		jobs := make([]queue.Job, len(part))
		for i, m := range part {
			j, err := m.job(e.Rewinds)
			if err == nil {
				jobs[i], err = queue.Prepare(j, now)
			}
			if err != nil {
				return err
			}
		}
		if _, err := r.jobs.Add(ctx, now, "", jobs); err != nil {
			return fmt.Errorf("queueing %d messages: %w", len(jobs), err)
		}
	}
	return nil
}
