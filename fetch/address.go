package fetch

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// NormalizeServer returns the origin of a server that a user named
// ("https://social.example"), from "social.example", "https://Social.Example/"
// or an international name. It must be https at port 443 and public; what allow
// lists (as Config.AllowPrivate) may use http, any port and private addresses.
// The error says what to write instead.
func NormalizeServer(raw string, allow ...string) (string, error) {
	list, err := parseAllowed(allow)
	if err != nil {
		return "", err
	}
	return list.normalize(raw)
}

func (a allowed) normalize(raw string) (string, error) {
	text := strings.TrimSpace(raw)
	if text == "" {
		return "", fmt.Errorf("the server's address is empty: write it like https://social.example")
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return "", fmt.Errorf("%q is no server address: write it like https://social.example", cut(raw))
	}
	scheme := strings.ToLower(u.Scheme)
	switch {
	case scheme != "https" && scheme != "http":
		return "", fmt.Errorf("%q has the scheme %q: a server's address begins with https://", cut(raw), cut(u.Scheme))
	case u.User != nil:
		return "", fmt.Errorf("the server's address holds a user name or password: write it like https://%s", cut(u.Hostname()))
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		return "", fmt.Errorf("%q is the address of a page: write only https://%s", cut(raw), cut(u.Hostname()))
	case u.Path != "" && u.Path != "/":
		return "", fmt.Errorf("%q is the address of a page: write only https://%s", cut(raw), cut(u.Hostname()))
	}
	host, err := normalHost(u.Hostname())
	if err != nil {
		return "", err
	}
	port := u.Port()
	if strings.HasSuffix(u.Host, ":") {
		return "", fmt.Errorf("%q has a colon and no port", cut(raw))
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return "", fmt.Errorf("%q has no port that exists", cut(raw))
		}
		if port = strconv.FormatUint(n, 10); port == defaultPort(scheme) {
			port = ""
		}
	}
	listed := a.host(host, orDefault(port, scheme))
	switch {
	case listed:
	case scheme != "https":
		return "", fmt.Errorf("%s must be reached by https://: a token is never sent unencrypted (COLLECTOR_ALLOW_PRIVATE lists exceptions)", host)
	case port != "":
		return "", fmt.Errorf("%s must be reached at port 443 (COLLECTOR_ALLOW_PRIVATE lists exceptions, such as %s:%s)", host, host, port)
	}
	if ip, err := netip.ParseAddr(host); err == nil && !listed && denied(ip) {
		return "", fmt.Errorf("%s is not a public address (COLLECTOR_ALLOW_PRIVATE lists exceptions)", host)
	}
	return scheme + "://" + join(host, port), nil
}

// normalHost returns a name in lower-case ASCII without trailing dot, or an
// address in its canonical form without brackets.
func normalHost(host string) (string, error) {
	if host == "" {
		return "", fmt.Errorf("the server's address has no host: write it like https://social.example")
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return "", fmt.Errorf("%q has a zone: such an address means something on one machine only", cut(host))
		}
		return ip.Unmap().String(), nil
	}
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(host, "."))
	if err != nil || name == "" || len(name) > 253 {
		return "", fmt.Errorf("%q is no host name", cut(host))
	}
	name = strings.ToLower(name)
	if again, err := idna.Lookup.ToASCII(name); err != nil || again != name || !utf8.ValidString(host) {
		return "", fmt.Errorf("%q is no host name", cut(host))
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", fmt.Errorf("%q is no host name", cut(host))
		}
	}
	// Some resolvers read 127.1, 2130706433 and 0x7f.1 as addresses.
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return "", fmt.Errorf("%q is neither a name nor a complete address", cut(host))
	}
	return name, nil
}

// origin is scheme://host[:port] of an address, normalised; "" for one that is
// no plain http(s) address.
func origin(u *url.URL) string {
	scheme := strings.ToLower(u.Scheme)
	if scheme != "https" && scheme != "http" || u.User != nil || u.Opaque != "" {
		return ""
	}
	port := u.Port()
	if port == defaultPort(scheme) {
		port = ""
	}
	host := strings.ToLower(u.Hostname())
	if host == "" {
		return ""
	}
	return scheme + "://" + join(host, port)
}

func join(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func defaultPort(scheme string) string {
	if scheme == "http" {
		return "80"
	}
	return "443"
}

func orDefault(port, scheme string) string {
	if port == "" {
		return defaultPort(scheme)
	}
	return port
}

// allowed is a parsed Config.AllowPrivate.
type allowed struct {
	names []string // "git.lan", "git.lan:3000", "10.0.0.5:3000"
	nets  []netip.Prefix
}

func parseAllowed(list []string) (allowed, error) {
	var a allowed
	for _, entry := range list {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		if p, err := netip.ParsePrefix(entry); err == nil {
			a.nets = append(a.nets, p.Masked())
			continue
		}
		if ip, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil && ip.Zone() == "" {
			ip = ip.Unmap()
			a.nets = append(a.nets, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		host, port, err := net.SplitHostPort(entry)
		if err != nil {
			host, port = entry, ""
		}
		if host, err = normalHost(host); err != nil || strings.Contains(entry, "/") {
			return allowed{}, fmt.Errorf("COLLECTOR_ALLOW_PRIVATE: %q is no host, host:port, address or network such as 10.0.0.0/8", cut(entry))
		}
		a.names = append(a.names, join(host, port))
	}
	return a, nil
}

// host says whether a host at a port is listed, by name or as an address.
func (a allowed) host(host, port string) bool {
	if slices.Contains(a.names, join(host, "")) || slices.Contains(a.names, join(host, port)) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && a.addr(ip)
}

// addr says whether an address is in a listed network.
func (a allowed) addr(ip netip.Addr) bool {
	ip = ip.Unmap()
	return slices.ContainsFunc(a.nets, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// cut keeps a text that goes into an error short.
func cut(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
