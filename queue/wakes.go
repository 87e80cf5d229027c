package queue

import (
	"context"
	"sync"
)

// Wakes is Store.Watch among the users of one store in one process. The zero value
// is ready.
type Wakes struct {
	mu   sync.Mutex
	last int
	all  map[int]func(queue string)
}

// Watch is Store.Watch. Its first call of wake says that it watches: what came before
// may have been missed.
func (w *Wakes) Watch(ctx context.Context, wake func(queue string)) error {
	w.mu.Lock()
	if w.all == nil {
		w.all = map[int]func(string){}
	}
	w.last++
	id := w.last
	w.all[id] = wake
	wake("")
	w.mu.Unlock()
	<-ctx.Done()
	w.mu.Lock()
	delete(w.all, id)
	w.mu.Unlock()
	return ctx.Err()
}

// Tell wakes all who watch, once for each of the queues.
func (w *Wakes) Tell(queues ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, q := range queues {
		for _, wake := range w.all {
			wake(q)
		}
	}
}
