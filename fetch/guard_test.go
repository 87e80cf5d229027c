package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"collector/connectors"
	"collector/fault"
)

// notPublic are addresses that no user-given server may have, in every range of
// the IANA special-purpose lists and in the spellings that get round simple
// checks.
var notPublic = strings.Fields(`
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.1.2.3 127.255.255.255
169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255
198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::ffff:0.0.0.0 ::ffff:192.168.1.1
64:ff9b::a9fe:a9fe 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 2002:808:808::1 3fff::1 3fff:fff::1 4000::1 5f00::1 8000::1
fc00::1 fd00:ec2::254 fdff::1 fe80::1 febf::1 fec0::1 feff::1 ff00::1 ff02::1 ff0e::1
fe80::1%eth0 2606:4700::1%1 ::1%lo`)

// public must stay reachable.
var public = strings.Fields(`
8.8.8.8 1.1.1.1 9.9.9.9 100.63.255.255 100.128.0.1 172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 198.17.255.255 198.20.0.1 223.255.255.255
::ffff:8.8.8.8 64:ff9b::8.8.8.8 2606:4700::1 2a00:1450:4001::1 2001:4860:4860::8888 2003::1 2400:cb00::1`)

func TestDeniedAddresses(t *testing.T) {
	if len(notPublic) < 60 {
		t.Errorf("only %d addresses", len(notPublic))
	}
	g := newGuard(allowed{}, Config{})
	check := func(ip string) error {
		return g.control("name.example", "443")(map[bool]string{true: "tcp6", false: "tcp4"}[strings.Contains(ip, ":")], net.JoinHostPort(ip, "443"), nil)
	}
	for _, ip := range notPublic {
		if check(ip) == nil {
			t.Errorf("%s may be dialled", ip)
		}
		if _, err := NormalizeServer("https://" + join(strings.ReplaceAll(ip, "%", "%25"), "")); err == nil {
			t.Errorf("%s is taken as a server", ip)
		}
	}
	for _, ip := range public {
		if err := check(ip); err != nil {
			t.Errorf("%s is blocked", ip)
		}
	}
	for _, odd := range []struct{ network, address string }{
		{"udp4", "8.8.8.8:443"},
		{"unix", "/run/x"},
		{"tcp", "8.8.8.8:443"},
		{"tcp4", "8.8.8.8"},
		{"tcp4", "127.1:443"},
		{"tcp4", "8.8.8.8:80"},
		{"tcp4", "8.8.8.8:0"},
		{"tcp4", "8.8.8.8:22"},
		{"tcp4", "2130706433:443"},
		{"tcp4", ""},
	} {
		if g.control("name.example", "443")(odd.network, odd.address, nil) == nil {
			t.Errorf("%v may be dialled", odd)
		}
	}
}

func TestOwnAddressesAreNotDialled(t *testing.T) {
	allow, err := parseAllowed([]string{"0.0.0.0/0", "::/0"})
	if err != nil {
		t.Fatal(err)
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	g := newGuard(allow, Config{Own: []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:8765"), netip.MustParseAddrPort("192.168.7.7:443")}})
	own := []string{"127.0.0.1:8765", "[::1]:8765", "127.9.9.9:8765", "192.168.7.7:443", "[::ffff:192.168.7.7]:443", "0.0.0.0:8765"}
	for _, a := range addrs {
		own = append(own, net.JoinHostPort(a.(*net.IPNet).IP.String(), "8765"))
	}
	for _, a := range own {
		if g.control("x.example", "8765")("tcp4", a, nil) == nil {
			t.Errorf("%s may be dialled", a)
		}
	}
	for _, a := range []string{"127.0.0.1:8766", "192.168.7.8:443", "10.1.2.3:8765"} {
		if g.control("x.example", "8765")("tcp4", a, nil) != nil {
			t.Errorf("%s is blocked", a)
		}
	}
}

// nameserver answers A queries for every name, with one address after the
// other: what a rebinding attacker runs.
func nameserver(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		buf := make([]byte, 1500)
		for n := 0; ; {
			size, from, err := socket.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:size]) != nil || len(m.Questions) == 0 {
				continue
			}
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			if m.Questions[0].Type == dnsmessage.TypeA {
				ip := netip.MustParseAddr(addresses[min(n, len(addresses)-1)])
				n++
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
					Body:   &dnsmessage.AResource{A: ip.As4()},
				}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = socket.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp4", socket.LocalAddr().String())
	}}
}

// counting is a server that counts the connections that reach its socket.
func counting(t *testing.T) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var reached atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			reached.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s, &reached
}

func visit(server string) Call {
	return Call{Info: social, Account: "a1", Name: "mastodon/@o", Server: server, Request: connectors.Request{URL: server + "/api/v1/favourites"}}
}

