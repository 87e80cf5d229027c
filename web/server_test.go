package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/grant"
	"collector/state"
	"collector/store"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func config(h http.Handler) Config {
	return Config{Address: "127.0.0.1:0", Handler: h, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }, Times: DefaultTimes()}
}

func hello() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") })
}

// serve runs a server until the test ends.
func serve(t *testing.T, c Config) *Server {
	t.Helper()
	s, err := Listen(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	s.Serve()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		select {
		case <-s.stopping:
		default:
			s.Stop(ctx)
		}
	})
	return s
}

// TestOpenBindIsRefused where nobody has to sign in.
func TestOpenBindIsRefused(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "collector.example:0"} {
		c := config(hello())
		c.Address = address
		_, err := Listen(t.Context(), c)
		p, ok := errors.AsType[*control.Problem](err)
		if !ok || !strings.Contains(p.Reason, "nobody would have to sign in") || !strings.Contains(p.Next, "--listen=127.0.0.1:0") {
			t.Errorf("%s: %v", address, err)
		}
	}
	c := config(hello())
	c.Address, c.SignIn = "0.0.0.0:0", true
	s, err := Listen(t.Context(), c)
	if err != nil {
		t.Fatalf("with sign-in: %v", err)
	}
	s.Stop(t.Context())
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "localhost:1": true, "[::ffff:127.0.0.1]:1": true,
		"0.0.0.0:1": false, ":1": false, "localhost.example:1": false, "127.0.0.1": false, "10.0.0.1:1": false,
	} {
		if got := Loopback(address); got != want {
			t.Errorf("%s is loopback: %v", address, got)
		}
	}
}

func TestAddressesAreChecked(t *testing.T) {
	for _, good := range []string{"off", "127.0.0.1:8765", ":0", "[::1]:80"} {
		if err := CheckAddress(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "on", "8765", "a:b", "a:-1", "a:65536", "::1:80"} {
		if CheckAddress(bad) == nil {
			t.Errorf("%q passed", bad)
		}
	}
}

// TestForeignNamesAreRefused: a page that points its own name to this machine gets nothing.
func TestForeignNamesAreRefused(t *testing.T) {
	c := config(hello())
	c.Names = []string{"likes.example"}
	h := Wrap(c)
	for host, want := range map[string]int{
		"127.0.0.1:8765": 200, "[::1]:8765": 200, "localhost": 200, "LOCALHOST:1": 200, "10.1.2.3": 200, "likes.example": 200, "Likes.Example.:80": 200,
		"evil.example": 421, "evil.example:8765": 421, "127.0.0.1.evil.example": 421, "": 421, "localhost.evil.example": 421, "notlikes.example": 421,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Host %q: %d, want %d", host, w.Code, want)
		}
		if want == 421 && strings.Contains(w.Body.String(), "hello") {
			t.Errorf("Host %q was answered", host)
		}
	}
}

// TestPagesElsewhereChangeNothing: what a page of another origin posts is refused.
func TestPagesElsewhereChangeNothing(t *testing.T) {
	h := Wrap(config(hello()))
	for _, c := range []struct {
		method, header, value string
		want                  int
	}{
		{"POST", "Sec-Fetch-Site", "cross-site", 403},
		{"POST", "Sec-Fetch-Site", "same-site", 403},
		{"DELETE", "Origin", "https://evil.example", 403},
		{"POST", "Origin", "null", 403},
		{"POST", "Sec-Fetch-Site", "same-origin", 200},
		{"POST", "Origin", "http://127.0.0.1:8765", 200},
		{"POST", "X", "no browser", 200},
		{"GET", "Sec-Fetch-Site", "cross-site", 200},
	} {
		r := httptest.NewRequest(c.method, "/", nil)
		r.Host = "127.0.0.1:8765"
		r.Header.Set(c.header, c.value)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s with %s: %s is %d, want %d", c.method, c.header, c.value, w.Code, c.want)
		}
	}
}

// TestEveryAnswerIsStrict: also refusals and failures carry the headers.
func TestEveryAnswerIsStrict(t *testing.T) {
	h := Wrap(config(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			var none *http.Request
			_ = none.Method
		}
	})))
	for _, c := range []struct {
		host, path string
		want       int
	}{{"127.0.0.1", "/", 200}, {"evil.example", "/", 421}, {"127.0.0.1", "/panic", 500}} {
		r := httptest.NewRequest("GET", c.path, nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d", c.path, w.Code)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			if got := w.Header().Get(name); !strings.Contains(got, want) {
				t.Errorf("%s %s: %s is %q", c.host, c.path, name, got)
			}
		}
		if len(w.Header().Get("X-Request-Id")) != 16 || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", c.path, w.Header())
		}
		if c.want >= 400 {
			var p Problem
			if json.Unmarshal(w.Body.Bytes(), &p) != nil || p.Status != c.want || p.Whose == "" || p.Next == "" || p.RequestID != w.Header().Get("X-Request-Id") {
				t.Errorf("%s: %s", c.path, w.Body)
			}
		}
	}
}

