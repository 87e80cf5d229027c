package simulate

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// shape is how one service answers. Its methods are called without the lock.
type shape interface {
	// answer is the reply to a call that is within quota and has no fault.
	answer(s *Sim, c *call) *reply
	// limited is the reply to a call that came too soon.
	limited(c *call, w *window) *reply
	// denied is the reply to a token that is not accepted: "expired", "revoked",
	// "unknown", or "" for a 401 that proves nothing.
	denied(why string) *reply
	// headers adds what each answer tells of a quota.
	headers(h http.Header, w *window, now time.Time)
	// next writes into a list's reply where the list goes on.
	next(c *call, rep *reply, to string)
}

// Handler returns the server of a service: all its hosts in one.
func (s *Sim) Handler(service string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(service, w, r) })
}

func (s *Sim) serve(service string, w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	n := s.n + 1
	s.mu.Unlock()
	s.callHooks(n, r)

	s.mu.Lock()
	c := s.receive(service, r)
	if c.cred != nil {
		s.flying[c.cred.label]++
	}
	c.windows = s.open(c)
	s.inspect(c)
	if c.account != nil {
		s.grow(c.account)
		s.stir(c.account, c.nth)
	}
	faults := s.strike(c)
	pause := s.latency[0]
	if s.latency[1] > 0 {
		pause += time.Duration(s.chance.Int64N(int64(s.latency[1])))
	}
	for _, f := range faults {
		if f.Kind == Slow {
			pause += f.Wait
		}
	}
	s.mu.Unlock()

	s.wait(r.Context(), pause)
	rep := s.reply(c, faults)

	s.mu.Lock()
	// The request is over before its last byte leaves: a client that has the
	// answer may send its next request before this function returns.
	if c.cred != nil {
		s.flying[c.cred.label]--
	}
	s.record(c, rep.status)
	s.mu.Unlock()
	at, _ := s.siteOf(service)
	if packs := at != nil && at.packs; packs || s.opt.Gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		rep.pack()
	}
	rep.write(w, r)
}

// reply makes the answer to a call: blocked, faulty, over quota, or right.
func (s *Sim) reply(c *call, faults []*Fault) *reply {
	at, _ := s.siteOf(c.service)
	sh := at.shape
	rep := s.stopped(c, sh)
	if rep == nil {
		rep = s.broken(c, sh, faults)
	}
	if rep == nil {
		rep = s.billed(c, sh, faults)
	}
	h := rep.header
	if h.Get("Date") == "" {
		h.Set("Date", s.Now().Format(http.TimeFormat))
	}
	s.mu.Lock()
	if w := tightest(c.windows); w != nil && !rep.bare {
		sh.headers(h, w, s.now())
	}
	s.mu.Unlock()
	for _, f := range faults {
		s.spoil(c, f, rep)
	}
	return rep
}

// stopped answers a call that is not welcome yet.
func (s *Sim) stopped(c *call, sh shape) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, key := range c.blockKeys() {
		if b, ok := s.blocks[key]; ok && now.Before(b.until) {
			w := &window{Window{Key: key, End: b.until, Limit: 1, Used: 1}}
			if t := tightest(c.windows); t != nil {
				w.Limit, w.Used = t.Limit, t.Limit
			}
			return sh.limited(c, w)
		}
	}
	return nil
}

// billed answers a call that spends from the quotas.
func (s *Sim) billed(c *call, sh shape, faults []*Fault) *reply {
	s.mu.Lock()
	full := s.spend(c)
	if full != nil {
		s.block(full.Key, full.End, "the quota "+full.Key+" is used up")
		if full.Stranger == 0 {
			s.violate(c, Overrun, "call %d in a window of %d (%s)", full.Used+full.Refused, full.Limit, full.Key)
		}
		s.mu.Unlock()
		return sh.limited(c, full)
	}
	s.mu.Unlock()
	for _, f := range faults {
		if f.link() {
			return s.astray(c, sh, f)
		}
	}
	rep := sh.answer(s, c)
	if rep.free {
		s.refund(c)
	}
	return rep
}

// block bars a key until a time.
func (s *Sim) block(key string, until time.Time, because string) {
	if old, ok := s.blocks[key]; !ok || until.After(old.until) {
		s.blocks[key] = block{until: until, since: s.now(), because: because}
	}
}

func (s *Sim) record(c *call, status int) {
	if c.account == nil {
		if len(s.stray) < 10_000 {
			s.stray = append(s.stray, s.entry(c, status))
		}
		return
	}
	a := c.account
	a.log = append(a.log, s.entry(c, status))
	if keep := s.opt.KeepRequests; keep > 0 && len(a.log) > 2*keep {
		a.log = slices.Delete(a.log, 0, len(a.log)-keep)
	}
}

// errNoService is what a name outside the world gives.
var errNoService = errors.New("no such host in the simulated world")

func noService(host string) error { return fmt.Errorf("looking up %q: %w", host, errNoService) }
