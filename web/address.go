package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"collector/control"
)

// Off is the address of a collector that does not listen.
const Off = "off"

// CheckAddress says what is wrong with an address to listen on, nil when it is host:port
// or Off.
func CheckAddress(address string) error {
	if address == Off {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	n, bad := strconv.Atoi(port)
	if err != nil || bad != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q is no address: write host:port, such as 127.0.0.1:8765, or off", address)
	}
	return nil
}

// Loopback says whether only this machine reaches an address, host:port. Names other than
// localhost may lead anywhere, and do not count.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// refuseOpen refuses an address that other machines reach where nobody has to sign in.
func refuseOpen(address string, signIn bool) error {
	if signIn || Loopback(address) {
		return nil
	}
	_, port, _ := net.SplitHostPort(address)
	return &control.Problem{
		Kind: control.Wrong, Whose: "you",
		Reason: address + " can be reached from other machines, and nobody would have to sign in",
		Next:   "leave out --no-auth, listen on this machine alone, --listen=127.0.0.1:" + port + ", or turn it off with --listen=off",
	}
}

// knownHost says whether a request names the listener as it may be called: by an address,
// which no page elsewhere can point its own name to, as localhost, or by one of names.
func knownHost(host string, names []string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	if _, err := netip.ParseAddr(host); err == nil || strings.EqualFold(host, "localhost") {
		return true
	}
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, host) })
}

// onlyKnownHosts keeps pages elsewhere from reaching this machine under a name of theirs
// (DNS rebinding).
func onlyKnownHosts(names []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !overSocket(r.Context()) && !knownHost(r.Host, names) {
			WriteProblem(w, r, &Problem{
				Status: http.StatusMisdirectedRequest, Detail: "the collector is not known under the name that was asked for", Whose: "you",
				Next: "use its address, such as http://127.0.0.1:8765, or list the name in COLLECTOR_LISTEN_NAMES",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}
