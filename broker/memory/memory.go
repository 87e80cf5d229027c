// Package memory keeps the messages of topics in the memory of one process: for tests,
// and for what need not outlive the process.
package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"collector/broker"
)

// Log is a broker.Log.
type Log struct {
	most int // messages that are kept

	mu     sync.Mutex
	kept   []broker.Message // in order, without holes
	next   int64
	ids    map[key]int64
	signal chan struct{} // closed and made anew when something was appended
}

type key struct{ destination, id string }

// usual is how many messages New keeps.
const usual = 10_000

// New returns an empty log that keeps the newest 10,000 messages.
func New() *Log { return Keeping(usual) }

// Keeping returns an empty log that keeps the newest n messages.
func Keeping(n int) *Log {
	return &Log{most: n, next: 1, ids: map[key]int64{}, signal: make(chan struct{})}
}

// Append is broker.Log.Append.
func (l *Log) Append(ctx context.Context, _ time.Time, ms []broker.Message) ([]int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := make([]int64, len(ms))
	for i, m := range ms {
		k := key{m.Destination, m.ID}
		if old, ok := l.ids[k]; ok {
			at[i] = old
			continue
		}
		m.Position = l.next
		at[i], l.ids[k] = l.next, l.next
		l.next++
		l.kept = append(l.kept, m)
	}
	for over := len(l.kept) - l.most; over > 0; over-- {
		m := l.kept[0]
		delete(l.ids, key{m.Destination, m.ID})
		l.kept[0] = broker.Message{}
		l.kept = l.kept[1:]
	}
	close(l.signal)
	l.signal = make(chan struct{})
	return at, nil
}

// from returns what is kept from a position on; l.mu is held.
func (l *Log) from(position int64) ([]broker.Message, error) {
	oldest := l.next - int64(len(l.kept))
	if position < oldest {
		return nil, fmt.Errorf("position %d, the oldest is %d: %w", position, oldest, broker.ErrGone)
	}
	at, _ := slices.BinarySearchFunc(l.kept, position, func(m broker.Message, p int64) int { return cmp.Compare(m.Position, p) })
	return l.kept[at:], nil
}

// Read is broker.Log.Read.
func (l *Log) Read(ctx context.Context, topic string, from int64, n int) ([]broker.Message, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	all, err := l.from(from)
	if err != nil {
		return nil, err
	}
	var out []broker.Message
	for _, m := range all {
		if len(out) == n {
			break
		}
		if m.Destination == topic {
			out = append(out, m)
		}
	}
	return out, nil
}

// Bounds is broker.Log.Bounds.
func (l *Log) Bounds(ctx context.Context) (oldest, next int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next - int64(len(l.kept)), l.next, ctx.Err()
}

// Follow is broker.Log.Follow.
func (l *Log) Follow(ctx context.Context, from int64, fn func([]broker.Message)) error {
	for ctx.Err() == nil {
		l.mu.Lock()
		all, err := l.from(from)
		news := slices.Clone(all)
		signal := l.signal
		l.mu.Unlock()
		if err != nil {
			return err
		}
		if len(news) > 0 {
			from = news[len(news)-1].Position + 1
			fn(news)
			continue
		}
		select {
		case <-signal:
		case <-ctx.Done():
		}
	}
	return context.Cause(ctx)
}

// Topics is broker.Log.Topics.
func (l *Log) Topics(ctx context.Context) ([]broker.TopicStats, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := map[string]*broker.TopicStats{}
	for _, m := range l.kept {
		s := found[m.Destination]
		if s == nil {
			s = &broker.TopicStats{Topic: m.Destination, Oldest: m.Position}
			found[m.Destination] = s
		}
		s.Messages++
		s.Newest, s.Time = m.Position, m.Time
	}
	var out []broker.TopicStats
	for _, s := range found {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b broker.TopicStats) int { return cmp.Compare(a.Topic, b.Topic) })
	return out, ctx.Err()
}

// Forget is broker.Log.Forget.
func (l *Log) Forget(ctx context.Context, chosen func(broker.Message) bool) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	l.kept = slices.Clone(l.kept) // readers may hold parts of it
	for i, m := range l.kept {
		if !chosen(m) {
			continue
		}
		delete(l.ids, key{m.Destination, m.ID})
		m = broker.Blank(m)
		l.kept[i] = m
		n++
	}
	return n, ctx.Err()
}
