package simulate

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// The kinds of faults.
const (
	Limit          = "limit"           // 429, and a block until the named time
	Secondary      = "secondary"       // 403 (Status 429 too) in GitHub's words for abuse limits, and a block
	Status         = "status"          // the Status (0 means 503) with an HTML page, or with Body
	Hang           = "hang"            // no answer until the caller gives up
	Reset          = "reset"           // the connection breaks without an answer
	Unauthorized   = "unauthorized"    // a 401 that is not true: the next call works
	Revoked        = "revoked"         // all credentials of the account are taken back, for good
	Expired        = "expired"         // the access tokens of the account end now
	Redirect       = "redirect"        // Status (0 means 302) to To, "" another origin
	EndlessHeaders = "endless-headers" // headers that do not end

	Cut         = "cut"          // the connection breaks after half of the body
	CutJSON     = "cut-json"     // half of the body, properly framed
	Empty       = "empty"        // 200 with no byte
	Null        = "null"         // 200 null
	HTML        = "html"         // 200 with an HTML page
	Drip        = "drip"         // a byte each Wait (0 means 1 s)
	Bomb        = "gzip-bomb"    // Bytes (0 means 256 MiB) of zeros, 1000 times smaller on the wire
	EndlessBody = "endless-body" // chunks that do not end
	Deep        = "deep-json"    // lists in lists, Bytes deep (0 means 100,000)
	Big         = "big-page"     // the page's first object, Bytes times (0 means 100,000)
	Nul         = "nul"          // texts with NUL, control characters and bytes that are no UTF-8
	Charset     = "charset"      // the body in UTF-16, as its Content-Type says: JSON is UTF-8 (RFC 8259, 8.1)
	BadObject   = "bad-object"   // the first object of the list has no id
	WrongType   = "wrong-type"   // the first object's id is a list
	Drift       = "drift"        // most objects have lost their id
	Echo        = "echo"         // the caller's secrets in body, headers and a 400
	Skew        = "skew"         // the Date header is Wait ahead
	Slow        = "slow"         // Wait longer before the answer

	SelfNext    = "self-next"    // the list goes on at the same place
	CycleNext   = "cycle-next"   // A goes on at B, B at A
	EndlessNext = "endless-next" // always a new place, always the same page
	EmptyNext   = "empty-next"   // empty pages, always going on
	Growing     = "growing"      // always a new page of new things: the total grows
	ForeignNext = "foreign-next" // the list goes on at another origin
)

// Fault is something that goes wrong on purpose. Its filters choose requests;
// of those, From, Every, Chance and Times choose which are struck.
type Fault struct {
	Kind    string                   `json:"kind"`
	Service string                   `json:"service"` // "" any
	Account string                   `json:"account"` // key, "" any
	Path    string                   `json:"path"`    // part of path and query, "" any
	Match   func(*http.Request) bool `json:"-"`
	After   time.Time                `json:"after"` // an outage window; zero is open
	Until   time.Time                `json:"until"`

	From   int     `json:"from"`   // first of the chosen requests, from 1; 0 means 1
	Every  int     `json:"every"`  // each n-th from then on; 0 means each
	Chance float64 `json:"chance"` // 0 means always
	Times  int     `json:"times"`  // at most; 0 no end

	Status int           `json:"status"`
	Wait   time.Duration `json:"wait"`  // how long a limit bars, how late, how slow; a limit's 0 means 60 s
	Retry  string        `json:"retry"` // how a limit tells Wait: see RetryForms; "" means "seconds"
	Bytes  int           `json:"bytes"`
	Body   string        `json:"body"` // of a Status: a JSON text in place of the HTML page
	To     string        `json:"to"`
}

// Kinds returns all kinds of faults.
func Kinds() []string {
	return []string{
		Limit, Secondary, Status, Hang, Reset, Unauthorized, Revoked, Expired, Redirect, EndlessHeaders,
		Cut, CutJSON, Empty, Null, HTML, Drip, Bomb, EndlessBody, Deep, Big, Nul, Charset, BadObject, WrongType, Drift, Echo, Skew, Slow,
		SelfNext, CycleNext, EndlessNext, EmptyNext, Growing, ForeignNext,
	}
}

// RetryForms are the forms in which a limit tells how long to wait. All but the
// first three tell nothing true: the wait is enforced all the same.
func RetryForms() []string {
	return []string{"seconds", "date", "decimal", "none", "negative", "garbage", "zero"}
}

// armed is a fault and what it has seen.
type armed struct {
	Fault
	seen, done int
}

// AddFault arms a fault.
func (s *Sim) AddFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &armed{Fault: f})
}

// ClearFaults disarms all faults. What they did (a revoked credential, a block
// until a time) stays.
func (s *Sim) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Struck returns how often faults of a kind have struck.
func (s *Sim) Struck(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, f := range s.faults {
		if f.Kind == kind {
			n += f.done
		}
	}
	return n
}

// strike returns the faults that a call meets.
func (s *Sim) strike(c *call) []*Fault {
	var out []*Fault
	for _, f := range s.faults {
		if !s.chosen(f, c) {
			continue
		}
		f.seen++
		from := max(f.From, 1)
		switch {
		case f.Times > 0 && f.done >= f.Times, f.seen < from:
			continue
		case f.Every > 1 && (f.seen-from)%f.Every != 0:
			continue
		case f.Chance > 0 && s.chance.Float64() >= f.Chance:
			continue
		}
		f.done++
		one := f.Fault
		out = append(out, &one)
	}
	return out
}

func (s *Sim) chosen(f *armed, c *call) bool {
	switch {
	case f.Service != "" && f.Service != c.service,
		f.Account != "" && (c.account == nil || f.Account != c.account.key),
		f.Path != "" && !strings.Contains(c.r.URL.RequestURI(), f.Path),
		f.Match != nil && !f.Match(c.r),
		!f.After.IsZero() && c.at.Before(f.After),
		!f.Until.IsZero() && !c.at.Before(f.Until),
		f.needsList() && !s.readsList(c):
		return false
	}
	return true
}

// link says whether a fault leads a walk astray.
func (f *Fault) link() bool {
	switch f.Kind {
	case SelfNext, CycleNext, EndlessNext, EmptyNext, Growing, ForeignNext:
		return true
	}
	return false
}

// readsList says whether a call reads a page of likes.
func (s *Sim) readsList(c *call) bool {
	at, _ := s.siteOf(c.service)
	return at != nil && slices.ContainsFunc(at.form.pages, func(end string) bool { return strings.HasSuffix(c.r.URL.Path, end) })
}

func (f *Fault) needsList() bool {
	switch f.Kind {
	case BadObject, WrongType, Drift, Big:
		return true
	}
	return f.link()
}
