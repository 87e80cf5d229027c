package move

import (
	"context"
	"fmt"
	"slices"

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
	for after := ""; ; {
		records, err := m.from.Take(ctx, store.PartNetworks, after, m.Batch)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			return nil
		}
		var ids []string
		for _, r := range records {
			ids = append(ids, r.Network.ID)
		}
		if err := m.compareItems(ctx, ids); err != nil {
			return err
		}
		after = records[len(records)-1].Key()
	}
}

// compareItems counts what networks hold, on both sides.
func (m *mover) compareItems(ctx context.Context, ids []string) error {
	have, err := m.from.CountIn(ctx, ids)
	if err != nil {
		return err
	}
	got, err := m.to.CountIn(ctx, ids)
	if err != nil {
		return err
	}
	if len(got) != len(have) {
		return fmt.Errorf("%w: of %d networks the target has %d", ErrDiffers, len(have), len(got))
	}
	if i := slices.IndexFunc(have, func(c store.Stored) bool { return !slices.Contains(got, c) }); i >= 0 {
		return fmt.Errorf("%w: network %s has %d items, %d removed and %d quarantined in the source, %d, %d and %d in the target",
			ErrDiffers, have[i].Network, have[i].Items, have[i].Removed, have[i].Quarantined, got[i].Items, got[i].Removed, got[i].Quarantined)
	}
	for _, c := range have {
		m.said.Parts[store.PartItems] += c.Items + c.Removed
		m.said.Parts[store.PartQuarantine] += c.Quarantined
	}
	return nil
}
