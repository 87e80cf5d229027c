package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// errDenied says that the guard refused a connection. People read the same
// words for it as for a refused connection, so that nobody can use the program
// to look for what listens in a private network.
var errDenied = errors.New("the address is not public")

// special are what the IANA lists of special-purpose addresses add to what
// package ssrf denies; IPv6 outside 2000::/3 is denied as a whole there.
var special = []netip.Prefix{
	netip.MustParsePrefix("64:ff9b:1::/48"), // local NAT64
	netip.MustParsePrefix("::/96"),          // unspecified, loopback, IPv4-compatible
}

// nat64 holds IPv4 addresses in its last 4 bytes (RFC 6052). Networks that
// reach IPv4 only through it need it, so what counts is the address inside.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// denied says whether an address is one that no user-given server may have.
func denied(ip netip.Addr) bool {
	if !ip.IsValid() || ip.Zone() != "" {
		return true
	}
	ip = ip.Unmap()
	if nat64.Contains(ip) {
		b := ip.As16()
		return denied(netip.AddrFrom4([4]byte(b[12:])))
	}
	if slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return true
	}
	return ssrf.New(ssrf.WithAnyPort(), ssrf.WithAnyNetwork()).SafeAddr(ip) != nil
}

// guard decides at the socket, after names were looked up, so that neither a
// redirect nor a name that changes its address gets round it.
type guard struct {
	allow   allowed
	trusted []string // host:port of the operator's own addresses: overridden bases and the proxy
	own     []netip.AddrPort
	proxied bool
}

func newGuard(allow allowed, cfg Config) *guard {
	g := &guard{allow: allow, own: cfg.Own, proxied: cfg.Proxy != nil}
	for _, base := range cfg.Base {
		g.trusted = append(g.trusted, dialed(base))
	}
	if cfg.Proxy != nil {
		g.trusted = append(g.trusted, dialed(cfg.Proxy))
	}
	return g
}

// dialed is the host:port that a connection to an address asks for.
func dialed(u *url.URL) string {
	return net.JoinHostPort(strings.ToLower(u.Hostname()), orDefault(u.Port(), u.Scheme))
}

// control checks one address right before the connection is made.
func (g *guard) control(host, port string) func(network, address string, _ syscall.RawConn) error {
	listed := g.allow.host(strings.ToLower(host), port)
	return func(network, address string, _ syscall.RawConn) error {
		if network != "tcp4" && network != "tcp6" {
			return errDenied
		}
		ap, err := netip.ParseAddrPort(address)
		if err != nil || g.ours(ap) {
			return errDenied
		}
		if listed || g.allow.addr(ap.Addr()) && ap.Addr().Zone() == "" {
			return nil
		}
		if ap.Port() != 443 || denied(ap.Addr()) {
			return errDenied
		}
		return nil
	}
}

// ours says whether this program itself listens there.
func (g *guard) ours(ap netip.AddrPort) bool {
	ip := ap.Addr().Unmap()
	for _, own := range g.own {
		if own.Port() != ap.Port() {
			continue
		}
		if own.Addr().Unmap() == ip {
			return true
		}
		if !own.Addr().IsUnspecified() {
			continue
		}
		if ip.IsLoopback() || ip.IsUnspecified() {
			return true
		}
		addrs, err := net.InterfaceAddrs()
		if err != nil {
			return true // what cannot be told apart is not dialled
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				if mine, ok := netip.AddrFromSlice(n.IP); ok && mine.Unmap() == ip.WithZone("") {
					return true
				}
			}
		}
	}
	return false
}

// transport is the real one: every connection it makes goes through control.
func (g *guard) transport(cfg Config) *http.Transport {
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			d := net.Dialer{Timeout: connectTime, Resolver: cfg.Resolver}
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, errDenied
			}
			if !slices.Contains(g.trusted, net.JoinHostPort(strings.ToLower(host), port)) {
				d.Control = g.control(host, port)
			}
			return d.DialContext(ctx, network, address)
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.Roots},
		TLSHandshakeTimeout:    connectTime,
		ResponseHeaderTimeout:  headerTime,
		MaxResponseHeaderBytes: headerBytes,
		MaxIdleConns:           idleConns,
		MaxIdleConnsPerHost:    idlePerServer,
		IdleConnTimeout:        idleTime,
		DisableCompression:     true, // gzip is undone by memory, which counts
		ForceAttemptHTTP2:      true,
	}
	if cfg.Proxy != nil {
		t.Proxy = http.ProxyURL(cfg.Proxy)
	}
	return t
}

// localNames are the endings of names that mean something in a private network
// only (RFC 6761, RFC 6762, RFC 8375 and ICANN's reservation of internal).
var localNames = []string{"localhost", "local", "internal", "lan", "home.arpa", "intranet", "corp", "home", "test", "invalid", "onion"}

// name checks what can be checked without a connection of our own, for calls
// through a proxy.
func (g *guard) name(u *url.URL) error {
	if !g.proxied || slices.Contains(g.trusted, dialed(u)) {
		return nil
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if g.allow.host(host, orDefault(u.Port(), u.Scheme)) {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if denied(ip) {
			return errDenied
		}
		return nil
	}
	if !strings.Contains(host, ".") {
		return errDenied
	}
	for _, end := range localNames {
		if host == end || strings.HasSuffix(host, "."+end) {
			return errDenied
		}
	}
	return nil
}
