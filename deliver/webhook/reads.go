package webhook

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"

	"collector/store"
)

// reads reads items for many calls at once: those of one network that are asked for while
// one read is under way share the next. No read has begun before it was asked for, so what
// is told is never older than the question.
type reads struct {
	st store.Items

	mu   sync.Mutex
	busy map[string]bool     // networks with a read under way
	next map[string]*reading // by network, what is read then
}

func newReads(st store.Items) *reads {
	return &reads{st: st, busy: map[string]bool{}, next: map[string]*reading{}}
}

// reading is one read of items of one network.
type reading struct {
	network string
	ids     map[string]bool
	askers  int // who wait for it; it ends with the last
	ctx     context.Context
	end     context.CancelFunc
	done    chan struct{} // closed when it has ended
	found   map[string]store.Liked
	err     error
}

// item reads an item of a network, and says whether it is there.
func (r *reads) item(ctx context.Context, network, id string) (it store.Liked, there bool, err error) {
	one := r.ask(ctx, network, id)
	defer r.leave(one)
	select {
	case <-one.done:
	case <-ctx.Done():
		return it, false, context.Cause(ctx)
	}
	if one.err != nil && len(one.ids) > 1 { // an item that cannot be read holds up no other
		list, err := r.st.ByID(ctx, network, []string{id})
		if err != nil || len(list) == 0 {
			return it, false, err
		}
		return list[0], true, nil
	}
	it, there = one.found[id]
	return it, there, one.err
}

// ask adds an item to the next read of its network, which begins at once where none is
// under way.
func (r *reads) ask(ctx context.Context, network, id string) *reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.next[network]
	if one == nil {
		one = &reading{network: network, ids: map[string]bool{}, done: make(chan struct{})}
		one.ctx, one.end = context.WithCancel(context.WithoutCancel(ctx))
		r.next[network] = one
	}
	one.ids[id] = true
	one.askers++
	if !r.busy[network] {
		r.busy[network] = true
		go r.run(network)
	}
	return one
}

// leave is called by each who has asked. Nobody joins a read that all have left.
func (r *reads) leave(one *reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one.askers--; one.askers > 0 {
		return
	}
	one.end()
	if r.next[one.network] == one {
		delete(r.next, one.network)
	}
}

// run reads what is asked for of a network until that is nothing.
func (r *reads) run(network string) {
	for {
		r.mu.Lock()
		one := r.next[network]
		delete(r.next, network)
		if one == nil {
			delete(r.busy, network)
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		r.read(one)
	}
}

// read makes one read. A panic in it is an error, as in a job that reads by itself.
func (r *reads) read(one *reading) {
	defer close(one.done)
	defer func() {
		if p := recover(); p != nil {
			one.err = fmt.Errorf("reading items panicked: %v\n%s", p, debug.Stack())
		}
	}()
	list, err := r.st.ByID(one.ctx, one.network, slices.Sorted(maps.Keys(one.ids)))
	one.found, one.err = make(map[string]store.Liked, len(list)), err
	for _, it := range list {
		one.found[it.ID] = it
	}
}
