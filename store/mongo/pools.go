package mongo

import (
	"sync"

	"go.mongodb.org/mongo-driver/v2/event"
)

// pools counts the connections of the driver, which has a pool for each server. The zero
// value has none.
type pools struct {
	mu   sync.Mutex
	used int
	most map[string]int // by server; 0: no limit
}

// monitor has the driver tell of its pools.
func (p *pools) monitor() *event.PoolMonitor { return &event.PoolMonitor{Event: p.happened} }

func (p *pools) happened(e *event.PoolEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Type {
	case event.ConnectionPoolCreated:
		if p.most == nil {
			p.most = map[string]int{}
		}
		p.most[e.Address] = 0
		if e.PoolOptions != nil {
			p.most[e.Address] = int(min(e.PoolOptions.MaxPoolSize, 1<<30))
		}
	case event.ConnectionPoolClosed:
		delete(p.most, e.Address)
	case event.ConnectionCheckedOut:
		p.used++
	case event.ConnectionCheckedIn:
		p.used--
	}
}

// count is how many connections are in use, and how many there may be; most 0 is no limit.
func (p *pools) count() (used, most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.most {
		if n == 0 {
			return p.used, 0
		}
		most += n
	}
	return p.used, most
}

// Connections are those to all servers together (store.Pooled).
func (s *Store) Connections() (used, most int) { return s.conns.count() }
