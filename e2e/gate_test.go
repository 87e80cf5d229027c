//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"slices"
	"sync"
	"testing"
)

// gate stands between the collector and the Bluesky server: it passes everything
// on unchanged, keeps what was asked and answered, and lets a test act at the
// moment of a call. Its address stays when the server behind it is started again.
type gate struct {
	URL string

	mu     sync.Mutex
	target *url.URL
	seen   []seen
	before func(call seen) // runs while the call waits at the gate
	after  func(call seen) // runs when the answer has left the server, before it is passed on
}

// seen is one call that went through the gate.
type seen struct {
	Method string     // "com.atproto.repo.listRecords"
	Query  url.Values // of the call
	Signed bool       // it carried an Authorization header
	Status int        // 0 in before
	Error  string     // name of the XRPC error
}

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	g := &gate{}
	g.point(t, target)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			g.mu.Lock()
			defer g.mu.Unlock()
			r.SetURL(g.target)
		},
		ModifyResponse: g.answered,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		before := g.before
		g.mu.Unlock()
		if before != nil {
			before(call(r))
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	g.URL = server.URL
	return g
}

func call(r *http.Request) seen {
	return seen{Method: path.Base(r.URL.Path), Query: r.URL.Query(), Signed: r.Header.Get("Authorization") != ""}
}

// answered keeps a call with its answer.
func (g *gate) answered(resp *http.Response) error {
	c := call(resp.Request)
	c.Status = resp.StatusCode
	if resp.StatusCode != http.StatusOK {
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(body))
		var refusal struct{ Error string }
		_ = json.Unmarshal(body, &refusal)
		c.Error = refusal.Error
	}
	g.mu.Lock()
	g.seen = append(g.seen, c)
	after := g.after
	g.mu.Unlock()
	if after != nil {
		after(c)
	}
	return nil
}

// point turns the gate to another server.
func (g *gate) point(t *testing.T, target string) {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.target = u
}

// at sets what happens at calls and answers from now on.
func (g *gate) at(before, after func(seen)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.before, g.after = before, after
}

// calls returns the calls of one method that were answered so far.
func (g *gate) calls(method string) []seen {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(g.seen), func(c seen) bool { return c.Method != method })
}
