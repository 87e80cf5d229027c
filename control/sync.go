package control

import (
	"context"
	"time"

	"collector/state"
)

// Sync makes networks due at once, before all others; full also asks for a reading of the
// whole list. A paused network stays paused. After an error, what is returned was done
// all the same.
func (p *Panel) Sync(ctx context.Context, w Wish, full bool, now time.Time) (done []Done, err error) {
	chosen, err := p.wished(ctx, w, now)
	if err != nil {
		return nil, err
	}
	for _, n := range chosen {
		if err := p.Store.WishSync(ctx, n.ID, full, now); err != nil {
			return done, err
		}
		d := Done{Network: n.Name(), Result: Due, Paused: n.Paused}
		switch {
		case n.Condition == state.Imported:
			d.Result = NotCollected
		case n.Paused:
			d.Result = StaysPaused
		}
		done = append(done, d)
	}
	return done, nil
}

// AcceptRemovals has the daemon take as gone what the last readings of whole lists did
// not show. After an error, what is returned was done all the same.
func (p *Panel) AcceptRemovals(ctx context.Context, w Wish, now time.Time) (done []Done, err error) {
	chosen, err := p.wished(ctx, w, now)
	if err != nil {
		return nil, err
	}
	for _, n := range chosen {
		d := Done{Network: n.Name(), Result: NothingMissing, Paused: n.Paused}
		if n.Swept != nil && n.Swept.Unseen > 0 {
			if err := p.Store.Accept(ctx, n.ID, n.Swept.Sweep, now); err != nil {
				return done, err
			}
			d.Result, d.Items = TakenAsGone, n.Swept.Unseen
		}
		done = append(done, d)
	}
	return done, nil
}

// wished returns the chosen networks, and notes that their users are there.
func (p *Panel) wished(ctx context.Context, w Wish, now time.Time) ([]state.Network, error) {
	chosen, err := Choose(ctx, p.Store, w.User, w.Networks, w.All)
	if err != nil {
		return nil, err
	}
	return chosen, p.hereFor(ctx, w, chosen, now)
}

// Works says whether a collector runs: without one nothing is read.
func (p *Panel) Works(ctx context.Context, now time.Time) (bool, error) {
	beats, err := p.Store.Beats(ctx, now.Add(-BeatLife))
	return len(beats) > 0, err
}
