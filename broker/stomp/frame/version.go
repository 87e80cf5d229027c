package frame

import "strings"

// Version is a version of the protocol. The zero value is that of the first
// frame of a session, before one is agreed upon.
type Version int

const (
	Unknown Version = iota // CONNECT and CONNECTED: nothing is escaped
	V10
	V11
	V12
)

// versions are what this package speaks, the best first.
var versions = []Version{V12, V11, V10}

// String is the version as the headers accept-version and version write it.
func (v Version) String() string {
	switch v {
	case V10:
		return "1.0"
	case V11:
		return "1.1"
	case V12:
		return "1.2"
	case Unknown:
	}
	return "unknown"
}

// Supported lists the versions as the header version of an ERROR frame does
// after a failed negotiation: "1.2,1.1,1.0".
func Supported() string {
	var out []string
	for _, v := range versions {
		out = append(out, v.String())
	}
	return strings.Join(out, ",")
}

// Negotiate returns the best version that both sides speak (1.2, Protocol
// Negotiation): accept is the value of the client's header accept-version, and
// a client that sends none speaks 1.0. It is false where there is no such version.
func Negotiate(accept string, sent bool) (Version, bool) {
	if !sent {
		return V10, true
	}
	for _, v := range versions {
		for _, offered := range strings.Split(accept, ",") {
			if strings.TrimSpace(offered) == v.String() {
				return v, true
			}
		}
	}
	return Unknown, false
}
