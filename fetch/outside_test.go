package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func outside(t *testing.T, cfg Config) *Outside {
	t.Helper()
	cfg.Version = "test"
	o, err := NewOutside(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// visits calls an address as a library does that knows net/http's own client alone.
func visits(address string) func() error {
	return func() error {
		got, err := http.Post(address, "text/plain", strings.NewReader("hello"))
		if err != nil {
			return err
		}
		defer got.Body.Close()
		_, err = io.ReadAll(got.Body)
		return err
	}
}

// TestOutsideReachesNothingPrivate: net/http's own client gets no connection to this
// machine in a Do, counted where it would arrive, by no spelling and by no redirect; a
// listed server is reached.
func TestOutsideReachesNothingPrivate(t *testing.T) {
	s, reached := counting(t)
	hostport := s.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(hostport)
	o := outside(t, Config{Resolver: nameserver(t, "127.0.0.1")})
	for _, address := range []string{
		"http://" + hostport, "https://" + hostport, "https://127.0.0.1", "https://localhost:" + port, "https://rebound.example:" + port, "https://rebound.example",
		"https://[::1]", "https://2130706433", "ftp://rebound.example", "http://rebound.example",
	} {
		v, err := o.Do(t.Context(), visits(address))
		if err == nil || v.Status != 0 || !v.Denied && v.Why == "" && v.Calls > 0 {
			t.Errorf("%s: %+v, %v", address, v, err)
		}
	}
	if reached.Load() != 0 {
		t.Fatalf("%d connections reached the private server", reached.Load())
	}
	v, err := o.Do(t.Context(), visits("http://"+hostport))
	if !v.Denied || !strings.Contains(v.Why, "COLLECTOR_ALLOW_PRIVATE") || strings.Contains(err.Error(), "hello") {
		t.Errorf("%+v, %v", v, err)
	}
	front := httptest.NewServer(http.RedirectHandler("http://"+hostport+"/elsewhere", http.StatusTemporaryRedirect))
	defer front.Close()
	for _, list := range [][]string{{front.Listener.Addr().String()}, {front.Listener.Addr().String(), hostport}} {
		v, err = outside(t, Config{AllowPrivate: list}).Do(t.Context(), visits(front.URL))
		if err != nil || v.Status != http.StatusTemporaryRedirect || v.Calls != 1 || reached.Load() != 0 {
			t.Errorf("a redirect: %+v, %v", v, err)
		}
	}
	v, err = outside(t, Config{AllowPrivate: []string{"127.0.0.1"}}).Do(t.Context(), visits(s.URL))
	if err != nil || v.Status != http.StatusOK || reached.Load() != 1 {
		t.Errorf("a listed server: %+v, %v", v, err)
	}
}

// TestOutsideEndsWithItsContext: a silent server holds up nobody, and what the library
// sends after its time goes nowhere.
func TestOutsideEndsWithItsContext(t *testing.T) {
	silent, later := make(chan struct{}), make(chan struct{})
	var calls atomic.Int64
	o := outside(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		if calls.Add(1) == 1 {
			close(silent)
		}
		<-r.Context().Done()
		return nil, r.Context().Err()
	})})
	ctx, cancel := context.WithCancel(t.Context())
	went := make(chan error, 1)
	go func() {
		<-silent
		cancel()
	}()
	_, err := o.Do(ctx, func() error {
		err := visits("https://a.example")()
		<-later
		went <- visits("https://a.example")()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Do: %v", err)
	}
	short, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer end()
	if _, err := o.Do(short, func() error { t.Error("two at once"); return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another has not ended: %v", err)
	}
	close(later)
	if err := <-went; err == nil || calls.Load() != 1 {
		t.Errorf("after its time: %v, %d calls", err, calls.Load())
	}
}

// TestOutsideIsOneAtATime: calls are told apart also when many are made at once.
func TestOutsideIsOneAtATime(t *testing.T) {
	o := outside(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		status := http.StatusOK
		if r.URL.Host == "b.example" {
			status = http.StatusTeapot
		}
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(make([]byte, 2*outsideRead)))}, nil
	})})
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			address, want := "https://a.example", http.StatusOK
			if i%2 == 1 {
				address, want = "https://b.example", http.StatusTeapot
			}
			v, err := o.Do(t.Context(), visits(address))
			if err != nil || v.Status != want || v.Calls != 1 || "https://"+v.Host != address {
				t.Errorf("%+v, %v", v, err)
			}
		})
	}
	all.Wait()
}

// TestOutsideLeavesOthersAlone: calls that are made beside any Do go where they went, from
// the moment at which it returns.
func TestOutsideLeavesOthersAlone(t *testing.T) {
	s, reached := counting(t)
	o := outside(t, Config{})
	for range 5000 {
		if _, err := o.Do(t.Context(), func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		if lent.now.Load() != nil {
			t.Fatal("the transport is still lent")
		}
	}
	if err := visits(s.URL)(); err != nil || reached.Load() != 1 {
		t.Errorf("%v, %d reached", err, reached.Load())
	}
}

// TestMailGoesToMailServers: to public ones at the ports of mail, and to what is listed.
func TestMailGoesToMailServers(t *testing.T) {
	o := outside(t, Config{AllowPrivate: []string{"10.0.0.0/8", "mail.lan", "192.168.1.5:26"}})
	for _, c := range []struct {
		host string
		port uint16
		ok   bool
	}{
		{"8.8.8.8", 587, true},
		{"8.8.8.8", 25, true},
		{"8.8.8.8", 22, false},
		{"127.0.0.1", 25, false},
		{"169.254.169.254", 25, false},
		{"::1", 465, false},
		{"10.1.2.3", 4000, true},
		{"mail.lan", 25, true},
		{"192.168.1.5", 26, true},
		{"192.168.1.5", 25, false},
		{"127.1", 25, false},
		{"", 25, false},
	} {
		if err := o.Mail(t.Context(), c.host, c.port); (err == nil) != c.ok {
			t.Errorf("%s:%d: %v", c.host, c.port, err)
		}
	}
}
