package fetch

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"collector/fault"
)

// target is where a call goes.
type target struct {
	address string // to be asked, with an overridden base in place
	origin  string // scheme://host[:port] of it
	host    string // the service's own host, whatever the base: its quotas are kept by it
	own     bool   // a server that a user named
}

// place is what a call may name.
type place struct {
	provider string
	service  string   // for texts
	hosts    []string // fixed hosts
	server   string   // the account's own server; "" for none
	standard string   // the provider's default server
	root     bool     // leave an overridden base's path out
}

// resolve checks an address and puts an overridden base in place.
func (c *Client) resolve(p place, raw string) (target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, fault.New(fault.Malformed, "the next call of %s has no usable address", p.service)
	}
	at := origin(u)
	if at == "" || u.Fragment != "" {
		return target{}, foreign(p, u)
	}
	if p.server != "" && p.server != p.standard && at == p.server {
		// A server of the user's own keeps its address, if it still may.
		normal, err := c.allow.normalize(at)
		if err != nil || normal != at {
			return target{}, &fault.Error{Kind: fault.Gone, Whose: "you", Reason: "the account's server " + cut(p.server) + " may not be asked", Next: nextPrivate, Err: err}
		}
		return target{address: u.String(), origin: at, host: u.Hostname(), own: true}, nil
	}
	base := c.cfg.Base[p.provider]
	if base != nil && at == origin(base) {
		return target{address: u.String(), origin: at, host: first(p.hosts, strings.TrimPrefix(p.standard, "https://"), u.Host)}, nil
	}
	fixed := u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") && slices.Contains(p.hosts, strings.ToLower(u.Hostname()))
	if !fixed && (p.standard == "" || at != p.standard) {
		return target{}, foreign(p, u)
	}
	host := strings.ToLower(u.Hostname())
	if base == nil {
		return target{address: u.String(), origin: at, host: host}, nil
	}
	path := u.EscapedPath()
	if prefix := strings.TrimRight(base.EscapedPath(), "/"); !p.root && prefix != "" && path != prefix && !strings.HasPrefix(path, prefix+"/") {
		path = prefix + path
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return target{address: origin(base) + path, origin: origin(base), host: host}, nil
}

// foreign is the fault of a call that would leave the service: its own next
// link may have said so.
func foreign(p place, u *url.URL) error {
	e := fault.New(fault.Malformed, "the next call would go to %s, which is not an address of %s", cut(strings.ToLower(u.Scheme)+"://"+u.Host), p.service)
	e.Whose = p.provider
	return e
}

func first(hosts []string, more ...string) string {
	for _, h := range append(slices.Clone(hosts), more...) {
		if h != "" {
			return h
		}
	}
	return ""
}

// jsonText is a text as it stands inside a JSON string.
func jsonText(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return string(quoted[1 : len(quoted)-1])
}
