package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
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

// ended says whether a read was the last one, and whether it failed.
func ended(err error) (bool, error) {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return true, nil
	}
	return err != nil, err
}

// room is the first size of a buffer.
func room(resp *http.Response) int {
	if n := resp.ContentLength; n > 0 && n <= smallBytes/4 && resp.Header.Get("Content-Encoding") == "" {
		return int(n)
	}
	return 16 << 10
}

// unpacked undoes gzip, nil for an empty body.
func unpacked(resp *http.Response) (io.Reader, error) {
	raw := &bounded{r: resp.Body, left: largeBytes + smallBytes}
	switch strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))) {
	case "", "identity":
		return raw, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(raw)
		if errors.Is(err, io.EOF) && raw.left == largeBytes+smallBytes {
			return nil, nil
		}
		if err != nil {
			return nil, packed(err)
		}
		return gunzip{z}, nil
	}
	return nil, errEncoding
}

// gunzip tells damage of the packing from errors of the wire.
type gunzip struct{ r io.Reader }

func (g gunzip) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	return n, packed(err)
}

func packed(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || err != nil && strings.HasPrefix(err.Error(), "flate: corrupt") {
		return errPacked
	}
	return err
}

// bounded ends a body that is endless even before it is unpacked.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// shallow says whether a body that looks like JSON keeps to the depth that a
// decoder may be trusted with.
func shallow(body []byte) error {
	text := bytes.TrimLeft(body, "\xef\xbb\xbf \t\r\n")
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return nil
	}
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > jsonDepth {
				return errTooDeep
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
