package executor

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
	"collector/limit"
	"collector/state"
	"collector/trace"
)

const (
	detailBatches = 4                // calls for details in one run
	detailRetry   = 10 * time.Minute // after a failed or unanswered one
)

// details fills items of which the list gave only a reference. What goes wrong
// here never fails the network: the likes themselves are stored.
func (r *run) details(ctx context.Context) {
	h, can := r.job.Connector.(connectors.Hydrator)
	if !can {
		return
	}
	for range detailBatches {
		n, err := r.fill(ctx, h)
		if err != nil {
			if errors.Is(err, state.ErrLeaseLost) || r.out.NotStored {
				r.out.Err = err
			}
			return
		}
		if n == 0 || r.draining() {
			return
		}
		if r.out.Kind == "" {
			r.out.Kind = "details"
		}
	}
	left, err := r.Store.Bare(ctx, r.out.Network.ID, r.Now(), 1)
	r.out.Details = err == nil && len(left) > 0
}

// fill asks for one batch of details and stores them; asked is 0 when none are
// due.
func (r *run) fill(ctx context.Context, h connectors.Hydrator) (asked int, err error) {
	now := r.Now()
	ids, err := r.Store.Bare(ctx, r.out.Network.ID, now, max(1, r.info.DetailsPerCall))
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	batch := state.Fill{At: now, Retry: now.Add(detailRetry)}
	found, err := r.ask(ctx, h, ids)
	if err != nil {
		if f := fault.As(err); f != nil && f.Kind == fault.RateLimited && f.Until.After(now) {
			batch.Retry = f.Until
		}
	}
	answered := map[string]bool{}
	for _, d := range found {
		if !slices.Contains(ids, d.Item.ID) || answered[d.Item.ID] {
			continue
		}
		answered[d.Item.ID] = true
		if d.Gone {
			batch.Gone = append(batch.Gone, d.Item.ID)
			continue
		}
		batch.Items = append(batch.Items, d.Item)
	}
	digest := fnv.New64a()
	for _, id := range ids {
		fmt.Fprintln(digest, id)
		if !answered[id] {
			batch.Later = append(batch.Later, id)
		}
	}
	batch.ID = fmt.Sprintf("%s/fill/%x-%d", r.out.Network.ID, digest.Sum64(), now.UnixMilli())
	begun := r.clock(ctx)
	filled, storeErr := r.Store.Fill(ctx, r.job.Lease, batch)
	if storeErr != nil {
		return 0, r.storing("storing details", storeErr)
	}
	trace.Of(ctx).Note(begun, trace.Step{Kind: trace.Saved, Took: r.clock(ctx).Sub(begun), What: fmt.Sprintf("the details of %d", filled)})
	r.out.Filled += filled
	return len(ids), err
}

func (r *run) ask(ctx context.Context, h connectors.Hydrator, ids []string) ([]connectors.Detail, error) {
	req, err := h.Details(r.query(connectors.Backfill, nil), ids)
	if err != nil {
		return nil, err
	}
	reply, err := r.Do(ctx, r.call(req, limit.Backfill, fmt.Sprintf("the details of %d", len(ids))))
	if err != nil {
		return nil, err
	}
	return h.Fill(ids, reply)
}

const remapBatch = 200

// remap tries objects in quarantine again that an older program could not map,
// without asking the service.
func (r *run) remap(ctx context.Context) error {
	m, can := r.job.Connector.(connectors.Remapper)
	n := &r.out.Network
	if !can || n.Bad == 0 {
		return nil
	}
	bad, err := r.Store.Quarantined(ctx, n.ID, r.Version, remapBatch)
	if err != nil {
		return r.storing("reading the quarantine", err)
	}
	if len(bad) == 0 {
		return nil
	}
	now := r.Now()
	out := state.Remap{
		At: now, Version: r.Version, Items: map[string]item.Item{}, Still: map[string]string{},
		ID: fmt.Sprintf("%s/remap/%s/%s", n.ID, r.Version, bad[0].Key),
	}
	for _, b := range bad {
		it, err := m.Remap(r.query(connectors.Backfill, nil), b.Raw)
		if err != nil {
			out.Still[b.Key] = err.Error()
			continue
		}
		one := []item.Item{it}
		stamp(one, &state.Walk{StartedAt: b.At}, b.At)
		out.Items[b.Key] = one[0]
		out.Walk = max(out.Walk, b.Walk)
	}
	added, err := r.Store.Remapped(ctx, r.job.Lease, out)
	if err != nil {
		return r.storing("storing what came out of the quarantine", err)
	}
	trace.Of(ctx).Note(now, trace.Step{Kind: trace.Saved, Took: r.clock(ctx).Sub(now), What: fmt.Sprintf("%d of %d that had been kept aside", added, len(bad))})
	r.out.Added += added
	return nil
}
