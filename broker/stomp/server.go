package stomp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"collector/broker"
	"collector/broker/stomp/frame"
)

// Server serves any number of listeners. It is safe for concurrent use.
type Server struct {
	broker *broker.Broker
	o      Options
	budget *budget
	ids    atomic.Int64
	open   atomic.Int64
	work   sync.WaitGroup // the sessions

	mu       sync.Mutex
	sessions map[*session]struct{} // that have logged in
}

// New returns a server in front of a broker.
func New(b *broker.Broker, o Options) *Server {
	o = o.filled()
	return &Server{broker: b, o: o, budget: newBudget(o.Memory), sessions: map[*session]struct{}{}}
}

// Open says how many connections there are.
func (s *Server) Open() int { return int(s.open.Load()) }

// Serve accepts connections until ctx ends, which also ends the sessions; it returns
// when they have. It closes the listener.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	defer s.work.Wait()
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	defer ln.Close()
	for wait := time.Duration(0); ; {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			wait = 0
			s.begin(ctx, conn)
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accepting STOMP connections: %w", err)
		default: // no free file, say
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			s.o.Log.Warn("accepting a STOMP connection", "err", err, "again_in", wait)
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
		}
	}
}

// begin runs the session of a connection in the background, or refuses it.
func (s *Server) begin(ctx context.Context, conn net.Conn) {
	if s.open.Add(1) > int64(s.o.Connections) {
		s.open.Add(-1)
		s.turnAway(conn)
		return
	}
	s.work.Go(func() {
		defer s.open.Add(-1)
		newSession(s, conn).run(ctx)
	})
}

// turnAway says that the server is full, which must not keep it waiting.
func (s *Server) turnAway(conn net.Conn) {
	defer conn.Close()
	s.o.Log.Warn("a STOMP connection was refused: there are too many", "connections", s.o.Connections)
	if _, secret := conn.(*tls.Conn); secret {
		return // a handshake would have to come first
	}
	r := refusal{message: "too many connections", detail: "the server has as many connections as it may have: close some, or try again later"}
	f := r.toFrame()
	if conn.SetWriteDeadline(time.Now().Add(100*time.Millisecond)) == nil {
		_, _ = conn.Write(f.Append(nil, frame.V10)) // nobody waits for it to arrive
	}
}
