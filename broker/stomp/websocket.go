package stomp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"golang.org/x/net/netutil"
)

// subprotocols are the names under which STOMP is spoken in a WebSocket.
var subprotocols = []string{"v12.stomp", "v11.stomp", "v10.stomp"}

// ServeWebSocket is Serve for browsers: STOMP in WebSocket messages (RFC 6455), at any path.
func (s *Server) ServeWebSocket(ctx context.Context, ln net.Listener) error {
	up := websocket.Upgrader{
		Subprotocols: subprotocols, CheckOrigin: s.fromHere,
		HandshakeTimeout: s.o.LoginTime, ReadBufferSize: 1 << 10, WriteBufferSize: 4 << 10, WriteBufferPool: &sync.Pool{},
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, err := up.Upgrade(w, r, nil)
			if err != nil {
				s.o.Log.Debug("a WebSocket was refused", "remote", r.RemoteAddr, "err", err)
				return // it was answered
			}
			s.begin(ctx, &socket{Conn: conn.NetConn(), ws: conn})
		}),
		ErrorLog:          slog.NewLogLogger(s.o.Log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: s.o.LoginTime, IdleTimeout: s.o.LoginTime, MaxHeaderBytes: 8 << 10,
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	defer s.work.Wait()
	err := server.Serve(netutil.LimitListener(ln, s.o.Connections))
	if errors.Is(err, http.ErrServerClosed) && ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("accepting WebSockets: %w", err)
}

// fromHere lets in programs, which name no origin, and pages of this machine or of the hosts
// that are allowed. A browser would otherwise let any page that its user looks at
// speak to this server.
func (s *Server) fromHere(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return Loopback(host) || slices.ContainsFunc(s.o.Origins, func(o string) bool {
		return o == "*" || strings.EqualFold(o, host) || strings.EqualFold(o, u.Host)
	})
}

// Loopback says that a host is this machine by its very name: localhost, 127.0.0.1, ::1.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// socket makes a stream of the messages of a WebSocket: STOMP frames may be cut
// anywhere. What is written goes as text where it is that, since old clients know nothing
// else, and as binary otherwise.
type socket struct {
	net.Conn // of the deadlines and the address
	ws       *websocket.Conn
	message  io.Reader // that is being read

	mu    sync.Mutex
	until time.Time // deadline of writes
}

// Read is io.Reader's.
func (s *socket) Read(p []byte) (int, error) {
	for {
		if s.message == nil {
			var err error
			if _, s.message, err = s.ws.NextReader(); err != nil {
				return 0, err
			}
		}
		n, err := s.message.Read(p)
		if errors.Is(err, io.EOF) {
			s.message, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Write sends one message.
func (s *socket) Write(p []byte) (int, error) {
	kind := websocket.BinaryMessage
	if utf8.Valid(p) {
		kind = websocket.TextMessage
	}
	s.mu.Lock()
	until := s.until
	s.mu.Unlock()
	// The WebSocket's own is for who writes alone, and is what it sets on the connection.
	if err := errors.Join(s.ws.SetWriteDeadline(until), s.ws.WriteMessage(kind, p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// SetWriteDeadline is net.Conn's: it also ends the Write that somebody waits for.
func (s *socket) SetWriteDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = t
	return s.Conn.SetWriteDeadline(t)
}

// CloseWrite says that nothing more will be sent.
func (s *socket) CloseWrite() error {
	return s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
}
