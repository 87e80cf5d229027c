package memory

import (
	"cmp"
	std "container/heap"

	"collector/queue"
)

// heap keeps the first of some jobs at hand, each of which knows its place.
type heap struct {
	less func(a, b queue.Job) bool
	all  []*entry
}

// byRank is the order of claims.
func byRank(a, b queue.Job) bool {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) < 0
}

// byDue is the order in which jobs become ready.
func byDue(a, b queue.Job) bool { return a.Due.Before(b.Due) }

// first is nil where there is none.
func (h *heap) first() *entry {
	if len(h.all) == 0 {
		return nil
	}
	return h.all[0]
}

func (h *heap) add(e *entry) {
	e.in = h
	std.Push(h, e)
}

func (h *heap) remove(e *entry) {
	std.Remove(h, e.at)
	e.in = nil
}

// Len, Less, Swap, Push and Pop are for container/heap.
func (h *heap) Len() int           { return len(h.all) }
func (h *heap) Less(i, j int) bool { return h.less(h.all[i].Job, h.all[j].Job) }

func (h *heap) Swap(i, j int) {
	h.all[i], h.all[j] = h.all[j], h.all[i]
	h.all[i].at, h.all[j].at = i, j
}

func (h *heap) Push(x any) {
	e := x.(*entry)
	e.at = len(h.all)
	h.all = append(h.all, e)
}

func (h *heap) Pop() any {
	e := h.all[len(h.all)-1]
	h.all[len(h.all)-1] = nil
	h.all = h.all[:len(h.all)-1]
	return e
}
