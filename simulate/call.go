package simulate

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// call is one request on its way through a service.
type call struct {
	n       int
	at      time.Time
	service string
	r       *http.Request
	body    []byte
	addr    string // who asks
	known   bool   // the Host is one of the service's
	account *account
	cred    *credential
	token   string // the secret that it is signed with
	windows []*window
	nth     int // number of the account's request
	invent  int // serve things that nobody liked, from this number on; 0 does not
}

// receive reads a request: whose it is, and from where.
func (s *Sim) receive(service string, r *http.Request) *call {
	s.n++
	c := &call{n: s.n, at: s.now(), service: service, r: r, addr: r.RemoteAddr}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		c.addr = host
	}
	c.known = s.serviceOf(r.Host) == service
	if r.Body != nil {
		// A body that cannot be read is answered as an empty one.
		c.body, _ = io.ReadAll(io.LimitReader(r.Body, 1<<20))
	}
	at, _ := s.siteOf(service)
	if c.token = bearer(r); at != nil && at.secret != nil {
		c.token = at.secret(r)
	}
	if c.cred = s.byToken[c.token]; c.cred != nil {
		c.account = s.at(c.cred.account, r)
	} else if at != nil && at.owner != nil {
		c.account = at.owner(s, r, c.body)
	}
	if c.account != nil {
		c.account.logged++
		c.nth = c.account.logged
	}
	return c
}

// serviceOf returns the service of a name, "" for a foreign one.
func (s *Sim) serviceOf(host string) string {
	if service, ok := s.hosts[host]; ok {
		return service
	}
	for _, one := range s.sites {
		if slices.Contains(one.hosts, strings.TrimSuffix(host, ":443")) {
			return one.name
		}
	}
	return ""
}

// blockKeys are the names under which a call may be barred.
func (c *call) blockKeys() []string {
	out := []string{c.callerKey()}
	for _, w := range c.windows {
		out = append(out, w.Key)
	}
	return out
}

// callerKey names who is barred by a limit that a fault makes up: the account,
// or the address of a caller without one.
func (c *call) callerKey() string {
	if c.account != nil {
		return c.service + "//" + c.account.spec.Name
	}
	return c.service + "//" + c.addr
}
