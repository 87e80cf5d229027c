package main

import (
	"net"
	"net/netip"
	"strconv"
)

// own are the addresses that a collector of this configuration listens on: no call of its
// own may go there, whatever else is allowed.
func (a *app) own() (out []netip.AddrPort) {
	c := a.conf.Stomp
	for _, address := range []string{c.Stomp, c.StompTLS, c.StompWS, c.StompWSS, a.conf.MetricsListen, a.conf.Listen} {
		host, text, err := net.SplitHostPort(address)
		if err != nil {
			continue
		}
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			continue
		}
		switch ip, err := netip.ParseAddr(host); {
		case err == nil:
			out = append(out, netip.AddrPortFrom(ip, uint16(port)))
		case host == "":
			out = append(out, netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(port)))
		case host == "localhost":
			out = append(out, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)), netip.AddrPortFrom(netip.IPv6Loopback(), uint16(port)))
		}
	}
	return out
}
