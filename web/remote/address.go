package remote

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"collector/web"
)

// Address is where a collector is reached: over a Unix socket, or at an address.
type Address struct {
	Socket string   // path of a Unix socket; "" for an address
	Base   *url.URL // what every path is put behind
}

// AtSocket is a collector whose Unix socket is there.
func AtSocket(path string) Address {
	return Address{Socket: path, Base: &url.URL{Scheme: "http", Host: "collector"}}
}

// ParseAddress reads unix:PATH, http://HOST or https://HOST, with a path before /api where a
// proxy has one.
func ParseAddress(text string) (Address, error) {
	if path, is := strings.CutPrefix(strings.TrimPrefix(text, "http+"), "unix:"); is {
		path = strings.TrimPrefix(path, "//")
		if path == "" {
			return Address{}, fmt.Errorf("%q names no socket: write unix:PATH", text)
		}
		return AtSocket(path), nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Opaque != "" {
		return Address{}, fmt.Errorf("it is no address of a collector: write unix:PATH, https://HOST or http://HOST:PORT")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Address{}, fmt.Errorf("it holds more than a host and a path: a token is given in COLLECTOR_API_TOKEN or a file")
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return Address{Base: u}, nil
}

// String is the address for people.
func (a Address) String() string {
	if a.Socket != "" {
		return a.Socket
	}
	return a.Base.String()
}

// near says whether no other machine stands between: a proxy on this one says that it is there.
func (a Address) near() bool {
	return a.Socket != "" || web.Loopback(net.JoinHostPort(a.Base.Hostname(), "0"))
}
