package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
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

// memory is the budget that all bodies share.
type memory struct {
	small, large chan struct{}
	waiting      atomic.Int64
}

func newMemory() *memory {
	return &memory{small: make(chan struct{}, smallShares), large: make(chan struct{}, largeShares)}
}

// take waits for a share.
func (m *memory) take(ctx context.Context, shares chan struct{}) (give func(), err error) {
	select {
	case shares <- struct{}{}:
	default:
		m.waiting.Add(1)
		defer m.waiting.Add(-1)
		select {
		case shares <- struct{}{}:
		case <-ctx.Done():
			return nil, errBusy
		}
	}
	return func() { <-shares }, nil
}

// read reads and unpacks a body within its limits. give returns its share and
// must be called once, whatever the error. cancel must end the body's reading.
func (m *memory) read(ctx context.Context, cancel context.CancelCauseFunc, resp *http.Response) (body []byte, give func(), err error) {
	give = func() {}
	defer func() { _ = resp.Body.Close() }() // what is not read is of no use
	if give, err = m.take(ctx, m.small); err != nil {
		return nil, func() {}, err
	}
	slow := time.AfterFunc(firstTime, func() { cancel(errSlow) })
	defer slow.Stop()
	r, err := unpacked(resp)
	if err != nil || r == nil {
		return nil, give, err
	}
	var probe [1]byte
	buf := make([]byte, 0, room(resp))
	for hit := false; ; {
		if len(buf) == cap(buf) { // is there more?
			n, err := r.Read(probe[:])
			if n > 0 && len(buf) >= largeBytes {
				return nil, give, errTooLarge
			}
			if n > 0 {
				if len(buf) >= smallBytes && cap(buf) < 2*smallBytes {
					slow.Stop()
					more, err := m.take(ctx, m.large)
					if err != nil {
						return nil, give, err
					}
					give()
					give = more
				}
				grown := make([]byte, len(buf), larger(cap(buf)))
				copy(grown, buf)
				buf = append(grown, probe[0])
			}
			if end, err := ended(err); end {
				return buf, give, err
			}
			continue
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if !hit && n > 0 {
			hit = true
			if err := failpoint.Hit(ctx, "resp.half"); err != nil {
				return nil, give, err
			}
		}
		if end, err := ended(err); end {
			return buf, give, err
		}
	}
}

// ended says whether a read was the last one, and whether it failed.
func ended(err error) (bool, error) {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return true, nil
	}
	return err != nil, err
}

// larger is the next size of a buffer: never past a share's edge.
func larger(size int) int {
	if next := 2 * size; size < smallBytes {
		return min(next, smallBytes)
	} else {
		return min(next, largeBytes)
	}
}

// room is the first size of a buffer.
func room(resp *http.Response) int {
	if n := resp.ContentLength; n > 0 && n < smallBytes && resp.Header.Get("Content-Encoding") == "" {
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
