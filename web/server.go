package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"collector/control"
)

// Config says what is listened on and what is offered.
type Config struct {
	Address string   // host:port; Off or "": none
	Socket  string   // path of the Unix socket; "": none
	Names   []string // names that the listener is called by, beside addresses and localhost
	SignIn  bool     // Handler asks who somebody is: then other machines may reach it
	Handler http.Handler
	Log     *slog.Logger
	Now     func() time.Time
	Times   Times
}

// Times are how long a connection may take for what. A handler that goes on for longer,
// such as a stream, sets deadlines of its own by http.ResponseController.
type Times struct {
	Header, Read, Write, Idle time.Duration
}

// DefaultTimes are those of a collector.
func DefaultTimes() Times {
	return Times{Header: 5 * time.Second, Read: 30 * time.Second, Write: time.Minute, Idle: 2 * time.Minute}
}

const (
	// mostConnections are open at a time on one listener; more wait to be accepted.
	mostConnections = 4096
	// MaxHead is how many bytes the head of a request has at most, net/http's own
	// slack not counted.
	MaxHead = 32 << 10
)

// Server is an open listener.
type Server struct {
	conf      Config
	listeners []net.Listener
	http      *http.Server
	stopping  chan struct{}
	work      sync.WaitGroup
}

// Listen opens what is configured, so that a port that is taken is said at once. It
// serves nothing yet. A socket that cannot be made is logged and left out: the address
// does without it.
func Listen(ctx context.Context, c Config) (*Server, error) {
	s := &Server{conf: c, stopping: make(chan struct{})}
	if c.Address != "" && c.Address != Off {
		if err := refuseOpen(c.Address, c.SignIn); err != nil {
			return nil, err
		}
		ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Address)
		if err != nil {
			return nil, fmt.Errorf("listening on %s: %w", c.Address, err)
		}
		s.listeners = append(s.listeners, ln)
	}
	if c.Socket != "" {
		ln, err := listenSocket(ctx, c.Socket)
		switch {
		case errors.Is(err, errTaken):
			c.Log.Info("another collector of this store has the socket", "socket", c.Socket)
		case err != nil:
			c.Log.Warn("there is no socket for commands", "socket", c.Socket, "err", err)
		default:
			s.listeners = append(s.listeners, ln)
		}
	}
	s.http = &http.Server{
		Handler:           Wrap(c),
		ReadHeaderTimeout: c.Times.Header, ReadTimeout: c.Times.Read, WriteTimeout: c.Times.Write, IdleTimeout: c.Times.Idle,
		MaxHeaderBytes: MaxHead,
		ErrorLog:       slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), stoppingKey{}, s.stopping)
		},
		ConnContext: ofConn,
	}
	return s, nil
}

// Wrap puts around a handler what every answer shares.
func Wrap(c Config) http.Handler {
	return logged(c.Log, c.Now, withHeaders(onlyKnownHosts(c.Names, sameOrigin(c.Handler))))
}

// Addresses are those that are listened on, for people: http://127.0.0.1:8765, or the path of the socket.
func (s *Server) Addresses() (out []string) {
	for _, ln := range s.listeners {
		if ln.Addr().Network() == "unix" {
			out = append(out, s.conf.Socket)
			continue
		}
		out = append(out, "http://"+ln.Addr().String())
	}
	return out
}

// Serve answers until Stop.
func (s *Server) Serve() {
	for _, ln := range s.listeners {
		s.work.Go(func() {
			if err := s.http.Serve(netutil.LimitListener(ln, mostConnections)); !errors.Is(err, http.ErrServerClosed) {
				s.conf.Log.Error("the listener ended", "address", ln.Addr().String(), "err", err)
			}
		})
	}
}

// Stop takes no new requests, tells streams to end, and waits for the requests in hand
// until ctx is done; then it cuts them off.
func (s *Server) Stop(ctx context.Context) {
	close(s.stopping)
	if err := s.http.Shutdown(ctx); err != nil {
		s.conf.Log.Info("requests were cut off by the stop", "err", err)
		_ = s.http.Close() // it says what the listeners said, which are closed
	}
	for _, ln := range s.listeners {
		_ = ln.Close() // those that were never served
	}
	s.work.Wait()
}

type stoppingKey struct{}

// Stopping is closed when the server begins to stop: what streams ends then. It is nil
// outside of a server's requests.
func Stopping(ctx context.Context) <-chan struct{} {
	ch, _ := ctx.Value(stoppingKey{}).(chan struct{})
	return ch
}

// errStops is what a request ends with that a stop does not wait for.
var errStops = &control.Problem{
	Kind: control.Stopped, Reason: "the collector stops; what was done is kept", Whose: "nobody", Next: "ask again once it runs",
}

// UntilStop is a context that ends, with a control.Problem as its cause, once the server
// begins to stop.
func UntilStop(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-Stopping(ctx):
			cancel(errStops)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}
