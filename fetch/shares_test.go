package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/fault"
)

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
			return reply(&stream{ctx: r.Context(), left: 1<<20 + 9, chunk: 1 << 20}), nil
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
		if most != largeShares || used != 12*(1<<20+9) {
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
	bomb := packedBytes(t, make([]byte, 10<<20))
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
	// As the program runs, with GOMEMLIMIT: what is in use must fit below it,
	// what is garbage is collected in time.
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(before.Sys) + slack*70<<20))
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
			for i := range 4 / slack {
				if _, err := b.Do(t.Context(), star(fmt.Sprint("/", w, "/", (w+i)%2))); fault.KindOf(err) != fault.Malformed {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	calls.Wait()
	close(stop)
	watch.Wait()
	const bound = slack * 110 << 20 // of the 150 MB that the whole process may take
	if grown := most - min(most, before.HeapInuse); grown > bound {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	} else {
		t.Logf("the heap grew by %d MiB at most", grown>>20)
	}
}
