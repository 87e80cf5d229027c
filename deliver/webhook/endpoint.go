package webhook

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/auth"
	"collector/search"
	"collector/store"
)

// Bounds of what an endpoint may ask for.
const (
	MaxParallel  = 100
	MaxPerMinute = 600_000
)

// Most is how many endpoints one user may have.
const Most = 100

// Kinds are the kinds of walks whose changes an endpoint can be told of.
var Kinds = [...]string{"poll", "backfill", "sweep", "fill", "remap", "import"}

// Endpoint is an address that is told of changes, as its owner wants it. Only commands
// change it.
type Endpoint struct {
	ID        string    `json:"id"`
	User      string    `json:"user"` // whose items
	URL       string    `json:"url"`
	Query     string    `json:"query,omitempty"`     // which items, in the search grammar; "" is all
	Kinds     []string  `json:"kinds"`               // of walks
	Private   bool      `json:"private,omitempty"`   // also what is private at its service
	Parallel  int       `json:"parallel"`            // calls at once, 1 to MaxParallel
	PerMinute int       `json:"perMinute,omitempty"` // calls in a minute; 0 is no limit
	CreatedAt time.Time `json:"createdAt"`
	Paused    bool      `json:"paused,omitempty"`
	// Resumes counts how often it was resumed: what ended it before counts no more.
	Resumes int `json:"resumes,omitempty"`
	// From is the number of the change after which it is told, when it was added and
	// whenever Rewinds has grown.
	From    int64 `json:"from"`
	Rewinds int   `json:"rewinds,omitempty"`
	// Secret is the sealed secret; that of before is signed with too until OldUntil.
	Secret   auth.Record `json:"secret"`
	OldUntil time.Time   `json:"oldUntil,omitzero"`
}

// NewID returns an id for an endpoint.
func NewID() string { return "wh_" + strings.ToLower(rand.Text()[:12]) }

// Check says what of an endpoint cannot be.
func (e Endpoint) Check(now time.Time) error {
	if _, bad := search.Parse(e.Query, now); bad != nil {
		return fmt.Errorf("the query is not understood: %w", bad)
	}
	for _, k := range e.Kinds {
		if !slices.Contains(Kinds[:], k) {
			return fmt.Errorf("%q is no kind of walk: there are %s", k, strings.Join(Kinds[:], ", "))
		}
	}
	switch {
	case len(e.Kinds) == 0:
		return fmt.Errorf("no kind of walk is named: there are %s", strings.Join(Kinds[:], ", "))
	case e.Parallel < 1 || e.Parallel > MaxParallel:
		return fmt.Errorf("%d calls at once cannot be: 1 to %d", e.Parallel, MaxParallel)
	case e.PerMinute < 0 || e.PerMinute > MaxPerMinute:
		return fmt.Errorf("%d calls a minute cannot be: 1 to %d, or 0 for no limit", e.PerMinute, MaxPerMinute)
	}
	return nil
}

// wanted says which items an endpoint is told of.
type wanted struct {
	Endpoint
	query search.Expr
	none  bool // the query is not understood: half a query would tell of what was not asked for
}

// wants reads the query of the endpoint, once for all that it is asked.
func (e Endpoint) wants(now time.Time) wanted {
	query, bad := search.Parse(e.Query, now)
	return wanted{e, query, bad != nil}
}

// has says whether the endpoint is told of an item.
func (w wanted) has(it store.Liked) bool {
	if w.none || it.User != w.User || it.Private && !w.Private {
		return false
	}
	return search.Match(w.query, search.DocOf(it.Item, it.Service, it.Account, !it.RemovedAt.IsZero()))
}

// queueName is the queue of the endpoint's jobs.
func (e Endpoint) queueName() string { return QueueOf(e.ID) }
