package simulate

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Request is a request that came.
type Request struct {
	N          int       `json:"n"` // number among all requests, from 1
	At         time.Time `json:"at"`
	Service    string    `json:"service"`
	Account    string    `json:"account"`    // key, "" if unknown
	Credential string    `json:"credential"` // a label, never the secret
	Address    string    `json:"address"`
	Method     string    `json:"method"`
	Host       string    `json:"host"`
	Path       string    `json:"path"`
	Query      string    `json:"query"`
	Page       string    `json:"page"` // the place in the list: page number or cursor, "" for the start or no list
	Status     int       `json:"status"`
}

func (r Request) String() string {
	return fmt.Sprintf("%d %s %s %s?%s -> %d", r.N, r.At.Format("15:04:05.000"), r.Method, r.Path, r.Query, r.Status)
}

func (s *Sim) entry(c *call, status int) Request {
	page := ""
	if at, _ := s.siteOf(c.service); at != nil {
		page = at.form.at(c.r.URL.Query())
	}
	_, query, _ := strings.Cut(s.beside(c), "?")
	e := Request{
		N: c.n, At: c.at, Service: c.service, Address: c.addr, Method: c.r.Method,
		Host: c.r.Host, Path: c.r.URL.Path, Query: query, Page: page, Status: status,
	}
	if c.account != nil {
		e.Account = c.account.key
	}
	if c.cred != nil {
		e.Credential = c.cred.label
	}
	return e
}

// at is the place in a list that an address names, "" for its start.
func (f form) at(q url.Values) string {
	for _, name := range f.place {
		if v := q.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// Requests returns the requests of an account in order; "" those that showed no
// known credential.
func (s *Sim) Requests(account string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	if account == "" {
		return slices.Clone(s.stray)
	}
	if a := s.accounts[account]; a != nil {
		out := slices.Clone(a.log)
		slices.SortFunc(out, func(x, y Request) int { return x.N - y.N }) // written as they ended
		return out
	}
	return nil
}

// Total returns how many requests came in all.
func (s *Sim) Total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// SetCap makes each request of an account beyond the n-th a violation.
func (s *Sim) SetCap(account string, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(account)
	if err == nil {
		a.limit = n
	}
	return err
}

// Like is a like that is true now.
type Like struct {
	ID   string    `json:"id"`   // the id of the item, as a connector calls it
	At   time.Time `json:"at"`   // when it was made
	Told time.Time `json:"told"` // the same as the service tells it; zero where it does not
	Gone bool      `json:"gone"` // Former only: not unliked, but deleted or hidden at the service
	// Behind: it stands behind the newest likes that the service shows.
	Behind bool `json:"behind,omitempty"`
}

// Likes returns the true list of an account, oldest like first.
func (s *Sim) Likes(account string) []Like {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[account]
	if a == nil {
		return nil
	}
	s.grow(a)
	out, behind := s.told(a, a.likes), s.behind(a)
	for i, l := range a.likes {
		out[i].Behind = behind[l.k]
	}
	return out
}

// Former returns what the account liked once and does not show any more.
func (s *Sim) Former(account string) []Like {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[account]
	if a == nil {
		return nil
	}
	s.grow(a)
	return s.told(a, a.old)
}

func (s *Sim) told(a *account, likes []like) []Like {
	out := make([]Like, 0, len(likes))
	for _, l := range likes {
		one := Like{ID: s.itemID(a, l), At: l.time(), Gone: l.gone}
		if a.list.told != nil {
			one.Told = a.list.told(l)
		}
		out = append(out, one)
	}
	return out
}

// Diff is how a collection differs from the truth.
type Diff struct {
	Missing   []string `json:"missing"`   // true likes that were not collected
	Extra     []string `json:"extra"`     // collected, liked once or never, not true now
	Invented  []string `json:"invented"`  // the part of Extra that was never liked
	WrongTime []string `json:"wrongTime"` // the like time is not the one that the service told
}

// OK says that nothing is missing, invented or wrong. Extra items are right
// until removals are marked.
func (d Diff) OK() bool { return len(d.Missing)+len(d.Invented)+len(d.WrongTime) == 0 }

func (d Diff) String() string {
	short := func(ids []string) string {
		if len(ids) > 5 {
			return strings.Join(ids[:5], " ") + " …"
		}
		return strings.Join(ids, " ")
	}
	return fmt.Sprintf("missing %d [%s], extra %d, invented %d [%s], wrong times %d [%s]",
		len(d.Missing), short(d.Missing), len(d.Extra), len(d.Invented), short(d.Invented), len(d.WrongTime), short(d.WrongTime))
}

// Compare holds what was collected (item id -> like time, zero if the service
// tells none) against the truth.
func (s *Sim) Compare(account string, got map[string]time.Time) Diff {
	var d Diff
	now := map[string]bool{}
	for _, l := range s.Likes(account) {
		now[l.ID] = true
		at, have := got[l.ID]
		switch {
		case !have:
			d.Missing = append(d.Missing, l.ID)
		case !l.Told.IsZero() && !at.Equal(l.Told):
			d.WrongTime = append(d.WrongTime, l.ID)
		}
	}
	once := map[string]bool{}
	for _, l := range s.Former(account) {
		once[l.ID] = true
	}
	for id := range got {
		if !now[id] {
			d.Extra = append(d.Extra, id)
			if !once[id] {
				d.Invented = append(d.Invented, id)
			}
		}
	}
	slices.Sort(d.Extra)
	slices.Sort(d.Invented)
	return d
}

// Missed returns the true likes that a collection lacks, oldest first.
func (s *Sim) Missed(account string, got map[string]bool) []string {
	var out []string
	for _, l := range s.Likes(account) {
		if !got[l.ID] {
			out = append(out, l.ID)
		}
	}
	return out
}
