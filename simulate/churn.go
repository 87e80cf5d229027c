package simulate

import "net/http"

// Churn changes an account's list between its pages.
type Churn struct {
	Account string `json:"account"`
	// Every request of the account, from First on (0 means 1): 1 is each, 2 each
	// second; 0 leaves it to Chance.
	Every int `json:"every"`
	First int `json:"first"`
	// Chance of a change before a request, 0 to 1.
	Chance float64 `json:"chance"`
	// How often each change is, against each other. All 0 means equally.
	Like   float64 `json:"like"`
	Unlike float64 `json:"unlike"`
	Relike float64 `json:"relike"`
	// Times is how many changes there are in all; 0 no end.
	Times int `json:"times"`
}

type churn struct {
	Churn
	done int
}

// AddChurn starts changes between requests. They roll the account's own dice,
// so that the same seed and the same requests give the same changes.
func (s *Sim) AddChurn(c Churn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.find(c.Account); err != nil {
		return err
	}
	if c.Like+c.Unlike+c.Relike <= 0 {
		c.Like, c.Unlike, c.Relike = 1, 1, 1
	}
	s.churns = append(s.churns, &churn{Churn: c})
	return nil
}

// StopChurn ends all changes between requests.
func (s *Sim) StopChurn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.churns = nil
}

// stir applies the churns of an account before its n-th request.
func (s *Sim) stir(a *account, n int) {
	for _, c := range s.churns {
		if c.Account != a.key || c.Times > 0 && c.done >= c.Times || n < c.First {
			continue
		}
		due := c.Every > 0 && (n-max(c.First, 1))%c.Every == 0
		if !due && (c.Chance <= 0 || a.chance.Float64() >= c.Chance) {
			continue
		}
		c.done++
		now := s.now()
		switch roll := a.chance.Float64() * (c.Like + c.Unlike + c.Relike); {
		case roll < c.Like || len(a.likes) == 0:
			s.like(a, now)
		case roll < c.Like+c.Unlike:
			a.drop(a.chance.IntN(len(a.likes)), now)
		default:
			s.again(a, a.chance.IntN(len(a.likes)), now)
		}
	}
}

func (s *Sim) callHooks(n int, r *http.Request) {
	s.mu.Lock()
	hooks := s.hooks
	s.mu.Unlock()
	for _, h := range hooks {
		h(n, r)
	}
}
