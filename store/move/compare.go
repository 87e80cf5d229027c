package move

import (
	"context"
	"fmt"

	"collector/store"
)

// compare counts both sides.
func (m *mover) compare(ctx context.Context) error {
	for _, p := range []store.Part{store.PartAccounts, store.PartCredentials, store.PartQuotas, store.PartNetworks} {
		have, err := m.from.Count(ctx, p)
		if err != nil {
			return err
		}
		got, err := m.to.Count(ctx, p)
		if err != nil {
			return err
		}
		if got != have {
			return fmt.Errorf("%w: the source has %d %s, the target %d", ErrDiffers, have, p, got)
		}
		m.said.Parts[p] = have
	}
	return networks(ctx, m.from, m.Batch, func(ns []*store.WholeNetwork) error {
		have, err := m.from.CountIn(ctx, idsOf(ns))
		if err != nil {
			return err
		}
		if len(have) != len(ns) {
			return ErrChanged
		}
		m.said.add(have)
		for i, h := range have {
			if n := ns[i]; n.Items != h.Items || n.Bad != h.Quarantined {
				return fmt.Errorf("%w: network %s counts %d items and %d quarantined, and holds %d and %d",
					store.ErrDamaged, n.ID, n.Items, n.Bad, h.Items, h.Quarantined)
			}
		}
		return m.compareItems(ctx, have, idsOf(ns))
	})
}

func idsOf(ns []*store.WholeNetwork) (ids []string) {
	for _, n := range ns {
		ids = append(ids, n.ID)
	}
	return ids
}

// add counts what networks hold.
func (r Report) add(counts []store.Stored) {
	for _, c := range counts {
		r.Parts[store.PartItems] += c.Items + c.Removed
		r.Parts[store.PartQuarantine] += c.Quarantined
	}
}

// compareItems holds what networks hold in the target to what they held.
func (m *mover) compareItems(ctx context.Context, have []store.Stored, ids []string) error {
	got, err := m.to.CountIn(ctx, ids)
	if err != nil {
		return err
	}
	if len(got) != len(have) {
		return fmt.Errorf("%w: of %d networks the target has %d", ErrDiffers, len(have), len(got))
	}
	for i, h := range have {
		if g := got[i]; g != h {
			return fmt.Errorf("%w: network %s has %d items, %d removed and %d quarantined in the source, %d, %d and %d in the target",
				ErrDiffers, h.Network, h.Items, h.Removed, h.Quarantined, g.Items, g.Removed, g.Quarantined)
		}
	}
	return nil
}

// Look tells what a move would do, and what would be refused, and changes nothing.
// to is nil where there is no target yet.
func Look(ctx context.Context, from store.Source, to store.Movable, o Options) (Report, error) {
	m := &mover{Options: o, from: from, to: to, said: Report{Parts: map[store.Part]int{}}}
	m.Batch = 1000
	if err := m.look(ctx); err != nil {
		return m.said, err
	}
	for _, p := range []store.Part{store.PartAccounts, store.PartCredentials, store.PartQuotas, store.PartNetworks} {
		n, err := from.Count(ctx, p)
		if err != nil {
			return m.said, err
		}
		m.said.Parts[p] = n
	}
	if o.Beside != nil {
		n, _, err := o.Beside.Count(ctx)
		if err != nil {
			return m.said, err
		}
		m.said.Beside = n
	}
	return m.said, networks(ctx, from, m.Batch, func(ns []*store.WholeNetwork) error {
		have, err := from.CountIn(ctx, idsOf(ns))
		m.said.add(have)
		return err
	})
}

// look refuses what begin would refuse.
func (m *mover) look(ctx context.Context) error {
	if err := m.idle(ctx); err != nil || m.to == nil {
		return err
	}
	found, err := readNote(ctx, m.to)
	if err != nil {
		return err
	}
	if found == nil {
		return m.fresh(ctx)
	}
	m.said.Resumed = true
	return m.mine(found)
}
