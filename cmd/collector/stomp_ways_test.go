package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/cmd/collector/internal/config"
	queuememory "collector/queue/memory"
)

// TestStompInEveryWay: over TCP and in WebSockets, each with TLS and without, where each is
// configured; a client that does not speak TLS is not served where there is.
func TestStompInEveryWay(t *testing.T) {
	inFolder(t)
	site := httptest.NewTLSServer(nil) // for its certificate
	defer site.Close()
	pair := site.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a := newApp(nil, nil, nil, nil)
	a.conf = &config.Loaded{Config: config.Default(a.infos())}
	c := &a.conf.Stomp
	c.Stomp, c.StompTLS, c.StompWS, c.StompWSS = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	c.StompCertFile, c.StompKeyFile = "cert", "key"
	ports, err := a.listenStomp(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	b := broker.New(queuememory.New(), brokermemory.New(), broker.Options{Owner: "test"})
	defer b.Close(context.WithoutCancel(t.Context()))
	defer ports.serve(t.Context(), b)()
	roots := x509.NewCertPool()
	roots.AddCert(site.Certificate())
	resumed := tickets{tls.NewLRUClientSessionCache(10), new(atomic.Int64)}
	trust := &tls.Config{RootCAs: roots, ServerName: "example.com", ClientSessionCache: resumed}
	stream := func(ln net.Listener, trust *tls.Config) (io.ReadWriteCloser, error) {
		if trust == nil {
			return net.Dial("tcp", ln.Addr().String())
		}
		return tls.Dial("tcp", ln.Addr().String(), trust)
	}
	web := func(ln net.Listener, trust *tls.Config) (io.ReadWriteCloser, error) {
		address := "ws://" + ln.Addr().String() + "/any"
		if trust != nil {
			address = "wss" + strings.TrimPrefix(address, "ws")
		}
		conn, res, err := (&websocket.Dialer{TLSClientConfig: trust}).Dial(address, nil)
		if err != nil {
			return nil, err
		}
		_ = res.Body.Close()
		return said{conn}, nil
	}
	for _, way := range []struct {
		name   string
		dial   func(net.Listener, *tls.Config) (io.ReadWriteCloser, error)
		at     net.Listener
		secret bool
	}{
		{"TCP", stream, ports.streams[0], false},
		{"TLS", stream, ports.streams[1], true},
		{"WebSocket", web, ports.webs[0], false},
		{"WebSocket with TLS", web, ports.webs[1], true},
	} {
		for _, over := range []*tls.Config{nil, trust} {
			answer := ""
			if conn, err := way.dial(way.at, over); err == nil {
				answer = greeting(conn)
				conn.Close()
			}
			if served := strings.HasPrefix(answer, "CONNECTED\n"); served != (way.secret == (over != nil)) {
				t.Errorf("%s to a client with TLS %v: %q", way.name, over != nil, answer)
			}
		}
	}
	if n := resumed.n.Load(); n != 0 {
		t.Errorf("%d session tickets came: what a client writes from another thread meanwhile is lost", n)
	}
}

// tickets counts what a client keeps of sessions, to resume them.
type tickets struct {
	tls.ClientSessionCache
	n *atomic.Int64
}

func (s tickets) Put(name string, session *tls.ClientSessionState) {
	s.n.Add(1)
	s.ClientSessionCache.Put(name, session)
}

// greeting says CONNECT and returns what comes.
func greeting(conn io.ReadWriter) string {
	if _, err := io.WriteString(conn, "CONNECT\naccept-version:1.2\n\n\x00"); err != nil {
		return ""
	}
	answer := make([]byte, 1000)
	n, _ := conn.Read(answer)
	return string(answer[:n])
}

// said is a WebSocket as a stream of its messages, of which one is read.
type said struct{ *websocket.Conn }

func (s said) Read(p []byte) (int, error) {
	_, m, err := s.ReadMessage()
	return copy(p, m), err
}

func (s said) Write(p []byte) (int, error) { return len(p), s.WriteMessage(websocket.TextMessage, p) }
