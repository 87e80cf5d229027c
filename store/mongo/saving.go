package mongo

import (
	"context"
	"sync"
)

// saving are the networks of which this process is saving a page now.
//
// A page is a transaction, and what somebody else writes on its network meanwhile
// undoes it, so that it begins again. The renewal of leases comes every third of a
// lease: where a page takes longer, on a slow server, no page would ever be saved. So
// a renewal lets the pages in hand end first, each at its own network.
type saving struct {
	mu  sync.Mutex
	now map[string]chan struct{} // closed when it is over
}

// begin notes a page, until the function that it returns is called. A network has one
// owner, so there is one page at a time.
func (s *saving) begin(network string) (end func()) {
	over := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		s.now = map[string]chan struct{}{}
	}
	s.now[network] = over
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.now[network] == over {
			delete(s.now, network)
		}
		close(over)
	}
}

// busy returns the networks whose pages are being saved, and a function that waits
// until these pages are over.
func (s *saving) busy() (networks []string, wait func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	networks = []string{} // none, to the server too
	var over []chan struct{}
	for id, c := range s.now {
		networks, over = append(networks, id), append(over, c)
	}
	return networks, func(ctx context.Context) error {
		for _, c := range over {
			select {
			case <-c:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	}
}
