package cluster

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// DefaultTTL is how long a member that does not renew its lease stays one.
const DefaultTTL = 120 * time.Second

// Config is what a member is told.
type Config struct {
	Self    func() Peer                               // what it says of itself now; its ID stays
	TTL     time.Duration                             // of its lease, which is renewed at half; a second at least
	Tasks   map[string]Handler                        // by kind
	Results func(ctx context.Context, r Result) error // leader: takes a result, perhaps twice; an error has it asked again
	Duties  []Duty                                    // what the leader does
	Stands  func() bool                               // whether it stands for election where nobody leads; nil: it does
	Balance Balance                                   // nil: LeastLoaded
	On      func(Event)                               // told of all events in order; it must not wait; nil: nobody
	Log     *slog.Logger
}

// Duty is what one instance does for all: the leader, at its promotion and then
// again and again.
type Duty struct {
	Name  string
	Every time.Duration
	Do    func(ctx context.Context) error // ctx ends when it leads no more
}

// Member is this instance in a cluster.
type Member struct {
	Config
	registry Registry
	id       string
	again    chan struct{} // the keys are to be listed again
	stir     chan struct{}
	work     sync.WaitGroup

	mu       sync.Mutex
	roster   *roster
	view     view
	lease    LeaseID       // 0: not registered
	ttl      time.Duration // as granted
	until    time.Time     // the lease lives at least so long; with a monotonic clock
	seen     bool          // its own entry is in the registry, under its lease
	trust    time.Time     // from then on who is not listed is no member: all had time to register again
	lost     bool          // the registry does not answer
	draining bool
	term     int64 // 0: it does not lead
	abdicate context.CancelFunc
	leading  context.Context // ends with the term
	fuse     *time.Timer     // ends leading with the lease
	busy     map[string]*inHand
	taking   map[string]bool
	left     map[string]*absence // members that left, until Left tells of them
	ready    chan struct{}       // closed once the registry has answered or failed to
	settled  chan struct{}       // closed once it is known who leads, or that nobody can tell
	settle   func()              // closes it

	// Of the loop alone.
	said             Peer
	renewAt, retryAt time.Time
	saidAt           time.Time
}

// absence is a member that left. Who leads now may have joined after that and know
// nothing of it: then it is everybody's to take over from.
type absence struct {
	at       time.Time
	anybodys bool
}

// inHand is a task that is being done, or whose answer has not been seen yet.
type inHand struct {
	revision int64
	cancel   context.CancelFunc
}

// New returns a member; Run lets it join.
func New(c Config, r Registry) *Member {
	c.TTL = max(c.TTL, time.Second)
	if c.Balance == nil {
		c.Balance = LeastLoaded
	}
	settled := make(chan struct{})
	return &Member{
		Config: c, registry: r, id: c.Self().ID, again: make(chan struct{}, 1), stir: make(chan struct{}, 1),
		roster: newRoster(), view: view{}, busy: map[string]*inHand{}, taking: map[string]bool{}, left: map[string]*absence{}, ready: make(chan struct{}),
		settled: settled, settle: sync.OnceFunc(func() { close(settled) }),
	}
}

// self is what the member says of itself.
func (m *Member) self() Peer {
	p := m.Self()
	p.ID, p.Kinds = m.id, slices.SortedFunc(maps.Keys(m.Tasks), cmp.Compare[string])
	m.mu.Lock()
	defer m.mu.Unlock()
	p.Draining = m.draining
	return p
}

// Members returns who is known, by id.
func (m *Member) Members() []Peer {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.roster.list()
}

// Leader returns the id of the leader and its term, "" while none is known.
func (m *Member) Leader() (id string, term int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.view[leaderKey]
	return string(l.Value), l.Created
}

// Leads says whether this one leads, and has not been cut off for so long that
// another one may.
func (m *Member) Leads() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leadsAt(time.Now()) != 0
}

// leadsAt returns the term of this one, 0 if it does not lead.
func (m *Member) leadsAt(now time.Time) int64 {
	l, led := m.view[leaderKey]
	if !led || m.lease == 0 || l.Lease != m.lease || !now.Before(m.until) {
		return 0
	}
	return l.Created
}

// Duty says whether what one does for all is this one's to do: it leads, or does
// not know of another that does. Doing it twice does no harm, not doing it does.
func (m *Member) Duty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, led := m.view[leaderKey]
	return m.leadsAt(time.Now()) != 0 || !led || m.lost || !m.seen
}

// Lost says whether the registry does not answer.
func (m *Member) Lost() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lost
}

// Left returns members that left since it was last asked, and that are this one's to
// take over from: the leader's, and those of which the leader may not know.
func (m *Member) Left() []string {
	duty := m.Duty()
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, id := range slices.Sorted(maps.Keys(m.left)) {
		if duty || m.left[id].anybodys {
			out = append(out, id)
			delete(m.left, id)
		}
	}
	return out
}

// Ready is closed once this one is registered, or the registry has failed to answer
// for the first time. Who begins to work before that and dies at once is missed by
// nobody.
func (m *Member) Ready() <-chan struct{} { return m.ready }

// Settled is closed once it is known who leads, the registry has failed to answer for
// the first time, or this one was asked to leave, which is then not elected. Before that
// Leads says no although this one may be about to lead.
func (m *Member) Settled() <-chan struct{} { return m.settled }

// Stir tells that there may be something new: a member left, or this one leads.
func (m *Member) Stir() <-chan struct{} { return m.stir }

func (m *Member) poke() {
	select {
	case m.stir <- struct{}{}:
	default:
	}
}

// emit tells of events and keeps what Left returns.
func (m *Member) emit(events ...Event) {
	for _, e := range events {
		m.mu.Lock()
		switch e.Kind {
		case Removed:
			if e.Peer.ID != m.id { // it lives, also where it cannot register
				m.left[e.Peer.ID] = &absence{at: time.Now()}
			}
		case Added:
			delete(m.left, e.Peer.ID)
		case Led:
			for _, a := range m.left {
				a.anybodys = true
			}
		}
		m.mu.Unlock()
		if m.On != nil {
			m.On(e)
		}
		switch e.Kind {
		case Removed, Led, Promoted, Lost:
			m.poke()
		}
	}
}
