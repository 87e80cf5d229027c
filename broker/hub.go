package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// hub reads the log once for all subscribers of this process. For each topic that has
// subscribers it keeps what came last, all together at most Options.Recent bytes. A
// subscriber is only a position: what it wants of the part that is kept here it takes
// here, what is older it reads from the log. So a slow one costs no memory, and one that
// comes back is nothing special.
type hub struct {
	b *Broker

	mu      sync.Mutex
	started bool
	next    int64 // the position that is read next
	topics  map[string]*window
	order   []*window // whose message came when, oldest first
	bytes   int
}

// window is what the hub keeps of a topic: all its messages from a position on.
type window struct {
	from    int64
	recent  []Message
	readers int
	wake    chan struct{} // closed and made anew when something came
}

func newHub(b *Broker) *hub { return &hub{b: b, topics: map[string]*window{}} }

// subscribe begins a stream of a topic.
func (h *hub) subscribe(ctx context.Context, sub Subscription) (Stream, error) {
	s := &topicStream{h: h, sub: sub, from: sub.From, freed: make(chan struct{}, 1), ended: make(chan struct{})}
	var oldest, next int64
	err := h.b.retry(ctx, "subscribing to "+sub.Destination, func(ctx context.Context) (err error) {
		oldest, next, err = h.b.log.Bounds(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	switch {
	case sub.From == Oldest:
		s.from = oldest
	case sub.From == Newest, sub.From > next: // a position that is not there yet: of another store
		s.from = next
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.b.ctx.Err() != nil {
		return nil, fmt.Errorf("subscribing to %s: the broker has ended: %w", sub.Destination, ErrClosed)
	}
	if !h.started {
		h.started, h.next = true, next
		h.b.after.Go(h.run)
	}
	w := h.topics[sub.Destination]
	if w == nil {
		w = &window{from: h.next, wake: make(chan struct{})}
		h.topics[sub.Destination] = w
	}
	w.readers++
	s.w = w
	return s, nil
}

// leave takes a stream off; with the last one goes what was kept for it.
func (h *hub) leave(s *topicStream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.w.readers--; s.w.readers > 0 {
		return
	}
	if h.topics[s.sub.Destination] == s.w {
		delete(h.topics, s.sub.Destination)
	}
	for _, m := range s.w.recent {
		h.bytes -= m.size()
	}
	s.w.recent = nil
	h.order = slices.DeleteFunc(h.order, func(w *window) bool { return w == s.w })
}

// run follows the log until the broker ends. When it cannot go on, as in a failover, it
// begins again at the position that it has not seen.
func (h *hub) run() {
	for h.b.ctx.Err() == nil {
		err := h.b.retry(h.b.ctx, "following the topics", func(ctx context.Context) error {
			h.mu.Lock()
			from := h.next
			h.mu.Unlock()
			return h.b.log.Follow(ctx, from, h.arrive)
		})
		if errors.Is(err, ErrGone) {
			err = h.b.retry(h.b.ctx, "following the topics", h.skip)
		}
		if err != nil && !pause(h.b.ctx, latest) {
			return
		}
	}
}

// skip goes on behind what is no longer kept. The windows begin anew, so that each
// subscriber reads from the log, and is told there if it missed something.
func (h *hub) skip(ctx context.Context) error {
	_, next, err := h.b.log.Bounds(ctx)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.next, h.bytes, h.order = next, 0, nil
	for _, w := range h.topics {
		w.from, w.recent = next, nil
		w.tell()
	}
	return nil
}

// arrive keeps messages for the subscribers of their topics, and drops the oldest of all
// where they are too many.
func (h *hub) arrive(ms []Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range ms {
		if m.Position < h.next { // seen already
			continue
		}
		h.next = m.Position + 1
		w := h.topics[m.Destination]
		if w == nil {
			continue
		}
		w.recent = append(w.recent, m)
		h.order = append(h.order, w)
		h.bytes += m.size()
		w.tell()
	}
	for h.bytes > h.b.o.Recent && len(h.order) > 0 {
		w := h.order[0]
		h.order[0] = nil
		h.order = h.order[1:]
		h.bytes -= w.recent[0].size()
		w.from = w.recent[0].Position + 1
		w.recent[0] = Message{}
		w.recent = w.recent[1:]
	}
}

func (w *window) tell() {
	close(w.wake)
	w.wake = make(chan struct{})
}
