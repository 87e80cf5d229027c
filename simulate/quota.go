package simulate

import (
	"path"
	"slices"
	"strings"
	"time"
)

// Budget is a quota of a service: so many calls in a fixed window.
type Budget struct {
	Name      string        `json:"name"`
	Limit     int           `json:"limit"`
	Per       time.Duration `json:"per"`
	ByAddress bool          `json:"byAddress"` // shared by all accounts of an address; else by all tokens of an account
	ByApp     bool          `json:"byApp"`     // shared by all accounts
	Aligned   bool          `json:"aligned"`   // windows end at multiples of Per; else Per after their first call
	Secondary bool          `json:"secondary"` // told by no header
	Midnight  string        `json:"midnight"`  // a time zone: the window is a day there
	Only      string        `json:"only"`      // the last part of the paths that spend from it; "" is all but Except
	Except    string        `json:"except"`
}

// Documented returns the quotas that a service says it has.
func Documented(service string) []Budget {
	for _, one := range sites() {
		if one.name == service {
			return one.budgets
		}
	}
	return nil
}

func (b Budget) covers(urlPath string) bool {
	last := path.Base(urlPath)
	return (b.Only == "" || b.Only == last) && (b.Except == "" || b.Except != last)
}

// Window is one window of one budget, as the service counted it.
type Window struct {
	Key       string    `json:"key"` // service/budget/account or address
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Limit     int       `json:"limit"`
	Used      int       `json:"used"`     // answered calls, the stranger's among them
	Stranger  int       `json:"stranger"` // spent by somebody else
	Refused   int       `json:"refused"`  // calls over the limit
	NotBilled int       `json:"notBilled"`
	secondary bool
	common    bool // to several accounts
}

// window is a Window that is open.
type window struct{ Window }

func (w *window) left() int { return max(0, w.Limit-w.Used) }

// block says that no request is welcome before a time.
type block struct {
	until   time.Time
	since   time.Time // when the answer said so
	because string
}

// budgets returns the quotas of a service.
func (s *Sim) budgets(service string) []Budget {
	if b := s.opt.Budgets[service]; b != nil {
		return b
	}
	return Documented(service)
}

// open returns the present windows that a call spends from.
func (s *Sim) open(c *call) []*window {
	var out []*window
	for _, b := range s.budgets(c.service) {
		who := c.addr
		switch {
		case b.ByApp:
			who = "app"
		case !b.ByAddress:
			if c.account == nil {
				continue
			}
			who = c.account.spec.Name
		}
		if !b.covers(c.r.URL.Path) {
			continue
		}
		key := c.service + "/" + b.Name + "/" + who
		w := s.windows[key]
		if w == nil || !c.at.Before(w.End) {
			if w != nil && (!w.secondary || w.Refused > 0) {
				s.past = append(s.past, w.Window)
			}
			end := c.at.Add(b.Per)
			if b.Aligned {
				end = c.at.Truncate(b.Per).Add(b.Per)
			}
			if zone, err := time.LoadLocation(b.Midnight); b.Midnight != "" && err == nil {
				y, m, d := c.at.In(zone).Date()
				end = time.Date(y, m, d+1, 0, 0, 0, 0, zone)
			}
			if r := end.Truncate(time.Second); r.Before(end) && !b.Secondary {
				end = r.Add(time.Second) // told in whole seconds, and meant
			}
			w = &window{Window{Key: key, Start: c.at, End: end, Limit: b.Limit, secondary: b.Secondary, common: b.ByAddress || b.ByApp}}
			s.windows[key] = w
		}
		out = append(out, w)
	}
	return out
}

// strange counts what somebody else spent of an account since the last call.
func (s *Sim) strange(a *account, now time.Time, windows []*window) {
	n := int(now.Sub(a.spent).Hours() * a.spec.Stranger)
	if n <= 0 {
		return
	}
	a.spent = a.spent.Add(time.Duration(float64(n) / a.spec.Stranger * float64(time.Hour)))
	for _, w := range windows {
		if !w.common && !w.secondary {
			more := min(n, w.left())
			w.Used += more
			w.Stranger += more
		}
	}
}

// spend takes one call from all windows, or names the one that is used up.
func (s *Sim) spend(c *call) (full *window) {
	if c.account != nil {
		s.strange(c.account, c.at, c.windows)
	}
	for _, w := range c.windows {
		if w.left() == 0 {
			w.Refused++
			return w
		}
	}
	for _, w := range c.windows {
		w.Used++
	}
	return nil
}

// refund gives back what a call spent that turned out to be free.
func (s *Sim) refund(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range c.windows {
		if !w.secondary && w.Used > 0 {
			w.Used--
			w.NotBilled++
		}
	}
}

// tightest is the window that the headers tell of.
func tightest(windows []*window) *window {
	var out *window
	for _, w := range windows {
		if !w.secondary && (out == nil || w.left() < out.left()) {
			out = w
		}
	}
	return out
}

// Windows returns all windows of the budgets whose key begins with prefix, past
// and present, in the order of their starts. Past windows of secondary budgets
// are kept only where a call was refused.
func (s *Sim) Windows(prefix string) []Window {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Window
	for _, w := range s.past {
		if strings.HasPrefix(w.Key, prefix) {
			out = append(out, w)
		}
	}
	for _, w := range s.windows {
		if strings.HasPrefix(w.Key, prefix) {
			out = append(out, w.Window)
		}
	}
	slices.SortFunc(out, func(x, y Window) int {
		if c := x.Start.Compare(y.Start); c != 0 {
			return c
		}
		return strings.Compare(x.Key, y.Key)
	})
	return out
}

// Refused returns how many calls were over a quota, in all windows.
func (s *Sim) Refused() int {
	n := 0
	for _, w := range s.Windows("") {
		n += w.Refused
	}
	return n
}
