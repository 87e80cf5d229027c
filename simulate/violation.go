package simulate

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The kinds of what must never happen.
const (
	Early      = "early"        // before the time that an answer named
	Parallel   = "parallel"     // more at once on one credential than allowed
	Origin     = "origin"       // a name or a server that is none of the service's
	TokenInURL = "token-in-url" // a secret in the address or the Referer
	Capped     = "capped"       // more requests than the account was given
	Overrun    = "overrun"      // over a quota from which nobody else spent
	Reused     = "reused"       // a refresh token used again after it was replaced
)

// Violation is a request that must never have come.
type Violation struct {
	Kind    string    `json:"kind"`
	At      time.Time `json:"at"`
	Service string    `json:"service"`
	Account string    `json:"account"` // key of the account, "" if unknown
	Request int       `json:"request"` // number of the request
	Text    string    `json:"text"`    // what happened, without any secret
	// Since is how long before the request the rule was told (Early only): a
	// request that was already on its way has a Since of milliseconds.
	Since time.Duration `json:"since"`
	Until time.Time     `json:"until"` // the time that was named (Early only)
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: request %d of %s at %s: %s", v.Kind, v.Request, v.Account, v.At.Format("15:04:05.000"), v.Text)
}

// Violations returns everything that must never have happened, in order.
func (s *Sim) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Violation(nil), s.violations...)
}

func (s *Sim) violate(c *call, kind, format string, args ...any) {
	v := Violation{Kind: kind, At: c.at, Service: c.service, Request: c.n, Text: fmt.Sprintf(format, args...)}
	if c.account != nil {
		v.Account = c.account.key
	}
	s.violations = append(s.violations, v)
}

// inspect records what is wrong with a request whatever its answer.
func (s *Sim) inspect(c *call) {
	if c.account != nil {
		a := c.account
		if a.site.name != c.service {
			s.violate(c, Origin, "a credential of %s came to %s", a.site.name, c.service)
		}
		if a.limit > 0 && a.logged > a.limit {
			s.violate(c, Capped, "request %d, allowed are %d", a.logged, a.limit)
		}
	}
	if !c.known {
		s.violate(c, Origin, "the name %q is none of the service's", c.r.Host)
	}
	if c.cred != nil {
		if n, most := s.flying[c.cred.label], s.parallel(c.service); n > most {
			s.violate(c, Parallel, "%d requests at once on %s, allowed are %d", n, c.cred.label, most)
		}
	}
	if name := s.secretIn(s.beside(c)); name != "" {
		s.violate(c, TokenInURL, "the address holds %s", name)
	}
	if name := s.secretIn(c.r.Header.Get("Referer")); name != "" {
		s.violate(c, TokenInURL, "the Referer holds %s", name)
	}
	for _, key := range c.blockKeys() {
		if b, ok := s.blocks[key]; ok && c.at.Before(b.until) {
			s.violate(c, Early, "%s before %s, named %s ago (%s)", b.until.Sub(c.at), b.until.Format(time.RFC3339Nano), c.at.Sub(b.since), b.because)
			last := &s.violations[len(s.violations)-1]
			last.Since, last.Until = c.at.Sub(b.since), b.until
		}
	}
}

// parallel is how many requests a credential may have in flight.
func (s *Sim) parallel(service string) int {
	if n := s.opt.Parallel[service]; n > 0 {
		return n
	}
	at, _ := s.siteOf(service)
	return max(1, at.parallel)
}

// beside returns the address of a call without the parameters in which the service
// wants a secret.
func (s *Sim) beside(c *call) string {
	at, _ := s.siteOf(c.service)
	if at == nil || len(at.inAddress) == 0 {
		return c.r.URL.RequestURI()
	}
	q := c.r.URL.Query()
	for _, name := range at.inAddress {
		q.Del(name)
	}
	return c.r.URL.EscapedPath() + "?" + q.Encode()
}

// secretIn returns what secret a text holds, in words.
func (s *Sim) secretIn(text string) string {
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("/?&=:#;, %", r) }) {
		if t := s.byToken[part]; t != nil {
			return "a secret of " + t.label
		}
	}
	for _, name := range []string{"access_token=", "client_secret=", "refresh_token=", "api_key="} {
		if strings.Contains(text, name) {
			return "a parameter " + name
		}
	}
	return ""
}

// Elsewhere returns a handler for a server that must never be called: where
// foreign links and redirects point to. Whatever reaches it is a violation.
func (s *Sim) Elsewhere() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		c := s.receive("", r)
		carried := ""
		for name, values := range r.Header {
			for _, v := range values {
				for _, part := range strings.Fields(v) {
					if t := s.byToken[part]; t != nil {
						carried += " with a secret of " + t.label + " in " + name
					}
				}
			}
		}
		s.violate(c, Origin, "a server that is none of the service's was asked for %s%s", r.URL.Path, carried)
		s.mu.Unlock()
		http.Error(w, "nobody is at home", http.StatusNotFound)
	})
}
