package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/fault"
)

// stream is a body that gives n bytes, each chunk after a pause; it ends with
// its request, as a real one does.
type stream struct {
	ctx   context.Context
	left  int64
	chunk int
	every time.Duration
	read  *int64
}

func (s *stream) Read(p []byte) (int, error) {
	if s.every > 0 {
		timer := time.NewTimer(s.every)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.ctx.Done():
			return 0, s.ctx.Err()
		}
	}
	if s.left <= 0 {
		return 0, io.EOF
	}
	n := int(min(int64(min(len(p), s.chunk)), s.left))
	clear(p[:n])
	s.left -= int64(n)
	if s.read != nil {
		*s.read += int64(n)
	}
	return n, nil
}

func (s *stream) Close() error { return nil }

func reply(body io.ReadCloser, header ...string) *http.Response {
	r := answer(200, "", header...)
	r.Body, r.ContentLength = body, -1
	return r
}

func packedBytes(t *testing.T, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBodiesOfAllSizes(t *testing.T) {
	for _, size := range []int{0, 1, 100, 16<<10 - 1, 16 << 10, 16<<10 + 1, smallBytes - 1, smallBytes, smallBytes + 1, 3<<20 + 7, largeBytes - 1, largeBytes} {
		for _, pack := range []bool{false, size <= smallBytes+1} {
			want := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
			resp := answer(200, string(want))
			if pack {
				resp = answer(200, string(packedBytes(t, want)), "Content-Encoding", "gzip")
			}
			b := newBench(t, Config{Transport: wire(func(*http.Request) (*http.Response, error) { return resp, nil })})
			b.store(t, "a1", canary)
			r, err := b.Do(t.Context(), star("/x"))
			if err != nil || !bytes.Equal(r.Body, want) {
				t.Errorf("%d bytes, gzip %v: %d bytes, %v", size, pack, len(r.Body), err)
			}
			if len(b.memory.small) != 0 || len(b.memory.large) != 0 {
				t.Errorf("%d bytes: shares were kept", size)
			}
		}
	}
}

func TestHostileBodies(t *testing.T) {
	bomb := packedBytes(t, make([]byte, 12<<20))
	if len(bomb)*900 > 12<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	for name, c := range map[string]struct {
		resp func(context.Context) *http.Response
		kind fault.Kind
		says string
		most time.Duration
	}{
		"bomb": {func(context.Context) *http.Response {
			return answer(200, string(bomb), "Content-Encoding", "gzip")
		}, fault.Malformed, "larger than 8 MiB", 0},
		"bomb in a bomb of members": {func(context.Context) *http.Response {
			return answer(200, strings.Repeat(string(packedBytes(t, nil)), 420_000), "Content-Encoding", "gzip")
		}, fault.Malformed, "larger than 8 MiB", 0},
		"endless": {func(ctx context.Context) *http.Response {
			return reply(&stream{ctx: ctx, left: 10 << 30, chunk: 64 << 10})
		}, fault.Malformed, "larger than 8 MiB", 0},
		"a byte above": {func(ctx context.Context) *http.Response {
			return reply(&stream{ctx: ctx, left: largeBytes + 1, chunk: 64 << 10})
		}, fault.Malformed, "larger than 8 MiB", 0},
		"drip": {func(ctx context.Context) *http.Response {
			return reply(&stream{ctx: ctx, left: 1 << 30, chunk: 1, every: time.Second})
		}, fault.Temporary, "too slowly", firstTime},
		"slow after the first MiB": {func(ctx context.Context) *http.Response {
			return reply(&stream{ctx: ctx, left: 1 << 30, chunk: 128 << 10, every: time.Second})
		}, fault.Temporary, "within 60 s", totalTime},
		"silent": {func(ctx context.Context) *http.Response {
			return reply(&stream{ctx: ctx, left: 10, chunk: 1, every: time.Hour})
		}, fault.Temporary, "too slowly", firstTime},
		"brotli": {func(context.Context) *http.Response {
			return answer(200, "xx", "Content-Encoding", "br")
		}, fault.Malformed, "not asked for", 0},
		"no gzip at all": {func(context.Context) *http.Response {
			return answer(200, "not packed", "Content-Encoding", "gzip")
		}, fault.Malformed, "cannot be unpacked", 0},
		"damaged gzip": {func(context.Context) *http.Response {
			p := packedBytes(t, []byte(strings.Repeat("abc", 1000)))
			p[len(p)-5] ^= 0xff
			return answer(200, string(p), "Content-Encoding", "gzip")
		}, fault.Malformed, "cannot be unpacked", 0},
		"cut gzip": {func(context.Context) *http.Response {
			p := packedBytes(t, []byte(strings.Repeat("abc", 1000)))
			return answer(200, string(p[:len(p)-9]), "Content-Encoding", "gzip")
		}, fault.Temporary, "closed the connection", 0},
		"cut": {func(context.Context) *http.Response {
			return reply(io.NopCloser(io.MultiReader(strings.NewReader("[1,"), failing{io.ErrUnexpectedEOF})))
		}, fault.Temporary, "closed the connection", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) { return c.resp(r.Context()), nil })})
				b.store(t, "a1", canary)
				began := time.Now()
				_, err := b.Do(t.Context(), star("/x"))
				if f := fault.As(err); f == nil || f.Kind != c.kind || !strings.Contains(f.Reason, c.says) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); took > c.most+time.Second {
					t.Errorf("took %s", took)
				}
				if len(b.memory.small) != 0 || len(b.memory.large) != 0 {
					t.Error("shares were kept")
				}
				rows, _ := b.quotas.Quotas(t.Context(), "")
				if len(rows) != 1 || rows[0].Out != 0 || rows[0].Used != 1 {
					t.Errorf("the call is counted as %+v", rows)
				}
			})
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
