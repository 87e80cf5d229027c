package main

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long tests wait for what has to come, on a machine with little to spare.
const patience = 2 * time.Minute

// stream is output that another goroutine may read while it grows.
type stream struct {
	mu  sync.Mutex
	buf bytes.Buffer
	has chan struct{} // a token for each write that a waiter has not seen
}

func newStream() *stream { return &stream{has: make(chan struct{}, 1)} }

func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.has <- struct{}{}:
	default:
	}
	return s.buf.Write(b)
}

func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// await waits until the output holds a text.
func (s *stream) await(t *testing.T, text string, within time.Duration) {
	t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	for !strings.Contains(s.String(), text) {
		select {
		case <-s.has:
		case <-late.C:
			t.Fatalf("no %q within %v in:\n%s", text, within, s)
		}
	}
}

// background starts a command that runs until it is stopped.
func background(t *testing.T, env map[string]string, args ...string) (out *stream, stop func() int) {
	t.Helper()
	list := []string{"LANG=C.UTF-8"}
	for k, v := range env {
		t.Setenv(k, v)
		list = append(list, k+"="+v)
	}
	out = newStream()
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() { code <- run(ctx, append([]string{}, args...), list, strings.NewReader(""), out, out) }()
	stopped := false
	stop = func() int {
		stopped = true
		cancel()
		return <-code
	}
	t.Cleanup(func() {
		if !stopped {
			stop()
		}
	})
	return out, stop
}