// TestNothingPrivateIsReached dials for real: literal addresses, names that mean
// this machine, and a name server that gives a public address first and a
// private one afterwards.
func TestNothingPrivateIsReached(t *testing.T) {
	s, reached := counting(t)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	b := newBench(t, Config{Resolver: nameserver(t, "127.0.0.1")})
	b.store(t, "a1", canary)
	texts := map[string]bool{}
	for _, server := range []string{"https://rebound.example", "https://localhost", "https://127.0.0.1.example"} {
		_, err := b.Do(t.Context(), visit(server))
		if fault.KindOf(err) != fault.Temporary {
			t.Errorf("%s: %v", server, err)
		}
		texts[strings.ReplaceAll(err.Error(), strings.TrimPrefix(server, "https://"), "HOST")] = true
	}
	// The port is what the guard of the real transport would see: dial it directly.
	tr := b.guard.transport(Config{Resolver: nameserver(t, "8.8.8.8", "127.0.0.1")})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "rebound.example", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::]"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		conn, err := tr.DialContext(ctx, "tcp", strings.Trim(host, "[]")+":"+port)
		if strings.Contains(host, ":") {
			conn, err = tr.DialContext(ctx, "tcp", host+":"+port)
		}
		cancel()
		if err == nil {
			_ = conn.Close()
			t.Errorf("%s was connected", host)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d connections reached the private server", reached.Load())
	}
	// Blocked and refused read the same.
	closed, _ := net.Listen("tcp4", "127.0.0.1:0")
	refusing := "http://" + closed.Addr().String()
	_ = closed.Close()
	b = newBench(t, Config{AllowPrivate: []string{strings.TrimPrefix(refusing, "http://")}})
	b.store(t, "a1", canary)
	_, err := b.Do(t.Context(), visit(refusing))
	texts[strings.ReplaceAll(err.Error(), strings.TrimPrefix(refusing, "http://"), "HOST")] = true
	if len(texts) != 1 {
		t.Errorf("blocked and refused can be told apart: %v", texts)
	}
	if b.quotas.rows["x"] != nil || errors.Is(err, context.Canceled) {
		t.Error("unexpected")
	}
}

// TestListedPrivateServersWork is the home lab.
func TestListedPrivateServersWork(t *testing.T) {
	s, reached := counting(t)
	hostport := s.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(hostport)
	for _, c := range []struct{ entry, server string }{
		{hostport, "http://" + hostport},
		{"127.0.0.1", "http://" + hostport},
		{"127.0.0.0/8", "http://" + hostport},
		{"git.lan:" + port, "http://git.lan:" + port},
		{"git.lan", "http://git.lan:" + port},
	} {
		b := newBench(t, Config{AllowPrivate: []string{c.entry}, Resolver: nameserver(t, "127.0.0.1")})
		b.store(t, "a1", canary)
		before := reached.Load()
		if _, err := b.Do(t.Context(), visit(c.server)); err != nil || reached.Load() == before {
			t.Errorf("%s listed as %s: %v", c.server, c.entry, err)
		}
	}
	for _, c := range []struct{ entry, server string }{
		{"127.0.0.1:1", "http://" + hostport}, {"10.0.0.0/8", "http://" + hostport}, {"git.lan:1", "http://git.lan:" + port}, {"lan", "http://git.lan:" + port},
	} {
		b := newBench(t, Config{AllowPrivate: []string{c.entry}, Resolver: nameserver(t, "127.0.0.1")})
		b.store(t, "a1", canary)
		before := reached.Load()
		if _, err := b.Do(t.Context(), visit(c.server)); err == nil || reached.Load() != before {
			t.Errorf("%s was reached with %s listed", c.server, c.entry)
		}
	}
}

// TestTrustedForExactlyItsOrigin: an overridden base on loopback opens no other
// port of loopback.
func TestTrustedForExactlyItsOrigin(t *testing.T) {
	base, reachedBase := counting(t)
	_, reachedOther := counting(t)
	u, _ := url.Parse(base.URL)
	b := newBench(t, Config{Base: map[string]*url.URL{"github": u}})
	b.store(t, "a1", canary)
	if _, err := b.Do(t.Context(), star("/x")); err != nil || reachedBase.Load() != 1 {
		t.Errorf("the operator's own address: %v", err)
	}
	if _, err := b.Do(t.Context(), visit("https://127.0.0.1")); err == nil || reachedOther.Load() != 0 {
		t.Error("loopback is open as a whole")
	}
}

// TestEnvironmentsProxyIsNotUsed and an explicit one gets no private name.
func TestProxies(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	b := newBench(t, Config{})
	if tr := b.guard.transport(Config{}); tr.Proxy != nil {
		t.Error("the environment's proxy is used")
	}
	proxy, reached := counting(t)
	u, _ := url.Parse(proxy.URL)
	b = newBench(t, Config{Proxy: u})
	b.store(t, "a1", canary)
	for _, server := range []string{"https://localhost", "https://x.localhost", "https://printer.local", "https://db.internal", "https://nas", "https://nas.lan", "https://r.home.arpa"} {
		if _, err := b.Do(t.Context(), visit(server)); err == nil {
			t.Errorf("%s was asked for", server)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d private names were given to the proxy", reached.Load())
	}
	if _, err := b.Do(t.Context(), visit("https://social.example")); err == nil || reached.Load() != 1 {
		t.Errorf("the proxy was not asked for a public name: %v, %d", err, reached.Load())
	}
}
