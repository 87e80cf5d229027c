package web

import (
	"net/http/httptest"
	"testing"
)

// TestForwarded: what a proxy of ours tells is believed, and what anybody else does is not,
// also where it comes through the proxy (S5).
func TestForwarded(t *testing.T) {
	ours, err := ParseProxies([]string{"10.0.0.0/8", "127.0.0.1", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, remote string
		told         []string
		proto, from  string
		secure       bool
	}{
		{"nobody in between", "192.0.2.7:1", nil, "", "192.0.2.7", false},
		{"a stranger who says so", "192.0.2.7:1", []string{"10.1.1.1"}, "https", "192.0.2.7", false},
		{"a proxy", "10.0.0.1:1", []string{"198.51.100.3"}, "https", "198.51.100.3", true},
		{"a proxy over http", "10.0.0.1:1", []string{"198.51.100.3"}, "http", "198.51.100.3", false},
		{"a proxy that tells what it was told", "10.0.0.1:1", []string{"203.0.113.9, 198.51.100.3"}, "https", "198.51.100.3", true},
		{"in several headers", "10.0.0.1:1", []string{"203.0.113.9", "198.51.100.3"}, "https", "198.51.100.3", true},
		{"two proxies", "127.0.0.1:1", []string{"203.0.113.9, 198.51.100.3, 10.9.9.9"}, "https", "198.51.100.3", true},
		{"mapped into IPv6", "[::ffff:10.0.0.1]:1", []string{"198.51.100.3"}, "https", "198.51.100.3", true},
		{"IPv6", "[fd00::1]:1", []string{"2001:db8::5"}, "https", "2001:db8::5", true},
		{"nonsense", "10.0.0.1:1", []string{"who knows"}, "", "10.0.0.1", false},
		{"nonsense before a proxy", "10.0.0.1:1", []string{"who knows, 10.0.0.2"}, "", "10.0.0.2", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		for _, h := range c.told {
			r.Header.Add("X-Forwarded-For", h)
		}
		r.Header.Set("X-Forwarded-Proto", c.proto)
		if got := ours.From(r).String(); got != c.from || ours.Secure(r) != c.secure {
			t.Errorf("%s: from %s, secure %v", c.name, got, ours.Secure(r))
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	if r.RemoteAddr = "@"; ours.From(r).IsValid() || ours.Secure(r) {
		t.Error("the socket has an address")
	}
	if _, err := ParseProxies([]string{"10.0.0.0/8", "proxy.lan"}); err == nil {
		t.Error("a name is taken for an address")
	}
}
