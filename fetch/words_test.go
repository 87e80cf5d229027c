package fetch

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/fault"
)

// piped is the real transport over pipes, to a server that is a function: real
// HTTP in virtual time.
func piped(serve func(net.Conn)) http.RoundTripper {
	tr := newGuard(allowed{}, Config{}).transport(Config{})
	tr.DialContext = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer func() { _ = server.Close() }()
			serve(server)
		}()
		return client, nil
	}
	return tr
}

func TestWireFailuresInWords(t *testing.T) {
	base, _ := url.Parse("http://sim.example")
	request := func(c net.Conn) { _, _ = http.ReadRequest(bufio.NewReader(c)) }
	write := func(c net.Conn, text string) { _, _ = io.WriteString(c, text) }
	for name, c := range map[string]struct {
		serve func(net.Conn)
		kind  fault.Kind
		says  string
		after time.Duration
	}{
		"silent": {func(c net.Conn) { request(c); _, _ = io.Copy(io.Discard, c) }, fault.Temporary, "did not begin to answer within 15 s", headerTime},
		"endless headers": {func(c net.Conn) {
			request(c)
			write(c, "HTTP/1.1 200 OK\r\n")
			for i := range 100_000 {
				if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", i, strings.Repeat("x", 100)); err != nil {
					return
				}
			}
		}, fault.Malformed, "more than 64 KiB of headers", 0},
		"one long header": {func(c net.Conn) {
			request(c)
			write(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 70<<10)+"\r\n\r\n")
		}, fault.Malformed, "more than 64 KiB of headers", 0},
		"dripping headers": {func(c net.Conn) {
			request(c)
			for {
				if _, err := io.WriteString(c, "H"); err != nil {
					return
				}
				pauseFor(context.Background(), time.Second)
			}
		}, fault.Temporary, "15 s", headerTime},
		"closed at once":     {func(c net.Conn) { request(c) }, fault.Temporary, "closed the connection", 0},
		"closed in the body": {func(c net.Conn) { request(c); write(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123") }, fault.Temporary, "closed the connection", 0},
		"endless interim":    {func(c net.Conn) { request(c); write(c, strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 100_000)) }, fault.Malformed, "more than 64 KiB of headers", 0},
		"not HTTP":           {func(c net.Conn) { request(c); write(c, "SSH-2.0-OpenSSH_9.9 "+canary+"\r\n") }, fault.Temporary, "not HTTP", 0},
		"odd location": {func(c net.Conn) {
			request(c)
			write(c, "HTTP/1.1 302 X\r\nLocation: ://"+canary+"\r\nContent-Length: 0\r\n\r\n")
		}, fault.Malformed, "redirects to something that is no address", 0},
		"redirect to nowhere": {func(c net.Conn) { request(c); write(c, "HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n") }, fault.Malformed, "does not say where to", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Transport: piped(c.serve), Base: map[string]*url.URL{"github": base}})
				b.store(t, "a1", canary)
				defer pauseFor(t.Context(), 5*time.Second) // the server sees that we have gone
				began := time.Now()
				_, err := b.Do(t.Context(), star("/user/starred?cursor=private"))
				f := fault.As(err)
				if f == nil || f.Kind != c.kind || !strings.Contains(f.Reason, c.says) {
					t.Fatalf("got %v", err)
				}
				if took := time.Since(began); took < c.after || took > c.after+time.Second {
					t.Errorf("took %s", took)
				}
				for _, text := range []string{"CANARY", "private", "cursor"} {
					if strings.Contains(fmt.Sprintf("%v %+v", err, *f), text) {
						t.Errorf("the error holds %q: %v", text, err)
					}
				}
			})
		})
	}
}

func TestConnectionFailuresInWords(t *testing.T) {
	trusted := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(trusted.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	quietly := log.New(io.Discard, "", 0)
	trusted.Config.ErrorLog, plain.Config.ErrorLog = quietly, quietly
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.Config.ErrorLog = quietly
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	t.Cleanup(old.Close)
	port := func(s *httptest.Server) string { return s.URL[strings.LastIndexByte(s.URL, ':'):] }
	roots := trusted.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	nobody := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("the name server is down")
	}}
	for name, c := range map[string]struct {
		server string
		cfg    Config
		says   string
	}{
		"unknown authority": {trusted.URL, Config{}, "nobody known has signed it"},
		"other name":        {"https://other.lan" + port(trusted), Config{Roots: roots, Resolver: nameserver(t, "127.0.0.1")}, "it is for another name"},
		"no TLS":            {"https://127.0.0.1" + port(plain), Config{}, "no encrypted connection"},
		"old TLS":           {"https://127.0.0.1" + port(old), Config{Roots: roots}, "no encrypted connection"},
		"name server":       {"https://other.lan", Config{Resolver: nobody}, "could not be looked up"},
	} {
		c.cfg.AllowPrivate = []string{"127.0.0.0/8", "other.lan"}
		b := newBench(t, c.cfg)
		b.store(t, "a1", canary)
		_, err := b.Do(t.Context(), visit(c.server))
		if f := fault.As(err); f == nil || f.Kind != fault.Temporary || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	missing := &net.DNSError{Err: "no such host", Name: "x.example", IsNotFound: true}
	if f := broken(missing, nil, target{origin: "https://x.example"}); f.Reason != "there is no server with the name x.example" {
		t.Errorf("no such host: %v", f)
	}
	timeout := &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
	if f := broken(timeout, nil, target{origin: "https://x.example"}); !strings.Contains(f.Reason, "within 10 s") {
		t.Errorf("connect timeout: %v", f)
	}
}

// TestGivenUp: who cancels gets an error that says so to errors.Is.
func TestGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})})
		b.store(t, "a1", canary)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := b.Do(ctx, star("/x"))
		if !errors.Is(err, context.Canceled) || fault.KindOf(err) != fault.Temporary {
			t.Errorf("got %v", err)
		}
		rows, _ := b.quotas.Quotas(t.Context(), "")
		if len(rows) != 1 || rows[0].Out != 0 || rows[0].Used != 1 {
			t.Errorf("counted as %+v", rows)
		}
		began := time.Now()
		if _, err := b.Do(t.Context(), star("/x")); fault.KindOf(err) != fault.Temporary || time.Since(began) != totalTime {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

// TestEchoedSecretsStayInside: the service repeats the token wherever it can, in
// every spelling.
func TestEchoedSecretsStayInside(t *testing.T) {
	spelled := []string{canary, url.QueryEscape(canary), fmt.Sprintf("%x", canary), "Z2hwX0NBTkFSWS83K3Rva2Vu", strings.ReplaceAll(canary, "/", `\/`)}
	for _, status := range []int{200, 301, 400, 401, 403, 404, 410, 418, 429, 500, 503} {
		for _, s := range spelled {
			b := newBench(t, Config{Transport: wire(func(*http.Request) (*http.Response, error) {
				return answer(status, `{"message":"you sent `+s+`","error":"`+s+`"}`, "X-Echo", s, "Location", "https://"+s+".example/"+s, "WWW-Authenticate", s, "Retry-After", s, "Link", "<https://x/"+s+">"), nil
			})})
			b.store(t, "a1", canary)
			for _, any := range []bool{false, true} {
				call := star("/x")
				call.Any = any
				r, err := b.Do(t.Context(), call)
				out := fmt.Sprintf("%v %+v %s %v", err, fault.As(err), r.Body, r.Header)
				if strings.Contains(out, s) || strings.Contains(out, canary) {
					t.Errorf("%d, %s: %s", status, s, out)
				}
			}
		}
	}
}
