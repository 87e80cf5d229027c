// Package replay is a server that answers with recorded replies: status, headers
// and body as a real service once sent them. What a test says is only which reply
// answers which call. Everything asked is kept, and a call that no rule answers is
// answered 404 and kept as such, so that nothing is made up silently.
package replay

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"collector/e2e/recording"
)

// Rule says which recorded reply answers which call.
type Rule struct {
	Method string            // "" is GET
	Path   string            // of the call, without its query
	Query  map[string]string // values the query must have; "" for a parameter that must be absent
	Header []string          // headers that must be there
	Times  int               // how often the rule answers; 0 always

	Reply recording.Exchange
	Link  string // Link addresses name this server and this path instead of what was recorded; "" leaves them alone
	Edit  func(e recording.Exchange) recording.Exchange
}

// Call is one request that came and what answered it.
type Call struct {
	Method, Address string // Address is path and query
	Host            string
	Header          http.Header
	Status          int
	Reply           string // name of the exchange, "" where no rule matched
	Moved           bool   // Link addresses were turned to this server
	At              time.Time
}

// Server answers by rules. The first rule that matches and is not used up wins.
type Server struct {
	URL string

	http *httptest.Server
	now  func() time.Time

	mu    sync.Mutex
	rules []Rule
	used  []int
	calls []Call
}

// New starts a server on 127.0.0.1.
func New(now func() time.Time, rules ...Rule) *Server {
	s := &Server{now: now, rules: rules, used: make([]int, len(rules))}
	s.http = httptest.NewServer(http.HandlerFunc(s.answer))
	s.URL = s.http.URL
	return s
}

// Close stops the server.
func (s *Server) Close() { s.http.Close() }

// Rules replaces all rules.
func (s *Server) Rules(rules ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules, s.used = rules, make([]int, len(rules))
}

// Calls returns what was asked so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Unanswered returns the calls that no rule answered.
func (s *Server) Unanswered() []Call {
	return slices.DeleteFunc(s.Calls(), func(c Call) bool { return c.Reply != "" })
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	now := s.now()
	call := Call{Method: r.Method, Address: r.URL.RequestURI(), Host: r.Host, Header: r.Header.Clone(), Status: http.StatusNotFound, At: now}
	rule, ok := s.pick(r)
	var reply recording.Exchange
	if ok {
		var err error
		if reply, err = rule.Reply.At(now); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			s.keep(call)
			return
		}
		if rule.Edit != nil {
			reply = rule.Edit(reply)
		}
		call.Status, call.Reply = reply.Status, reply.Name()
		if rule.Link != "" {
			call.Moved = turn(reply, rule.Link, s.URL)
		}
	}
	s.keep(call)
	if !ok {
		http.Error(w, "nothing recorded answers "+r.Method+" "+r.URL.RequestURI(), http.StatusNotFound)
		return
	}
	h := w.Header()
	for name, values := range reply.Header {
		h[http.CanonicalHeaderKey(name)] = values
	}
	if !reply.BodyOnly() && h.Get("Date") == "" {
		h["Date"] = nil // the recording has none, so none is sent
	}
	w.WriteHeader(reply.Status)
	if r.Method != http.MethodHead && reply.Status != http.StatusNotModified && reply.Status != http.StatusNoContent {
		_, _ = w.Write(reply.Body)
	}
}

func (s *Server) keep(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
}

func (s *Server) pick(r *http.Request) (Rule, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, rule := range s.rules {
		if rule.matches(r) && (rule.Times == 0 || s.used[i] < rule.Times) {
			s.used[i]++
			return rule, true
		}
	}
	return Rule{}, false
}

func (rule Rule) matches(r *http.Request) bool {
	method := rule.Method
	if method == "" {
		method = http.MethodGet
	}
	if r.Method != method || r.URL.Path != rule.Path {
		return false
	}
	q := r.URL.Query()
	for name, want := range rule.Query {
		if q.Get(name) != want {
			return false
		}
	}
	for _, name := range rule.Header {
		if r.Header.Get(name) == "" {
			return false
		}
	}
	return true
}

// turn makes the Link header of a reply name this server instead of the recorded
// one, and path instead of the recorded path. It says whether it changed anything.
func turn(e recording.Exchange, path, origin string) bool {
	changed := false
	for i, link := range e.Header["Link"] {
		parts := strings.Split(link, ",")
		for n, part := range parts {
			open, end := strings.Index(part, "<"), strings.Index(part, ">")
			if open < 0 || end < open {
				continue
			}
			u, err := url.Parse(part[open+1 : end])
			if err != nil || u.Host == "" {
				continue
			}
			u.Scheme, u.Host, u.Path = "http", strings.TrimPrefix(origin, "http://"), path
			parts[n] = part[:open+1] + u.String() + part[end:]
			changed = true
		}
		e.Header["Link"][i] = strings.Join(parts, ",")
	}
	return changed
}
