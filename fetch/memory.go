package fetch

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"collector/failpoint"
)

// The budget: 40 MiB of unpacked bodies for the whole process. Every reply takes
// a small share once its headers are there; one that grows beyond it changes to
// one of the few large shares.
const (
	smallBytes  = 1 << 20
	largeBytes  = 8 << 20
	smallShares = 16
	largeShares = 3
)

var (
	errTooLarge = errors.New("the body is larger than 8 MiB")
	errEncoding = errors.New("the body is packed in a way that was not asked for")
	errPacked   = errors.New("the body is packed and cannot be unpacked")
	errSlow     = errors.New("the first MiB of the body took longer than 30 s")
	errBusy     = errors.New("no memory for the body: others use it")
)

// memory is the budget that all bodies share. Big buffers are used again, so
// that many hostile bodies leave no mountain of garbage behind.
type memory struct {
	small, large chan struct{}
	waiting      atomic.Int64
	buffers      [len(sizes)]sync.Pool // of *[]byte
}

func newMemory() *memory {
	m := &memory{small: make(chan struct{}, smallShares), large: make(chan struct{}, largeShares)}
	for i, size := range sizes {
		m.buffers[i].New = func() any { b := make([]byte, size); return &b }
	}
	return m
}

// take waits for a share.
func (m *memory) take(ctx context.Context, shares chan struct{}) (give func(), waited bool, err error) {
	select {
	case shares <- struct{}{}:
	default:
		waited = true
		m.waiting.Add(1)
		defer m.waiting.Add(-1)
		select {
		case shares <- struct{}{}:
		case <-ctx.Done():
			return func() {}, true, errBusy
		}
	}
	return func() { <-shares }, waited, nil
}

// read reads and unpacks a body within its limits. give returns its share and
// the body's memory; it must be called once, whatever the error, and nobody may
// look at the body after it. cancel must end the body's reading.
func (m *memory) read(ctx context.Context, cancel context.CancelCauseFunc, resp *http.Response) (body []byte, give func(), err error) {
	defer func() { _ = resp.Body.Close() }() // what is not read is of no use
	share, waited, err := m.take(ctx, m.small)
	g := growing{memory: m}
	give = func() { g.done(); share() }
	if err != nil {
		return nil, give, err
	}
	slow := time.AfterFunc(firstTime, func() { cancel(errSlow) })
	defer slow.Stop()
	r, err := unpacked(resp)
	if err != nil || r == nil {
		return nil, give, err
	}
	g.buf = make([]byte, 0, room(resp))
	for begun, end := false, false; !end; {
		if len(g.buf) == cap(g.buf) { // is there more?
			var probe [1]byte
			n, readErr := r.Read(probe[:])
			if n > 0 && len(g.buf) == smallBytes {
				slow.Stop()
				more, alsoWaited, err := m.take(ctx, m.large)
				if err != nil {
					return nil, give, err
				}
				share()
				share, waited = more, waited || alsoWaited
			}
			if n > 0 && !g.grow(probe[0]) {
				return nil, give, errTooLarge
			}
			end, err = ended(readErr)
			continue
		}
		n, readErr := r.Read(g.buf[len(g.buf):cap(g.buf)])
		g.buf = g.buf[:len(g.buf)+n]
		if !begun && n > 0 {
			begun = true
			if err := failpoint.Hit(ctx, "resp.half"); err != nil {
				return nil, give, err
			}
		}
		end, err = ended(readErr)
	}
	if err != nil && waited && errors.Is(context.Cause(ctx), errTotal) {
		return nil, give, errBusy // its time was spent on waiting
	}
	if err != nil {
		return nil, give, err
	}
	return g.buf, give, nil
}

// sizes are those of the buffers that are used again. A full page of most
// services fits the first.
var sizes = [...]int{smallBytes / 2, smallBytes, largeBytes}

// growing is the buffer of one body: 16 KiB, or as much as was announced if that
// is little, then one of each of sizes.
type growing struct {
	memory *memory
	buf    []byte
	from   *sync.Pool // where buf came from; nil: from nowhere
}

// grow changes to the next size and adds a byte; false: there is none.
func (g *growing) grow(b byte) bool {
	size := slices.IndexFunc(sizes[:], func(n int) bool { return n > len(g.buf) })
	if size < 0 {
		return false
	}
	from := &g.memory.buffers[size]
	var next []byte
	if kept, ok := from.Get().(*[]byte); ok {
		next = (*kept)[:0]
	}
	next = append(append(next, g.buf...), b)
	g.done()
	g.buf, g.from = next, from
	return true
}

// done gives a buffer back.
func (g *growing) done() {
	if g.from != nil {
		whole := g.buf[:cap(g.buf)]
		g.from.Put(&whole)
	}
	g.buf, g.from = nil, nil
}
