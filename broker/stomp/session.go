package stomp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"collector/broker/stomp/frame"
)

// session is one connection. Its fields belong to the goroutine that reads, but for
// the outlet and what the mutex guards.
type session struct {
	*Server
	conn   net.Conn
	out    *outlet
	in     *frame.Decoder
	id     string
	number int64 // in the order of their beginnings
	log    *slog.Logger

	since    time.Time // of the login
	user     string
	rights   Rights
	version  frame.Version // Unknown before the login
	incoming time.Duration // how long the client may be silent; 0: for SilentTime
	beat     *time.Timer   // of heart-beats to the client; nil without
	begun    time.Time     // when the frame that is not whole began; zero: there is none

	batch         batch
	subscriptions map[string]*subscription // by key; written under mu, which others read it under
	byNumber      map[string]*subscription
	transactions  map[string]*transaction
	numbered      int // of subscriptions so far
	holding       holding

	ctx  context.Context // of its streams and calls; ends with the session
	stop context.CancelFunc

	listening context.Context // ends with interrupt, which says why
	deafen    context.CancelFunc

	mu     sync.Mutex // of subscriptions and failed
	failed error      // why a subscription ended the session; nil: none did
}

func newSession(s *Server, conn net.Conn) *session {
	number := s.ids.Add(1)
	id := "session-" + strconv.FormatInt(number, 10)
	return &session{
		Server: s, conn: conn, id: id, number: number,
		out: newOutlet(conn, s.o.WriteTime), in: frame.NewDecoder(beforeLogin),
		log:           s.o.Log.With("session", id, "remote", conn.RemoteAddr().String()),
		subscriptions: map[string]*subscription{}, byNumber: map[string]*subscription{}, transactions: map[string]*transaction{},
	}
}

// errDone ends a session whose client has said DISCONNECT.
var errDone = errors.New("the client has disconnected")

// run serves the connection until it ends or ctx does.
func (c *session) run(ctx context.Context) {
	defer c.conn.Close()
	c.ctx, c.stop = context.WithCancel(ctx)
	defer c.stop()
	c.listening, c.deafen = context.WithCancel(context.WithoutCancel(ctx))
	defer c.deafen()
	defer c.Server.leave(c)
	interrupt := context.AfterFunc(ctx, func() { c.interrupt(refuse(nil, "the server is stopping", "connect again in a moment")) })
	defer interrupt()
	err := c.serve()
	if c.beat != nil {
		c.beat.Stop()
	}
	c.end(ctx, err)
}

// serve reads until the session ends, and says why.
func (c *session) serve() error {
	opened, heard := time.Now(), time.Now()
	for {
		taken := time.Now()
		if err := c.handleAll(); err != nil {
			return err
		}
		if err := c.admit(); err != nil {
			return err
		}
		// While frames are carried out, which a slow store may make long, or a body waits for
		// memory, nobody listens: what the client says meanwhile waits, and that is no silence of its.
		busy := time.Since(taken)
		heard = heard.Add(busy)
		if !c.begun.IsZero() {
			c.begun = c.begun.Add(busy)
		}
		if c.in.Pending() && c.begun.IsZero() {
			c.begun = heard
		}
		deadline, late := c.deadline(opened, heard)
		if err := c.conn.SetReadDeadline(deadline); err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		if err := c.failure(); err != nil { // it was told of before the deadline was set
			return err
		}
		n, err := c.in.Fill(c.conn)
		if n > 0 {
			heard = time.Now()
		}
		switch {
		case c.failure() != nil:
			return c.failure()
		case errors.Is(err, os.ErrDeadlineExceeded):
			return late
		case err != nil && n == 0:
			return fmt.Errorf("reading: %w", err)
		}
	}
}

// deadline returns when a client that goes on saying nothing is cut off, and what it is told then.
func (c *session) deadline(opened, heard time.Time) (time.Time, error) {
	at, why := heard.Add(c.o.SilentTime), refuse(nil, "silence", "nothing came for %s on a connection without heart-beats and subscriptions", c.o.SilentTime)
	switch {
	case c.version == frame.Unknown:
		return opened.Add(c.o.LoginTime), refuse(nil, "no login", "no whole CONNECT frame came within %s", c.o.LoginTime)
	case c.incoming > 0:
		// The client's clock and the network have some room (1.2, Heart-beating).
		at, why = heard.Add(2*c.incoming), refuse(nil, "no heart-beat", "nothing came for %s, twice the time that was agreed upon", 2*c.incoming)
	case len(c.subscriptions) > 0:
		at = time.Time{} // who only listens may be silent; TCP finds out whether it is still there
	}
	if frame := c.begun.Add(c.o.FrameTime); !c.begun.IsZero() && (at.IsZero() || frame.Before(at)) {
		at, why = frame, refuse(nil, "unfinished frame", "a frame was begun and not finished within %s", c.o.FrameTime)
	}
	return at, why
}

// handleAll handles the frames that are there, and writes what they brought together.
func (c *session) handleAll() error {
	some := false
	for {
		f, err := c.in.Next()
		if err == nil && f != nil {
			c.begun, some = time.Time{}, true
			if err = c.handle(f); err == nil {
				continue
			}
		}
		if errors.Is(err, frame.ErrMalformed) {
			err = &refusal{message: "malformed frame", detail: err.Error()}
		}
		// What came before a bad frame is good.
		err = errors.Join(c.flush(), err)
		if some {
			c.carried()
		}
		return err
	}
}

// interrupt ends the session from another goroutine.
func (c *session) interrupt(err error) {
	c.mu.Lock()
	if c.failed == nil {
		c.failed = err
	}
	c.mu.Unlock()
	c.deafen()
	_ = c.conn.SetReadDeadline(time.Unix(1, 0)) // wakes the reader; a closed connection does too
}

func (c *session) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// lingering is how long the end of a connection waits for its client to read an ERROR or
// a RECEIPT: data that comes in after a close would destroy them (1.2, Connection Lingering).
const lingering = 2 * time.Second

// end says goodbye, and gives back what the client had in hand.
func (c *session) end(ctx context.Context, err error) {
	c.forget()
	c.out.leave()
	var r *refusal
	polite := errors.Is(err, errDone)
	switch {
	case errors.As(err, &r):
		polite = true
		c.log.Info("a STOMP session was ended", "user", c.user, "err", r)
		f := r.toFrame()
		if c.out.write(f.Append(nil, c.version)) != nil {
			polite = false
		}
	default:
		c.log.Debug("a STOMP session ended", "user", c.user, "err", err)
	}
	c.stop()
	c.unsubscribeAll(context.WithoutCancel(ctx))
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok && polite && half.CloseWrite() == nil {
		if c.conn.SetReadDeadline(time.Now().Add(lingering)) == nil {
			_, _ = io.Copy(io.Discard, c.conn)
		}
	}
}
