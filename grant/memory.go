package grant

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a Store that ends with its process.
type Memory struct {
	mu   sync.Mutex
	rows map[Hash]Record
}

// NewMemory returns an empty one.
func NewMemory() *Memory { return &Memory{rows: map[Hash]Record{}} }

// Kept is a record as every store keeps it: times to the millisecond, in UTC, and no
// memory shared with r.
func Kept(r Record) Record {
	for _, t := range []*time.Time{&r.CreatedAt, &r.ExpiresAt, &r.UsedAt} {
		if !t.IsZero() {
			*t = t.UTC().Truncate(time.Millisecond)
		}
	}
	r.Scopes = slices.Clone(r.Scopes)
	return r
}

// Add is Store.Add.
func (m *Memory) Add(ctx context.Context, r Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, have := range m.rows {
		if have.ID == r.ID || have.Hash == r.Hash {
			return fmt.Errorf("%w: %s", ErrTaken, r.ID)
		}
	}
	m.rows[r.Hash] = Kept(r)
	return nil
}

// Find is Store.Find.
func (m *Memory) Find(ctx context.Context, h Hash) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[h]
	if err := ctx.Err(); err != nil || ok {
		return Kept(r), err
	}
	return Record{}, ErrUnknown
}

// Take is Store.Take.
func (m *Memory) Take(ctx context.Context, h Hash) (Record, error) {
	if err := ctx.Err(); err != nil {
		return Record{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[h]
	if !ok {
		return Record{}, ErrUnknown
	}
	delete(m.rows, h)
	return r, nil
}

// Note is Store.Note.
func (m *Memory) Note(ctx context.Context, h Hash, at time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.rows[h]; ok && at.After(r.UsedAt) {
		r.UsedAt = at
		m.rows[h] = Kept(r)
	}
	return nil
}

// List is Store.List.
func (m *Memory) List(ctx context.Context, user, after string, n int) ([]Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Record
	for _, r := range m.rows {
		if r.ID > after && (user == "" || r.User == user) {
			out = append(out, Kept(r))
		}
	}
	slices.SortFunc(out, func(a, b Record) int { return strings.Compare(a.ID, b.ID) })
	return out[:min(max(n, 0), len(out))], ctx.Err()
}

// Remove is Store.Remove.
func (m *Memory) Remove(ctx context.Context, id string) error {
	n, err := m.remove(ctx, func(r Record) bool { return r.ID == id })
	if err == nil && n == 0 {
		return fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	return err
}

// RemoveOf is Store.RemoveOf.
func (m *Memory) RemoveOf(ctx context.Context, user string) (int, error) {
	return m.remove(ctx, func(r Record) bool { return r.User == user })
}

// Prune is Store.Prune.
func (m *Memory) Prune(ctx context.Context, from, to time.Time) (int, error) {
	return m.remove(ctx, func(r Record) bool {
		return !r.ExpiresAt.IsZero() && r.ExpiresAt.After(from) && !r.ExpiresAt.After(to)
	})
}

func (m *Memory) remove(ctx context.Context, chosen func(Record) bool) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for h, r := range m.rows {
		if chosen(r) {
			delete(m.rows, h)
			n++
		}
	}
	return n, nil
}

// Count is Store.Count.
func (m *Memory) Count(ctx context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.rows), ctx.Err()
}

// Bring is Store.Bring.
func (m *Memory) Bring(ctx context.Context, rs []Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range rs {
		for h, have := range m.rows {
			if have.ID == r.ID && h != r.Hash {
				return fmt.Errorf("%w: %s", ErrTaken, r.ID)
			}
		}
		m.rows[r.Hash] = Kept(r)
	}
	return nil
}
