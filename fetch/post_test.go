package fetch

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"collector/limit"
)

// poster is a client over the real transport.
func poster(t *testing.T, cfg Config) *Client {
	t.Helper()
	cfg.Now, cfg.Ledger, cfg.Version = time.Now, &limit.Ledger{}, "test"
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestPost calls a listed server: the body and the headers arrive, the status and
// Retry-After come back, and a redirect is an answer like any other.
func TestPost(t *testing.T) {
	var calls atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || string(body) != "hello" || r.Header.Get("webhook-id") != "msg_1" || r.URL.String() != "/hook?k=v" {
			t.Errorf("%s %s %q %v", r.Method, r.URL, body, r.Header)
		}
		w.Header().Set("Retry-After", "7")
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer s.Close()
	c := poster(t, Config{AllowPrivate: []string{s.Listener.Addr().String()}})
	h := http.Header{}
	h.Set("webhook-id", "msg_1")
	status, after, err := c.Post(t.Context(), s.URL+"/hook?k=v", h, []byte("hello"))
	if status != http.StatusTemporaryRedirect || after != "7" || err != nil || calls.Load() != 1 {
		t.Errorf("%d %q %v, %d calls", status, after, err, calls.Load())
	}
}

// TestPostReachesNothingPrivate: no spelling of an address and no name gets a connection to
// this machine, counted where it would arrive; and the error is that of a closed port.
func TestPostReachesNothingPrivate(t *testing.T) {
	var reached atomic.Int64
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			_ = conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	// A name that somebody listed for another port passes the text's check; the socket decides.
	c := poster(t, Config{AllowPrivate: []string{"listed.example:1"}, Resolver: nameserver(t, "127.0.0.1")})
	for _, address := range []string{
		"http://127.0.0.1:" + port + "/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://rebound.example:" + port + "/",
		"https://169.254.169.254/latest", "https://user:word@8.8.8.8/", "ftp://8.8.8.8/", "https://8.8.8.8/#part", "", "/path",
	} {
		if status, _, err := c.Post(t.Context(), address, nil, nil); err == nil {
			t.Errorf("%s answered %d", address, status)
		}
	}
	_, _, blocked := c.Post(t.Context(), "https://rebound.example/secret-path", nil, nil)
	if blocked == nil || blocked.Error() != "rebound.example cannot be reached" {
		t.Errorf("a blocked name: %v", blocked)
	}
	control := c.guard.control("rebound.example", port)
	if control("tcp4", l.Addr().String(), nil) == nil {
		t.Error("the guard lets the private server through")
	}
	// The transport of Post dials through that guard.
	tr, ok := c.posts.(*http.Transport)
	if !ok {
		t.Fatalf("the transport is a %T", c.posts)
	}
	if conn, err := tr.DialContext(t.Context(), "tcp", l.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the private server was dialled")
	}
	if reached.Load() != 0 {
		t.Errorf("%d connections reached it", reached.Load())
	}
}

func TestNormalizeTarget(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"https://Hooks.Example/a/b?k=V", "https://hooks.example/a/b?k=V"},
		{"https://hooks.example", "https://hooks.example/"},
		{"https://hooks.example:443/x%2Fy", "https://hooks.example/x%2Fy"},
		{"http://hooks.lan:8080/x", "http://hooks.lan:8080/x"}, // listed
		{"http://hooks.example/", ""},
		{"https://hooks.example:8443/", ""},
		{"https://10.0.0.1/", ""},
		{"https://localhost/", ""},
		{"https://Collector.LocalHost./", ""},
		{"https://localhost.example/", "https://localhost.example/"},
		{"https://a:b@hooks.example/", ""},
		{"https://hooks.example/#x", ""},
		{"hooks.example", ""},
		{"mailto:a@b.example", ""},
	} {
		got, err := NormalizeTarget(c.raw, "hooks.lan:8080")
		if got != c.want || (err == nil) != (c.want != "") || err != nil && strings.Contains(err.Error(), "a:b") {
			t.Errorf("%s: %q, %v", c.raw, got, err)
		}
	}
	for _, allow := range []string{"localhost:8080", "127.0.0.0/8", "::1"} {
		if got, err := NormalizeTarget("https://localhost/x", allow); (err == nil) != (allow != "localhost:8080") {
			t.Errorf("with %s: %q, %v", allow, got, err)
		}
		if got, err := NormalizeTarget("http://localhost:8080/x", allow); (err == nil) != (allow == "localhost:8080") {
			t.Errorf("with %s: %q, %v", allow, got, err)
		}
	}
}