// TestTheLogTellsNoAddress: a line names the request and the route, not what was looked
// for, and the answer to a panic tells nothing of it.
func TestTheLogTellsNoAddress(t *testing.T) {
	var out bytes.Buffer
	mux := http.NewServeMux()
	mux.HandleFunc("GET /feed/{token}", func(w http.ResponseWriter, r *http.Request) {
		_ = r.MultipartForm.Value["canary-panic"]
	})
	c := config(Route(mux))
	c.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/feed/canary-token?q=canary-query", nil)
	r.Host = "localhost"
	Wrap(c).ServeHTTP(w, r)
	if w.Code != 500 || strings.Contains(w.Body.String(), "canary") || strings.Contains(w.Body.String(), "pointer") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	line := out.String()
	for _, want := range []string{`"route":"GET /feed/{token}"`, `"status":500`, `"request":"` + w.Header().Get("X-Request-Id"), "nil pointer"} {
		if !strings.Contains(line, want) {
			t.Errorf("no %s in %s", want, line)
		}
	}
	if strings.Contains(line, "canary-token") || strings.Contains(line, "canary-query") {
		t.Errorf("the log tells the address: %s", line)
	}
}

// TestWhoIsAsked: without a way to sign in everybody is the operator; with one nobody
// gets in unknown, but over the socket.
func TestWhoIsAsked(t *testing.T) {
	whoami := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, _ := grant.From(r.Context())
		_ = json.NewEncoder(w).Encode(map[string]any{"User": who.User, "Kind": who.Kind})
	})
	ask := func(identify Identify, ctx context.Context) (int, string) {
		w := httptest.NewRecorder()
		Known(identify, whoami).ServeHTTP(w, httptest.NewRequest("GET", "/", nil).WithContext(ctx))
		return w.Code, w.Body.String()
	}
	const all, anna = `{"Kind":"local","User":""}`, `{"Kind":"token","User":"anna"}`
	sock := context.WithValue(t.Context(), socketKey{}, true)
	for _, c := range []struct {
		name     string
		identify Identify
		ctx      context.Context
		code     int
		body     string
	}{
		{"nobody signs in", nil, t.Context(), 200, all},
		{"a user", func(*http.Request) (grant.Who, error) { return grant.Who{User: "anna", Kind: grant.Token}, nil }, t.Context(), 200, anna},
		{"nobody", func(*http.Request) (grant.Who, error) { return grant.Who{}, nil }, t.Context(), 401, "sign in"},
		{"no sign-in", func(*http.Request) (grant.Who, error) { return grant.Operator(), ErrSignIn }, t.Context(), 401, "sign in"},
		{"over the socket", func(*http.Request) (grant.Who, error) { return grant.Who{}, ErrSignIn }, sock, 200, all},
		{"the store is down", func(*http.Request) (grant.Who, error) {
			return grant.Operator(), &control.Problem{Kind: control.Unavailable, Reason: "x"}
		}, t.Context(), 503, "x"},
		{"the store is down, and says where it is", func(*http.Request) (grant.Who, error) {
			return grant.Operator(), fmt.Errorf("canary: %w", state.ErrUnavailable)
		}, t.Context(), 503, "the store does not answer"},
		{"a mistake", func(*http.Request) (grant.Who, error) { return grant.Operator(), errors.New("canary") }, t.Context(), 500, "a mistake in collector"},
	} {
		if code, body := ask(c.identify, c.ctx); code != c.code || !strings.Contains(body, c.body) || strings.Contains(body, "canary") {
			t.Errorf("%s: %d %s", c.name, code, body)
		}
	}
}

// TestProblemsSayWhenToAskAgain: whoever has to wait is told for how long, and nobody else.
func TestProblemsSayWhenToAskAgain(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		after  string
	}{
		{&control.Problem{Kind: control.Busy}, 429, "6"},
		{&control.Problem{Kind: control.Temporary}, 503, "10"},
		{state.ErrUnavailable, 503, "10"},
		{store.ErrBusy, 503, "10"},
		{store.ErrNewer, 503, "10"},
		{&control.Problem{Kind: control.Conflict}, 409, ""},
		{&control.Problem{Kind: control.Wrong}, 422, ""},
	} {
		w := httptest.NewRecorder()
		Known(func(*http.Request) (grant.Who, error) { return grant.Who{}, c.err }, hello()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != c.status || w.Header().Get("Retry-After") != c.after {
			t.Errorf("%v: %d, again after %q, want %d and %q", c.err, w.Code, w.Header().Get("Retry-After"), c.status, c.after)
		}
	}
}

