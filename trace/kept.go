package trace

import (
	"container/list"
	"slices"
	"sync"
	"time"
	"unsafe"
)

const (
	// MostBytes is what all traces together may take.
	MostBytes = 4 << 20
	mostRuns  = 20 // of one network: as many as its state tells of
)

// Kept are the runs of late of the networks that this process ran, in memory alone. Where
// they take too much, the networks go first that were longest neither run nor looked at.
// Its methods may be used from many goroutines; a nil one keeps nothing.
type Kept struct {
	most  int
	clean func(string) string

	mu    sync.Mutex
	lists map[string]*list.Element // by network id; each holds a *runs
	order *list.List               // the one that was touched last is at the front
	bytes int
}

// runs are those of one network, the oldest first.
type runs struct {
	network string
	done    []Done
	bytes   int
}

// New keeps nothing yet, and at most so many bytes. clean takes secrets that the process
// knows out of a text before anybody sees it.
func New(most int, clean func(string) string) *Kept {
	return &Kept{most: most, clean: clean, lists: map[string]*list.Element{}, order: list.New()}
}

// Begin is a run of a network that begins.
func (k *Kept) Begin(network string, now time.Time) *Run {
	if k == nil {
		return nil
	}
	return &Run{kept: k, network: network, begun: now}
}

// Of are the runs of a network that are kept, the oldest first.
func (k *Kept) Of(network string) []Done {
	if k == nil {
		return nil
	}
	out := k.look(network)
	for i := range out {
		out[i].Steps = slices.Clone(out[i].Steps)
		for j := range out[i].Steps {
			out[i].Steps[j].scrub(k.clean)
		}
	}
	return out
}

// look is Of before anything is taken out of it.
func (k *Kept) look(network string) []Done {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := k.lists[network]
	if at == nil {
		return nil
	}
	k.order.MoveToFront(at)
	return slices.Clone(of(at).done)
}

func of(at *list.Element) *runs {
	r, _ := at.Value.(*runs)
	return r
}

// frame is what keeping a network takes beside its runs, about: its place in the map and
// in the order.
const frame = 256

func (d Done) size() int {
	n := int(unsafe.Sizeof(d)) + cap(d.Steps)*int(unsafe.Sizeof(Step{}))
	for i := range d.Steps {
		n += d.Steps[i].beside()
	}
	return n
}

func (k *Kept) add(network string, d Done) {
	size := d.size()
	k.mu.Lock()
	defer k.mu.Unlock()
	at := k.lists[network]
	if at == nil {
		at = k.order.PushFront(&runs{network: network, bytes: frame + len(network)})
		k.lists[network] = at
		k.bytes += of(at).bytes
	}
	k.order.MoveToFront(at)
	r := of(at)
	r.done = append(r.done, d)
	r.grow(k, size)
	for len(r.done) > mostRuns {
		r.dropOldest(k)
	}
	for k.bytes > k.most && k.order.Len() > 1 {
		k.forget(k.order.Back())
	}
	for k.bytes > k.most && len(r.done) > 0 {
		r.dropOldest(k)
	}
}

func (r *runs) grow(k *Kept, by int) {
	r.bytes += by
	k.bytes += by
}

func (r *runs) dropOldest(k *Kept) {
	r.grow(k, -r.done[0].size())
	r.done = slices.Delete(r.done, 0, 1)
}

func (k *Kept) forget(at *list.Element) {
	r := of(at)
	k.order.Remove(at)
	delete(k.lists, r.network)
	k.bytes -= r.bytes
}
