package torture

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// refused says whether an address is one that no user-given server may have,
// from the IANA lists of special-purpose addresses, independently of the product.
func refused(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if nat := netip.MustParsePrefix("64:ff9b::/96"); nat.Contains(ip) { // what counts is the address inside
		b := ip.As16()
		return refused(netip.AddrFrom4([4]byte(b[12:])))
	}
	return slices.ContainsFunc(strings.Fields(`0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
		192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ::/96 64:ff9b:1::/48 100::/64 2001::/23
		2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8`), func(p string) bool {
		return netip.MustParsePrefix(p).Contains(ip)
	})
}

func parsed(text string) (out []netip.Addr) {
	for _, s := range strings.Fields(text) {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

// special are addresses in every range of those lists.
func special() []netip.Addr {
	return parsed(`0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.1.2.3 127.255.255.254
		169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.254
		198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
		:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0.0.0.0
		64:ff9b::a9fe:a9fe 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
		2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 2002:808:808::1 3fff::1 5f00::1
		fc00::1 fd00:ec2::254 fdff::1 fe80::1 febf::1 fec0::1 feff::1 ff00::1 ff02::1 ff0e::1`)
}

// public are addresses that must stay reachable, the neighbours of special ones.
func public() []netip.Addr {
	return parsed(`8.8.8.8 1.1.1.1 9.9.9.9 100.63.255.255 100.128.0.1 172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 198.17.255.255 198.20.0.1 223.255.255.254
		64:ff9b::8.8.8.8 2606:4700::1 2a00:1450:4001::1 2001:4860:4860::8888 2003::1 2400:cb00::1`)
}

// spellings are servers that no line of an import may name: every special
// address, and what else some resolvers and parsers take for one.
func spellings() (out []string) {
	for _, ip := range special() {
		host := ip.String()
		if ip.Is6() {
			host = "[" + host + "]"
		}
		out = append(out, "https://"+host, "http://"+host, "https://"+host+":8443")
	}
	for _, host := range strings.Fields(`127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 0 017700000001 [::ffff:7f00:1] [fe80::1%25lo] [::1%25lo]
		127.0.0.1. 127.0.0.1:443@9.9.9.9 9.9.9.9@127.0.0.1 ①②⑦.0.0.1 127。0。0。1 [0:0:0:0:0:0:0:1] [0000::0001] localhost:3000 example.com:22`) {
		out = append(out, "https://"+host)
	}
	return append(out, "ftp://127.0.0.1", "file:///etc/passwd", "gopher://127.0.0.1:443", "http://example.com", "//127.0.0.1", `https:\\127.0.0.1`, "https://127.0.0.1/api", "unix:/run/x")
}

// redirectsTo is where the catcher's redirects lead to.
func redirectsTo() (out []string) {
	for _, ip := range parsed("127.0.0.1 10.0.0.1 169.254.169.254 192.168.0.1 100.64.0.1 ::1 fd00:ec2::254 64:ff9b::a9fe:a9fe") {
		host := ip.String()
		if ip.Is6() {
			host = "[" + host + "]"
		}
		out = append(out, "https://"+host+"/", "http://"+host+"/", fmt.Sprintf("https://%s/", nameOf(ip)))
	}
	return append(out, "//127.0.0.1/", `\\127.0.0.1\`, "https://localhost/", "https://2130706433/")
}
