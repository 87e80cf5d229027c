package mongo

import (
	"context"
	"sync"
	"time"

	"collector/state"
)

// saving are the pages that this process is saving now.
//
// A page is a transaction, and what somebody else writes on its network meanwhile
// undoes it, so that it begins again. The renewal of leases comes every third of a
// lease: where a page takes longer, on a slow server, no page would ever be saved. So
// a renewal leaves out the networks whose pages are in hand, and each is renewed when
// its page is over. The renewal waits for that, but not for long: others are renewed
// by the next one. The owner of a page that takes longer may believe for too long that
// it has the lease; that is worth one call, the one ahead of the page, and changes
// nothing.
type saving struct {
	mu  sync.Mutex
	now map[*inHand]struct{}
}

// inHand is a page that is being saved.
type inHand struct {
	lease state.Lease
	owed  time.Time     // to which the lease is to be renewed then; zero: it is not
	over  chan struct{} // closed once that is done
	err   error         // why it is not
}

// begin notes a page.
func (s *saving) begin(l state.Lease) *inHand {
	p := &inHand{lease: l, over: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		s.now = map[*inHand]struct{}{}
	}
	s.now[p] = struct{}{}
	return p
}

// end notes that it is over, and returns to when the lease is to be renewed.
func (s *saving) end(p *inHand) (owed time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.now, p)
	return p.owed
}

// owe returns the pages that an owner has in hand, which renew their leases when they
// are over, and the networks that these are of.
func (s *saving) owe(owner string, until time.Time) (pages []*inHand, networks []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	networks = []string{} // none, to the server too
	for p := range s.now {
		if p.lease.Owner == owner {
			p.owed = until
			pages, networks = append(pages, p), append(networks, p.lease.Network)
		}
	}
	return pages, networks
}

// renewalPatience is the part of a lease for which a renewal waits for pages in hand.
const renewalPatience = 6

// waitFor waits until pages are over and their leases renewed, but not for long.
func (s *Store) waitFor(ctx context.Context, pages []*inHand) error {
	enough := time.NewTimer(s.o.Lease / renewalPatience)
	defer enough.Stop()
	for _, p := range pages {
		select {
		case <-p.over:
			if p.err != nil {
				return p.err
			}
		case <-enough.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// saved ends a page that was being saved, and renews its lease if that was put off.
func (s *Store) saved(ctx context.Context, p *inHand) {
	if until := s.pages.end(p); !until.IsZero() {
		p.err = s.renew(context.WithoutCancel(ctx), p.lease.Owner, until, where("$eq", p.lease.Network))
	}
	close(p.over)
}
