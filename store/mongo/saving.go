package mongo

import (
	"sync"
	"time"
)

// saving are the networks of which this process is saving a page now.
//
// A page is a transaction, and what somebody else writes on its network meanwhile
// undoes it, so that it begins again. The renewal of leases comes every third of a
// lease: where a page takes longer, on a slow server, no page would ever be saved. So
// a renewal leaves out the networks whose pages are in hand, and each is renewed when
// its page is over. Until then its owner may believe for too long that it has the
// lease: that is worth one call, the one ahead of the page, and changes nothing.
type saving struct {
	mu  sync.Mutex
	now map[string]*inHand
}

// inHand is a page that is being saved.
type inHand struct {
	network string
	owed    time.Time // to which the lease is to be renewed then; zero: it is not
}

// begin notes a page. A network has one owner, so there is one page of it at a time.
func (s *saving) begin(network string) *inHand {
	p := &inHand{network: network}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		s.now = map[string]*inHand{}
	}
	s.now[network] = p
	return p
}

// end notes that it is over, and returns to when the lease is to be renewed.
func (s *saving) end(p *inHand) (owed time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now[p.network] == p {
		delete(s.now, p.network)
	}
	return p.owed
}

// owe returns the networks whose pages are in hand, which are renewed later.
func (s *saving) owe(until time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	networks := []string{} // none, to the server too
	for id, p := range s.now {
		p.owed = until
		networks = append(networks, id)
	}
	return networks
}
