package webhook

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
)

// Memory is a Store that ends with its process.
type Memory struct {
	mu   sync.Mutex
	rows map[string]Record // of what was removed the id and the version alone
}

// NewMemory returns an empty one.
func NewMemory() *Memory { return &Memory{rows: map[string]Record{}} }

// copied is a record that shares no memory with r.
func copied(r Record) Record {
	r.Kinds, r.Secret.Sealed = slices.Clone(r.Kinds), slices.Clone(r.Secret.Sealed)
	return r
}

// there returns an endpoint that was not removed.
func (m *Memory) there(id string) (Record, bool) {
	r := m.rows[id]
	return r, r.ID != ""
}

// Get is Store.Get.
func (m *Memory) Get(ctx context.Context, id string) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.there(id)
	if err := ctx.Err(); err != nil || ok {
		return copied(r), err
	}
	return Record{}, fmt.Errorf("%w: %s", ErrUnknown, id)
}

// List is Store.List.
func (m *Memory) List(ctx context.Context, after string, n int) ([]Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Record
	for _, r := range m.rows {
		if r.ID > after {
			out = append(out, copied(r))
		}
	}
	slices.SortFunc(out, func(a, b Record) int { return strings.Compare(a.ID, b.ID) })
	return out[:min(max(n, 0), len(out))], ctx.Err()
}

// Of is Store.Of.
func (m *Memory) Of(ctx context.Context, user string) ([]Record, error) {
	all, err := m.List(ctx, "", math.MaxInt)
	return slices.DeleteFunc(all, func(r Record) bool { return r.Damaged != nil || r.User != user }), err
}

// Put is Store.Put.
func (m *Memory) Put(ctx context.Context, r Record) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	have := m.rows[r.ID]
	if have.Version != r.Version || have.Version > 0 && have.ID == "" {
		return 0, fmt.Errorf("%w: %s", ErrChanged, r.ID)
	}
	if r.Version > 0 {
		r.Place, r.Health = have.Place, have.Health
	}
	r.Version++
	m.rows[r.ID] = copied(r)
	return r.Version, nil
}

// Note is Store.Note.
func (m *Memory) Note(ctx context.Context, notes []Note) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range notes {
		r, ok := m.there(n.ID)
		if !ok {
			continue
		}
		if n.Place != nil {
			r.Place = *n.Place
		}
		if n.Health != nil {
			r.Health = *n.Health
		}
		m.rows[n.ID] = r
	}
	return nil
}

// Remove is Store.Remove.
func (m *Memory) Remove(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.there(id)
	if !ok {
		return fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	m.rows[id] = Record{Version: r.Version + 1}
	return nil
}

// Count is Store.Count.
func (m *Memory) Count(ctx context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for r := range maps.Values(m.rows) {
		if r.ID != "" {
			n++
		}
	}
	return n, ctx.Err()
}

// Revision is Store.Revision: versions only grow, so their sum does.
func (m *Memory) Revision(ctx context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := int64(0)
	for r := range maps.Values(m.rows) {
		sum += r.Version
	}
	return sum, ctx.Err()
}

// Bring is Store.Bring.
func (m *Memory) Bring(ctx context.Context, rs []Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range rs {
		m.rows[r.ID] = copied(r)
	}
	return nil
}
