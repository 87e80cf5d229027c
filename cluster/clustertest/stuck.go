package clustertest

import (
	"context"
	"encoding/json"
	"sync"

	"collector/cluster"
)

// stuck is a handler that the kit lets go on by itself, member by member.
type stuck struct {
	mu    sync.Mutex
	gates map[string]chan struct{} // of the members that have begun
}

func newStuck() *stuck { return &stuck{gates: map[string]chan struct{}{}} }

func (s *stuck) handle(ctx context.Context, n *node, _ cluster.Task) (json.RawMessage, error) {
	s.mu.Lock()
	gate := make(chan struct{})
	s.gates[n.id] = gate
	s.mu.Unlock()
	select {
	case <-gate:
	case <-ctx.Done():
	}
	return quoted(n), nil
}

// free lets a member go on.
func (s *stuck) free(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.gates[id])
}

// other is who has begun beside a member.
func (s *stuck) other(than string) string {
	for _, id := range s.at() {
		if id != than {
			return id
		}
	}
	return ""
}

func (s *stuck) at() (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.gates {
		ids = append(ids, id)
	}
	return ids
}

func pick(nodes []*node, id string) *node {
	for _, n := range nodes {
		if n.id == id {
			return n
		}
	}
	return nil
}
