package simulate

import (
	"context"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Options say how a Sim is. The zero Options are a quiet world in real time.
type Options struct {
	Seed uint64
	// Now is the clock of the services; nil means time.Now.
	Now func() time.Time
	// Scale is how many seconds of Now pass in a second of waiting; latencies
	// and hangs are divided by it. 0 means 1.
	Scale float64
	// Hosts adds names under which a service is reached, host[:port] -> service,
	// beside the real names (api.github.com, bsky.social, …) and social.example
	// for Mastodon. A request for any other name is a violation.
	Hosts map[string]string
	// Budgets replaces the quotas of a service; nil keeps the documented ones.
	Budgets map[string][]Budget
	// Parallel is how many requests one credential may have in flight, per
	// service; 0 means 1, for Bluesky 4.
	Parallel map[string]int
	// LaxTokens makes Bluesky ignore the token of calls that need none, as the
	// reference server does for listRecords; else such a token must be good.
	LaxTokens bool
	// Latency is waited before each answer, with up to Jitter more.
	Latency, Jitter time.Duration
	// NumericLinks makes GitHub's Link headers name the user by number,
	// /user/<id>/starred, as it often does.
	NumericLinks bool
	// SessionLife is how long a Bluesky access token and a refreshable GitHub
	// token live; 0 means 2 h and 8 h. RefreshGrace is how long a rotated
	// Bluesky refresh token gives its successor again; 0 means 2 h, below 0 not
	// at all: then each refresh token can be used once.
	SessionLife, RefreshGrace time.Duration
	// LostPlace is what Reddit answers to a place in a list whose item is there no
	// more: "" an empty page, "first" the first page, "error" a 404.
	LostPlace string
	// Window is how many likes of a list Reddit shows; 0 means 1,000.
	Window int
	// Precomputed makes Reddit keep what is saved as its published source does: what
	// newer likes push out of the window does not come back when they are taken back.
	Precomputed bool
	// Backoff is how long Stack Exchange asks to wait after every fourth call of an
	// account, in the body; 0 is never.
	Backoff time.Duration
	// Gzip packs answers for callers that accept it, as real servers do.
	Gzip bool
	// Brief leaves out GitHub's many addresses of a repository, for tests with
	// very many pages.
	Brief bool
	// KeepRequests is how many requests of an account are remembered; 0 means all.
	KeepRequests int
}

// Sim is a set of simulated services over one world. All methods may be called
// from any goroutine.
type Sim struct {
	opt   Options
	sites []*site
	words vocabulary

	mu         sync.Mutex
	offset     time.Duration // by Advance
	chance     *rand.Rand    // what faults and latency roll
	hosts      map[string]string
	accounts   map[string]*account
	order      []*account
	byToken    map[string]*credential
	windows    map[string]*window
	past       []Window
	blocks     map[string]block
	flying     map[string]int // requests in flight, by credential
	faults     []*armed
	churns     []*churn
	hooks      []func(int, *http.Request)
	n          int // requests so far
	stray      []Request
	violations []Violation
	latency    [2]time.Duration
	charged    map[string]int // objects that were charged for, by month
	bombs      map[int][]byte // packed, by size: they are slow to make
	elsewhere  string         // origin of a server that must never be called
}

// New makes a world without accounts.
func New(o Options) *Sim {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Scale <= 0 {
		o.Scale = 1
	}
	hosts := map[string]string{}
	maps.Copy(hosts, o.Hosts)
	return &Sim{
		hosts:     hosts,
		opt:       o,
		sites:     sites(),
		words:     newVocabulary(),
		chance:    rand.New(rand.NewPCG(o.Seed, 0xFA017)),
		accounts:  map[string]*account{},
		charged:   map[string]int{},
		bombs:     map[int][]byte{},
		byToken:   map[string]*credential{},
		windows:   map[string]*window{},
		blocks:    map[string]block{},
		flying:    map[string]int{},
		latency:   [2]time.Duration{o.Latency, o.Jitter},
		elsewhere: "https://elsewhere.example",
	}
}

// Seed returns what the world was made from.
func (s *Sim) Seed() uint64 { return s.opt.Seed }

// Now returns the time at the services.
func (s *Sim) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

func (s *Sim) now() time.Time { return s.opt.Now().Add(s.offset).UTC() }

// Advance moves the services' clock forward by d, beside the caller's own.
func (s *Sim) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
}

// SetLatency changes what is waited before each answer: fixed, with up to
// jitter more.
func (s *Sim) SetLatency(fixed, jitter time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency = [2]time.Duration{fixed, jitter}
}

// OnRequest calls fn before each request is answered, with its number from 1,
// so that a test can change the world between two pages. fn may call the Sim.
func (s *Sim) OnRequest(fn func(n int, r *http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, fn)
}

// wait passes d of the services' time, or less when ctx ends.
func (s *Sim) wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(time.Duration(float64(d) / s.opt.Scale))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Scaled returns a clock that starts at the present time of now and runs rate
// times as fast.
func Scaled(now func() time.Time, rate float64) func() time.Time {
	start := now()
	return func() time.Time {
		return start.Add(time.Duration(float64(now().Sub(start)) * rate))
	}
}
