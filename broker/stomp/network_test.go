package stomp

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"collector/broker/stomp/frame"
)

// listen is a listener of this machine that serve is given.
func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// speak uses a connection once: CONNECT, SUBSCRIBE, SEND, DISCONNECT, and the end of it.
func speak(t *testing.T, conn io.ReadWriter) {
	t.Helper()
	in := frame.NewDecoder(frame.Defaults())
	next := func(command string) frame.Frame {
		t.Helper()
		for {
			f, err := in.Next()
			if err != nil {
				t.Fatal(err)
			}
			if f != nil {
				if f.Command != command {
					t.Fatalf("%s %q %q came, want %s", f.Command, f.Headers, f.Body, command)
				}
				return *f
			}
			if _, err := in.Fill(conn); err != nil {
				t.Fatalf("waiting for %s: %v", command, err)
			}
		}
	}
	say := func(text string) {
		t.Helper()
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
	}
	say("CONNECT\naccept-version:1.2\n\n\x00")
	next(frame.Connected)
	say("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n\x00SEND\ndestination:/queue/a\ncontent-length:3\n\n\xff\x00z\x00")
	if f := next(frame.Message); string(f.Body) != "\xff\x00z" {
		t.Errorf("%q came", f.Body)
	}
	say("DISCONNECT\nreceipt:1\n\n\x00")
	next(frame.Receipt)
	if n, err := conn.Read(make([]byte, 10)); err == nil {
		t.Errorf("%d bytes after the end", n)
	}
}

func TestTCPAndTLS(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	plain, secret := listen(t), listen(t)
	site := httptest.NewTLSServer(nil) // for its certificate
	defer site.Close()
	done := make(chan error, 2)
	go func() { done <- w.server.Serve(w.ctx, plain) }()
	go func() { done <- w.server.Serve(w.ctx, tls.NewListener(secret, site.TLS)) }()
	conn, err := net.Dial("tcp", plain.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	speak(t, conn)
	client := site.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	client.ServerName = "example.com"
	sealed, err := tls.Dial("tcp", secret.Addr().String(), client)
	if err != nil {
		t.Fatal(err)
	}
	defer sealed.Close()
	speak(t, sealed)
	w.stop()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestErrorArrives: a client that goes on sending does not lose the ERROR to a reset.
func TestErrorArrives(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	ln := listen(t)
	go func() { _ = w.server.Serve(w.ctx, ln) }()
	for range 20 {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for range 1000 {
				if _, err := io.WriteString(conn, "NONSENSE"+strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
			_ = conn.(*net.TCPConn).CloseWrite()
		}()
		b, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(b), "ERROR\n") || !strings.HasSuffix(string(b), "\x00") {
			t.Errorf("%q, %v", b, err)
		}
		conn.Close()
	}
}

// webStream makes a stream of a WebSocket of a client.
type webStream struct {
	*websocket.Conn
	rest  io.Reader
	kinds map[int]int
}

func (s *webStream) Read(p []byte) (int, error) {
	for s.rest == nil {
		kind, r, err := s.NextReader()
		if err != nil {
			return 0, err
		}
		s.rest = r
		s.kinds[kind]++
	}
	n, err := s.rest.Read(p)
	if err == io.EOF {
		s.rest = nil
		if n == 0 {
			return s.Read(p)
		}
	}
	return n, nil
}

// Write cuts frames anywhere, as clients do with large ones.
func (s *webStream) Write(p []byte) (int, error) {
	for _, part := range [][]byte{p[:len(p)/2], p[len(p)/2:]} {
		if err := s.WriteMessage(websocket.BinaryMessage, part); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func TestWebSocket(t *testing.T) {
	w := newWorld(t, Options{Origins: []string{"good.example"}})
	defer w.close()
	ln := listen(t)
	done := make(chan error, 1)
	go func() { done <- w.server.ServeWebSocket(w.ctx, ln) }()
	address := "ws://" + ln.Addr().String() + "/stomp"
	dialer := websocket.Dialer{Subprotocols: []string{"v11.stomp", "v12.stomp"}}
	for origin, allowed := range map[string]bool{
		"": true, "http://localhost:8080": true, "https://127.0.0.1": true, "https://good.example": true, "https://good.example:8443": true,
		"https://evil.example": false, "null": false, "https://good.example.evil.example": false,
		// A name that was made to lead here: the page is another's all the same.
		"http://" + "rebound.example": false,
	} {
		headers := http.Header{}
		if origin != "" {
			headers.Set("Origin", origin)
		}
		conn, res, err := dialer.Dial(address, headers)
		if res != nil {
			res.Body.Close()
		}
		if !allowed {
			if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
				t.Errorf("origin %q is let in", origin)
			}
			continue
		}
		if err != nil {
			t.Fatal(origin, err)
		}
		if conn.Subprotocol() != "v12.stomp" {
			t.Errorf("subprotocol %q", conn.Subprotocol())
		}
		s := &webStream{Conn: conn, kinds: map[int]int{}}
		speak(t, s)
		if s.kinds[websocket.TextMessage] == 0 || s.kinds[websocket.BinaryMessage] == 0 {
			t.Errorf("kinds of messages: %v", s.kinds)
		}
		conn.Close()
	}
	w.stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestManyIdle: ten thousand clients that say nothing cost little each, and the server
// still answers.
func TestManyIdle(t *testing.T) {
	const many, most = 10_000, 24 << 10 // bytes each, with both ends of its pipe
	w := newWorld(t, Options{LoginTime: time.Hour})
	defer w.close()
	for range 2 { // what earlier tests left in pools goes with the second collection
		memory()
	}
	before := memory()
	conns := make([]net.Conn, many)
	for i := range conns {
		conns[i] = w.raw()
		if i%2 == 0 { // half of them log in
			continue
		}
		if _, err := io.WriteString(conns[i], "CONNECT\naccept-version:1.2\nheart-beat:0,60000\n\n\x00"); err != nil {
			t.Fatal(err)
		}
		if _, err := conns[i].Read(make([]byte, 200)); err != nil {
			t.Fatal(err)
		}
	}
	if each := (int64(memory()) - int64(before)) / many; each > most { // below 0 where something else was given back meanwhile
		t.Errorf("each idle connection takes %d bytes, want at most %d", each, most)
	} else {
		t.Logf("each idle connection takes %d bytes", each)
	}
	here, there := net.Pipe()
	w.server.begin(w.ctx, there)
	if _, err := io.WriteString(here, "CONNECT\naccept-version:1.2\n\n\x00"); err != nil {
		t.Fatal(err)
	}
	if n, err := here.Read(make([]byte, 200)); err != nil || n == 0 {
		t.Errorf("beside them it does not answer: %v", err)
	}
	for _, conn := range append(conns, here) {
		conn.Close()
	}
}

// memory is what the heap and the stacks take.
func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