func TestScope(t *testing.T) {
	reads := []grant.Scope{grant.Read}
	anna, figures := grant.Who{User: "anna", Kind: grant.Session, Scopes: reads}, grant.Who{Kind: grant.Token, Scopes: []grant.Scope{grant.Metrics}}
	for _, c := range []struct {
		who     grant.Who
		asked   string
		want    string
		refused bool
	}{
		{grant.Operator(), "", "", false},
		{grant.Operator(), "anna", "anna", false},
		{anna, "", "anna", false},
		{anna, "anna", "anna", false},
		{anna, "bob", "", true},
		{grant.Who{}, "", "", true},
		{grant.Who{}, "anna", "", true},
		{grant.Who{Scopes: reads}, "", "", true},
		{figures, "", "", true},
		{figures, "anna", "", true},
	} {
		got, err := Scope(c.who, c.asked)
		if got != c.want || (err != nil) != c.refused {
			t.Errorf("%+v asks for %q: %q %v", c.who, c.asked, got, err)
		}
	}
}

// TestSocketIsItsOwners: nobody else can open it, a dead one is replaced, a living one
// and a file are left alone, and at the end it is gone.
func TestSocketIsItsOwners(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c.sock")
	dead, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = dead.Close()
	c := config(Known(func(*http.Request) (grant.Who, error) { return grant.Who{}, ErrSignIn }, hello()))
	c.Socket, c.Address = path, Off
	s := serve(t, c)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the socket: %v %v", info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".s*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	defer client.CloseIdleConnections()
	got, err := client.Get("http://any.name/")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(got.Body)
	_ = got.Body.Close()
	if string(body) != "hello" {
		t.Errorf("over the socket: %d %s", got.StatusCode, body)
	}
	if _, err := listenSocket(t.Context(), path); !errors.Is(err, errTaken) {
		t.Errorf("a second collector: %v", err)
	}
	s.Stop(t.Context())
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listenSocket(t.Context(), path); err == nil {
		t.Error("a file was replaced")
	}
	if b, _ := os.ReadFile(path); string(b) != "mine" {
		t.Errorf("the file holds %q", b)
	}
}

// TestStopWaitsForRequests: what is in hand is answered, streams are told, nothing new is taken.
func TestStopWaitsForRequests(t *testing.T) {
	begun := make(chan struct{})
	c := config(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-Stopping(r.Context())
		_, _ = io.WriteString(w, "whole")
	}))
	s := serve(t, c)
	address := s.Addresses()[0]
	answer := make(chan string, 1)
	go func() {
		r, err := http.Get(address)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			b = []byte(err.Error())
		}
		answer <- string(b)
	}()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s.Stop(ctx)
	if got := <-answer; got != "whole" {
		t.Errorf("the request in hand: %s", got)
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://")); err == nil {
		_ = c.Close()
		t.Error("it still listens")
	}
}

// TestStopCutsOff what does not end in time.
func TestStopCutsOff(t *testing.T) {
	begun, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	s := serve(t, config(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		select {
		case <-never:
		case <-r.Context().Done():
		}
	})))
	failed := make(chan error, 1)
	go func() {
		r, err := http.Get(s.Addresses()[0])
		if err == nil {
			_ = r.Body.Close()
		}
		failed <- err
	}()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Stop(ctx)
	if err := <-failed; err == nil {
		t.Error("the request was answered")
	}
}

// TestSlowHeadersAreCutOff: who sends a request letter by letter holds no connection.
func TestSlowHeadersAreCutOff(t *testing.T) {
	c := config(hello())
	c.Times.Header = 50 * time.Millisecond
	s := serve(t, c)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.Addresses()[0], "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is still open")
	}
}

// TestLargeHeadersAreRefused.
func TestLargeHeadersAreRefused(t *testing.T) {
	s := serve(t, config(hello()))
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.Addresses()[0], "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: "+strings.Repeat("x", 64<<10)+"\r\n\r\n")
	}()
	if l, _ := bufio.NewReader(conn).ReadString('\n'); !strings.Contains(l, "431") {
		t.Errorf("a head of 64 KiB: %s", l)
	}
}
