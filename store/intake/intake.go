// Package intake brings items from elsewhere into a network that may be collected at
// the same time. It writes as a collector does: under the network's lease, pages of
// the kind "import", each one fact with the network's progress. So nothing is written
// beside a run, a page of a run is never repeated or skipped for it, and the schedule
// stays as it was.
//
// Three rules keep what a collector found out. What a walk has read is left as it is:
// an export knows less of a like than its service. What is imported is not known to a
// walk before it has read it itself, so that no poll stops early. And a page is
// observed when its export was made, so that an old export brings back nothing that
// was taken back since.
package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
)

// Options say who writes.
type Options struct {
	Owner   string                      // instance id that the leases are held under
	Lease   time.Duration               // their length
	Now     func() time.Time            // the clock of the store's users
	Waiting func(network state.Network) // called once before a network is waited for; nil: nobody is told
}

// retry is how often a network that is in work is asked for again.
const retry = time.Second

// Intake holds a lease on at most one network at a time. It is for one goroutine.
type Intake struct {
	Options
	store   store.Store
	lease   state.Lease
	renewed time.Time
}

// New makes an intake. Close gives back what it holds.
func New(st store.Store, o Options) *Intake { return &Intake{store: st, Options: o} }

// Result is what became of items.
type Result struct {
	Added   int // new, or there again after they had been taken back
	Changed int // imported earlier, and different now
	Known   int // there already
}

// Put stores items of a network that were observed at a time. It waits while somebody
// works on the network.
func (in *Intake) Put(ctx context.Context, network string, items []item.Item, observed time.Time) (Result, error) {
	for {
		r, err := in.put(ctx, network, items, observed)
		if !errors.Is(err, state.ErrLeaseLost) {
			return r, err
		}
		in.lease = state.Lease{} // this process stood still for longer than a lease: nothing was stored
	}
}

func (in *Intake) put(ctx context.Context, network string, items []item.Item, observed time.Time) (Result, error) {
	if err := in.hold(ctx, network); err != nil {
		return Result{}, err
	}
	fresh, err := in.unread(ctx, network, items)
	if err != nil || len(fresh) == 0 {
		return Result{Known: len(items)}, err
	}
	n, err := in.store.Network(ctx, network) // what a person has set since the claim is kept
	if err != nil {
		return Result{}, err
	}
	after := n.Progress.Clone()
	after.Saw(fresh)
	done, err := in.store.Commit(ctx, in.lease, state.Page{
		ID: pageID(network, fresh, observed), Kind: "import", Walk: n.Walks, ObservedAt: observed, Items: fresh, After: after,
	})
	if err != nil {
		return Result{}, fmt.Errorf("importing into %s: %w", n.Name(), err)
	}
	return Result{Added: done.Added, Changed: done.Changed, Known: len(items) - done.Added - done.Changed}, nil
}

// unread leaves out what a walk has read and is there.
func (in *Intake) unread(ctx context.Context, network string, items []item.Item) ([]item.Item, error) {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	known, err := in.store.Known(ctx, network, math.MaxInt64, ids)
	if err != nil {
		return nil, fmt.Errorf("looking up what is known: %w", err)
	}
	var out []item.Item
	for i, it := range items {
		if !known[i] {
			out = append(out, it)
		}
	}
	return out, nil
}

// pageID names a page by what it says, so that the same import is the same page.
func pageID(network string, items []item.Item, observed time.Time) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%d\n", observed.UnixMilli())
	for _, it := range items {
		fmt.Fprintf(sum, "%q %x\n", it.ID, it.Hash())
	}
	return network + "/import/" + hex.EncodeToString(sum.Sum(nil)[:12])
}

// hold makes sure that the lease is on a network, and lasts.
func (in *Intake) hold(ctx context.Context, network string) error {
	if in.lease.Network != network {
		if err := in.Close(ctx); err != nil {
			return err
		}
		if err := in.claim(ctx, network); err != nil {
			return err
		}
	}
	if now := in.Now(); now.Sub(in.renewed) >= in.Lease/3 {
		if err := in.store.Renew(ctx, in.Owner, now.Add(in.Lease)); err != nil {
			return fmt.Errorf("renewing the lease: %w", err)
		}
		in.renewed = now
	}
	return nil
}

// claim takes the lease of a network, once nobody works on it.
func (in *Intake) claim(ctx context.Context, network string) error {
	for waited := false; ; waited = true {
		now := in.Now()
		got, err := in.store.Claim(ctx, state.Claim{Network: network, Owner: in.Owner, Now: now, Until: now.Add(in.Lease)})
		if err != nil {
			return err
		}
		if len(got) == 1 {
			in.lease, in.renewed = got[0].Lease, now
			return nil
		}
		n, err := in.store.Network(ctx, network)
		if err != nil {
			return err // it was removed meanwhile
		}
		if !waited && in.Waiting != nil {
			in.Waiting(n)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retry):
		}
	}
}

// Close gives the network back: due when it was due, at once where a person asked for
// that before.
func (in *Intake) Close(ctx context.Context) error {
	if in.lease.Network == "" {
		return nil
	}
	lease := in.lease
	in.lease = state.Lease{}
	n, err := in.store.Network(ctx, lease.Network)
	if errors.Is(err, state.ErrNotFound) {
		return nil // it was removed meanwhile, and its lease with it
	}
	if err != nil {
		return err
	}
	p := n.Progress
	if n.SyncSeq > n.SyncDone || n.FullSeq > n.FullDone {
		p.ScheduledTo = in.Now()
	}
	if err := in.store.Release(ctx, lease, p); err != nil && !errors.Is(err, state.ErrLeaseLost) {
		return fmt.Errorf("giving %s back: %w", n.Name(), err)
	}
	return nil
}
