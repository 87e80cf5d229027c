package api_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/grant"
	"collector/store/memory"
	"collector/web"
)

// trickle is a connection over which each piece takes a time, or until it is cut off.
type trickle struct {
	*httptest.ResponseRecorder
	takes time.Duration
	mu    sync.Mutex
	cut   chan struct{} // closed once the deadline has passed
}

func newTrickle(takes time.Duration) *trickle {
	return &trickle{ResponseRecorder: httptest.NewRecorder(), takes: takes, cut: make(chan struct{})}
}

func (c *trickle) SetWriteDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.cut:
	default:
		if !at.IsZero() && at.Before(time.Now()) {
			close(c.cut)
		}
	}
	return nil
}

func (c *trickle) SetReadDeadline(time.Time) error { return nil }

func (c *trickle) Write(p []byte) (int, error) {
	taken := time.NewTimer(c.takes)
	defer taken.Stop()
	select {
	case <-taken.C:
		return len(p), nil
	case <-c.cut:
		return 0, errors.New("the time of the answer is over")
	}
}

// TestSlowListenersKeepNoPlace: who takes a sound a bit at a time has the time that hearing
// it twice takes, and who takes nothing a minute.
func TestSlowListenersKeepNoPlace(t *testing.T) {
	for name, c := range map[string]struct {
		takes, longest time.Duration // a piece; the whole answer
	}{
		"a bit at a time": {59 * time.Second, 9 * time.Minute}, // a minute and twice four
		"nothing":         {time.Hour, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, memory.New())
				began := time.Now()
				var all sync.WaitGroup
				for range 2 {
					all.Go(func() {
						r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/sonify?since=3600&length=240", nil)
						r.Host = "localhost"
						w.as["anna"].ServeHTTP(newTrickle(c.takes), r)
					})
				}
				synctest.Wait()
				w.refused("bob", "GET", "/api/sonify?since=60&length=1", "", http.StatusTooManyRequests, "2 sounds")
				all.Wait()
				if took := time.Since(began); took > c.longest {
					t.Errorf("a place was kept for %v", took)
				}
				if a := w.get("bob", "/api/sonify?since=60&length=1"); a.status != http.StatusOK {
					t.Errorf("the next one gets %d", a.status)
				}
			})
		})
	}
}

// watched is an answer of which it is known whether a piece is on its way.
type watched struct {
	http.ResponseWriter
	begun, taken atomic.Int64
}

func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watched) Write(p []byte) (int, error) {
	w.begun.Add(1)
	defer w.taken.Add(1)
	return w.ResponseWriter.Write(p)
}

// stuck waits until a piece has been on its way for half a second: nobody takes it.
func (w *watched) stuck(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for piece, seen := int64(0), 0; seen < 25 && ctx.Err() == nil; {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if now := w.begun.Load(); now != piece || w.taken.Load() == now {
			piece, seen = now, 0
		} else {
			seen++
		}
	}
}

// TestAStopEndsSounds at once, also one that nobody takes.
func TestAStopEndsSounds(t *testing.T) {
	w := newWorld(t, memory.New())
	var log bytes.Buffer
	begun := make(chan *watched, 1)
	who := grant.Who{User: "anna", Kind: grant.Token, Scopes: grant.Scopes()}
	s, err := web.Listen(t.Context(), web.Config{
		Address: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(&log, nil)), Now: atNoon, Times: web.DefaultTimes(),
		Handler: http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			to := &watched{ResponseWriter: out}
			begun <- to
			web.Known(func(*http.Request) (grant.Who, error) { return who, nil }, w.handler).ServeHTTP(to, r)
		}),
	})
	w.must(err)
	s.Serve()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.Addresses()[0], "http://"))
	w.must(err)
	defer conn.Close()
	_, err = conn.Write([]byte("GET /api/sonify?since=3600&length=3600 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
	w.must(err)
	sent := <-begun
	head := make([]byte, 4096)
	_, err = conn.Read(head)
	w.must(err)
	sent.stuck(t.Context()) // the rest nobody takes
	bound, done := context.WithTimeout(t.Context(), 5*time.Second)
	defer done()
	s.Stop(bound)
	if strings.Contains(log.String(), "cut off by the stop") {
		t.Errorf("the stop waited for it: %s", log.String())
	}
}
