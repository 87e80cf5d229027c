package stomp

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"collector/broker"
)

// pipes is a listener of connections without buffers, in virtual time.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.ended:
	default:
		close(p.ended)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	p.conns <- there
	return here, nil
}

// TestASlowWebSocketIsLeft: a server that stops does not wait for a client that takes nothing
// of what is being written to it.
func TestASlowWebSocketIsLeft(t *testing.T) {
	within(t, Options{WriteTime: time.Hour}, func(t *testing.T, w *world) {
		ln := &pipes{conns: make(chan net.Conn), ended: make(chan struct{})}
		done := make(chan error, 1)
		go func() { done <- w.server.ServeWebSocket(w.ctx, ln) }()
		dialer := websocket.Dialer{NetDialContext: ln.dial}
		conn, res, err := dialer.DialContext(t.Context(), "ws://server/", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		defer conn.Close()
		say := func(text string) {
			t.Helper()
			if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		say("CONNECT\naccept-version:1.2\n\n\x00")
		if _, _, err := conn.ReadMessage(); err != nil {
			t.Fatal(err)
		}
		say("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n\x00")
		if err := w.broker.Send(t.Context(), time.Now(), []broker.Message{{Destination: "/queue/a", Body: []byte("x")}}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the message is being written
		begun := time.Now()
		w.stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > 5*lingering {
			t.Errorf("it took %s to leave a client that takes nothing", took)
		}
	})
}

// TestManyWhoWait: a subscriber that was sent something large and now waits keeps nothing of it.
func TestManyWhoWait(t *testing.T) {
	const many, size, most = 500, 60 << 10, 40 << 10 // bytes each, with both ends of its pipe
	w := newWorld(t, Options{})
	defer w.close()
	for range 2 { // what earlier tests left in pools goes with the second collection
		memory()
	}
	before := memory()
	conns := make([]net.Conn, many)
	take := make([]byte, 4*size)
	for i := range conns {
		conns[i] = w.raw()
		for _, text := range []string{"CONNECT\naccept-version:1.2\n\n\x00", "SUBSCRIBE\nid:1\ndestination:/topic/a\nreceipt:1\n\n\x00"} {
			if _, err := io.WriteString(conns[i], text); err != nil {
				t.Fatal(err)
			}
			if _, err := conns[i].Read(take); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.broker.Send(t.Context(), time.Now(), []broker.Message{{Destination: "/topic/a", Body: []byte(strings.Repeat("x", size))}}); err != nil {
		t.Fatal(err)
	}
	for _, conn := range conns {
		for n := 0; n == 0 || take[n-1] != 0; {
			var err error
			if n, err = conn.Read(take); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 3 { // what is pooled goes with the second collection
		memory()
	}
	if each := (int64(memory()) - int64(before)) / many; each > most { // below 0 where something else was given back meanwhile
		t.Errorf("each subscriber that waits takes %d bytes, want at most %d", each, most)
	} else {
		t.Logf("each subscriber that waits takes %d bytes", each)
	}
	for _, conn := range conns {
		conn.Close()
	}
}
