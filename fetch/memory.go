package fetch

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"collector/failpoint"
)

// The budget: 48 MiB of unpacked bodies for the whole process. Every reply takes
// a small share once its headers are there; one that grows beyond it changes to
// one of the few large shares.
const (
	smallBytes  = 1 << 20
	largeBytes  = 8 << 20
	smallShares = 24
	largeShares = 3
	jsonDepth   = 64
)

var (
	errTooLarge = errors.New("the body is larger than 8 MiB")
	errTooDeep  = errors.New("the body nests deeper than 64 levels")
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
	mebi, most   sync.Pool // of *[]byte: smallBytes and largeBytes
}

func newMemory() *memory {
	buffer := func(size int) func() any { return func() any { b := make([]byte, size); return &b } }
	return &memory{
		small: make(chan struct{}, smallShares), large: make(chan struct{}, largeShares),
		mebi: sync.Pool{New: buffer(smallBytes)}, most: sync.Pool{New: buffer(largeBytes)},
	}
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
// must be called once, whatever the error. cancel must end the body's reading.
func (m *memory) read(ctx context.Context, cancel context.CancelCauseFunc, resp *http.Response) (body []byte, give func(), err error) {
	defer func() { _ = resp.Body.Close() }() // what is not read is of no use
	give, waited, err := m.take(ctx, m.small)
	if err != nil {
		return nil, give, err
	}
	slow := time.AfterFunc(firstTime, func() { cancel(errSlow) })
	defer slow.Stop()
	r, err := unpacked(resp)
	if err != nil || r == nil {
		return nil, give, err
	}
	g := growing{memory: m, buf: make([]byte, 0, room(resp))}
	defer func() { g.done(body) }()
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
				give()
				give, waited = more, waited || alsoWaited
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
	return g.whole(), give, nil
}

// growing is the buffer of one body: 16 KiB, 64, 256, then one of 1 MiB and one
// of 8 MiB that are used again.
type growing struct {
	memory *memory
	buf    []byte
	from   *sync.Pool // where buf came from; nil: it is the body's own
}

// grow changes to the next size and adds a byte; false: there is none.
func (g *growing) grow(b byte) bool {
	var next []byte
	var from *sync.Pool
	switch {
	case len(g.buf) >= largeBytes:
		return false
	case len(g.buf) >= smallBytes:
		from = &g.memory.most
	case len(g.buf) >= smallBytes/4:
		from = &g.memory.mebi
	default:
		next = make([]byte, 0, min(4*len(g.buf), smallBytes/4))
	}
	if from != nil {
		if kept, ok := from.Get().(*[]byte); ok {
			next = (*kept)[:0]
		}
	}
	next = append(append(next, g.buf...), b)
	g.done(nil)
	g.buf, g.from = next, from
	return true
}

// whole is the body, to be kept by others.
func (g *growing) whole() []byte {
	if g.from == nil || len(g.buf) > largeBytes/2 {
		return g.buf
	}
	return bytes.Clone(g.buf)
}

// done gives a buffer back that the body does not live in.
func (g *growing) done(body []byte) {
	if g.from != nil && (len(body) == 0 || &body[0] != &g.buf[0]) {
		whole := g.buf[:cap(g.buf)]
		g.from.Put(&whole)
	}
	g.from = nil
}
