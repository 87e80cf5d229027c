package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
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
	for i := range p[:n] {
		p[i] = 'x'
	}
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
		for _, pack := range []bool{false, true} {
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
	bomb := packedBytes(t, make([]byte, 256<<20))
	if len(bomb)*900 > 256<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	deep := strings.Repeat(`[`, 65) + strings.Repeat(`]`, 65)
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
			return answer(200, strings.Repeat(string(packedBytes(t, nil)), 500_000), "Content-Encoding", "gzip")
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
		"deep JSON": {func(context.Context) *http.Response { return answer(200, deep) }, fault.Malformed, "deeper than 64", 0},
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

func TestDepthOfJSON(t *testing.T) {
	for body, ok := range map[string]bool{
		strings.Repeat("[", 64) + strings.Repeat("]", 64):           true,
		strings.Repeat("[", 65):                                     false,
		strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64): true,
		" \n\ufeff" + strings.Repeat(`{"a":[`, 40):                  false,
		`["` + strings.Repeat("[", 500) + `"]`:                      true,
		`["\"` + strings.Repeat("[", 500) + `"]`:                    true,
		`["\\"` + strings.Repeat(",[", 500) + `]`:                   false,
		"<html>" + strings.Repeat("[", 500):                         true,
		"":                                                          true,
		`[` + strings.Repeat(`[],`, 1000) + `[]]`:                   true,
	} {
		if err := shallow([]byte(body)); (err == nil) != ok {
			t.Errorf("%.40s: %v", body, err)
		}
	}
}

// TestSharesAreWaitedFor: more replies at once than there are shares. Those that
// wait are shown; who waits too long is busy, not failed.
func TestSharesAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
			return reply(&stream{ctx: r.Context(), left: 3, chunk: 1, every: 4 * time.Second}), nil
		})})
		b.store(t, "a1", canary)
		var calls sync.WaitGroup
		var mu sync.Mutex
		done, busy := 0, 0
		for range 90 {
			calls.Go(func() {
				_, err := b.Do(t.Context(), star("/x"))
				mu.Lock()
				defer mu.Unlock()
				switch f := fault.As(err); {
				case err == nil:
					done++
				case f != nil && f.Kind == fault.RateLimited && f.Busy && f.Until.After(time.Now()):
					busy++
				default:
					t.Errorf("got %v", err)
				}
			})
		}
		synctest.Wait()
		if got := b.Waiting(); got != 90-smallShares {
			t.Errorf("%d wait", got)
		}
		calls.Wait()
		if done != smallShares*3 || busy != 90-done {
			t.Errorf("%d done, %d busy", done, busy)
		}
		if b.Waiting() != 0 {
			t.Errorf("%d wait at the end", b.Waiting())
		}
	})
}

// TestShareIsHeldWhileTheReplyIsUsed: no fourth large reply is parsed at once.
func TestShareIsHeldWhileTheReplyIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
			return reply(&stream{ctx: r.Context(), left: 2 << 20, chunk: 1 << 20}), nil
		})})
		b.store(t, "a1", canary)
		var calls sync.WaitGroup
		var mu sync.Mutex
		using, most, used := 0, 0, 0
		for range 12 {
			calls.Go(func() {
				call := star("/x")
				call.Use = func(got connectors.Reply) error {
					mu.Lock()
					using++
					most, used = max(most, using), used+len(got.Body)
					mu.Unlock()
					pauseFor(t.Context(), time.Second)
					mu.Lock()
					using--
					mu.Unlock()
					return nil
				}
				if _, err := b.Do(t.Context(), call); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		if most != largeShares || used != 12*2<<20 {
			t.Errorf("%d at once, %d bytes", most, used)
		}
		bad := errors.New("cannot be parsed")
		call := star("/x")
		call.Use = func(connectors.Reply) error { return bad }
		if _, err := b.Do(t.Context(), call); !errors.Is(err, bad) {
			t.Errorf("got %v", err)
		}
	})
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// TestMemoryUnderAttack: 64 workers, all fed with bombs and endless bodies.
func TestMemoryUnderAttack(t *testing.T) {
	bomb := packedBytes(t, make([]byte, 64<<20))
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "0") {
			return reply(io.NopCloser(bytes.NewReader(bomb)), "Content-Encoding", "gzip"), nil
		}
		return reply(&stream{ctx: r.Context(), left: 1 << 40, chunk: 32 << 10}), nil
	})})
	b.store(t, "a1", canary)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	stop := make(chan struct{})
	most := uint64(0)
	var watch, calls sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapInuse)
			}
		}
	})
	for w := range 64 {
		calls.Go(func() {
			for i := range 4 {
				if _, err := b.Do(t.Context(), star(fmt.Sprint("/", w, "/", (w+i)%2))); fault.KindOf(err) != fault.Malformed {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	calls.Wait()
	close(stop)
	watch.Wait()
	const bound = 100 << 20 // of the 150 MB that the whole process may take
	if grown := most - min(most, before.HeapInuse); grown > bound {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	} else {
		t.Logf("the heap grew by %d MiB at most", grown>>20)
	}
}
