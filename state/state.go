// Package state holds where each network stands: what to read next, when, why
// then, and who is reading it now. It knows no database and no HTTP.
//
// A network has two writers. What the user sets (paused, a wish to sync) and
// what the daemon finds out (Progress) are separate fields, and no write
// replaces a whole document, so neither can undo the other. The daemon writes
// only under a Lease, whose epoch grows with every claim: a paused owner that
// wakes after its lease has been given away changes nothing.
package state

import "time"

// Mode is which loop a network belongs to. There are exactly two: being rate
// limited, paused or failing are conditions in either.
type Mode string

// The modes.
const (
	Initial Mode = "initial" // reading the whole history
	Normal  Mode = "normal"  // polling for what is new
)

// Condition is how a network is doing, for people.
type Condition string

// The conditions.
const (
	OK          Condition = "ok"
	Limited     Condition = "rate limited"   // waiting for a quota
	NeedsSignIn Condition = "needs sign-in"  // the credential was refused
	NeedsScope  Condition = "needs scope"    // the credential lacks a permission
	Missing     Condition = "gone"           // the account or the list no longer exists
	Failing     Condition = "failing"        // temporary failures, retried with a growing wait
	Broken      Condition = "needs a person" // malformed replies or our own bug, 5 times in a row
	Stalled     Condition = "stalled"        // the service's paging leads nowhere
	Imported    Condition = "imported"       // a paused list that an import made and nobody signed in for: kept, never collected
)

// Account is one user's sign-in at one provider and server.
type Account struct {
	ID        string // made by the collector, sortable
	User      string
	Provider  string
	Server    string // origin of the account's own server, "https://social.example"; "" for the provider's own hosts
	RemoteID  string // the id that the provider confirmed; "" until it did
	Name      string // account part of network names: given by the user, else what the provider confirmed
	Given     bool   // Name was given by the user, so the provider's name does not replace it
	Scopes    []string
	CreatedAt time.Time
}

// Network is one list of one account: the state document.
type Network struct {
	ID        string
	AccountID string
	User      string
	Service   string
	Provider  string
	Server    string
	Account   string // name of the account, the part after the slash of the network's own name
	RemoteID  string // the account's id at the service; "" until learned
	Params    map[string]string
	CreatedAt time.Time

	// Set by the user.
	Paused  bool
	SyncSeq int64 // grows with every "sync": a wish is open while it is above Progress.SyncDone
	FullSeq int64 // grows with every "sync --full", likewise
	// Accepted is the number of a sweep: a person takes all that it did not show
	// (Progress.Swept) as likes that are gone. 0: of none.
	Accepted int64

	// Set by the daemon, under its lease.
	Progress

	// Kept by the store.
	Items      int       // present items
	Bare       int       // items whose details are still to be read
	Bad        int       // objects in quarantine
	WakeAt     time.Time // when it may be claimed: due time when free, lease end when leased; zero when paused
	Owner      string    // instance that holds the lease; "" when free
	LeaseUntil time.Time
	Epoch      int64 // grows with every claim
	Crashes    int   // claims in a row that ended neither in a commit nor in a release
}

// Name is how people call a network: service/account, followed by its params
// in the order of their names: "github/octocat", "stackexchange/1234:stackoverflow".
func (n Network) Name() string {
	name := n.Service + "/" + n.Account
	for _, v := range sortedValues(n.Params) {
		name += ":" + v
	}
	return name
}

// Progress is what the daemon knows of a network. It is saved as one value with
// every page and at release. Times are UTC.
type Progress struct {
	Mode        Mode      `json:"mode"`
	Condition   Condition `json:"condition"`
	ScheduledTo time.Time `json:"scheduledTo"` // the visible due time
	Reason      string    `json:"reason"`      // why then, in words

	Walks  int64     `json:"walks"`           // number of the newest walk begun; the first is 1
	Walk   *Walk     `json:"walk,omitempty"`  // backfill or poll in progress
	Sweep  *Walk     `json:"sweep,omitempty"` // sweep in progress, beside polls
	Resume string    `json:"resume,omitempty"`
	Newest time.Time `json:"newest,omitzero"` // newest like time that the last completed walk saw
	Oldest time.Time `json:"oldest,omitzero"` // oldest like time that a service stated of anything that was read or imported

	ETag    string `json:"etag,omitempty"`    // validator of the first page of polls
	ETagFor string `json:"etagFor,omitempty"` // the address it belongs to

	PollAt   time.Time `json:"pollAt,omitzero"`   // when the next poll is due; ScheduledTo may be earlier for a sweep
	PollWhy  string    `json:"pollWhy,omitempty"` // why then, in words
	AskedWho time.Time `json:"askedWho,omitzero"` // when the service last refused to say who the account is

	SyncDone  int64     `json:"syncDone,omitempty"`
	FullDone  int64     `json:"fullDone,omitempty"`
	SweepDue  bool      `json:"sweepDue,omitempty"`  // a sweep is owed
	SweptAt   time.Time `json:"sweptAt,omitzero"`    // when the last sweep ended
	SweepAt   time.Time `json:"sweepAt,omitzero"`    // when the next one is due by itself
	Swept     *Swept    `json:"swept,omitempty"`     // what the last one that proves something came to
	SweepNote string    `json:"sweepNote,omitempty"` // why the last one proves nothing about likes that are gone
	Doubt     string    `json:"doubt,omitempty"`     // why the last walk may have missed likes
	StallNote string    `json:"stallNote,omitempty"`

	Failures    int       `json:"failures,omitempty"`  // in a row; 0 after any success
	BadRuns     int       `json:"badRuns,omitempty"`   // Malformed and Bug failures in a row
	Limits      int       `json:"limits,omitempty"`    // limits in a row that named no time
	RefusedAt   time.Time `json:"refusedAt,omitzero"`  // first 401 of the present row
	LastError   string    `json:"lastError,omitempty"` // redacted
	LastErrorAt time.Time `json:"lastErrorAt,omitzero"`
	Fault       string    `json:"fault,omitempty"` // fault.Kind of LastError in words
	Whose       string    `json:"whose,omitempty"`
	NextStep    string    `json:"nextStep,omitempty"` // what a person can do
	LastRunAt   time.Time `json:"lastRunAt,omitzero"`
	LastOKAt    time.Time `json:"lastOkAt,omitzero"`
	LastLikeAt  time.Time `json:"lastLikeAt,omitzero"` // when a poll last found something new
	Runs        []Run     `json:"runs,omitempty"`      // the last 20, oldest first

	Rate   float64   `json:"rate,omitempty"`   // likes an hour, smoothed over polls
	RateAt time.Time `json:"rateAt,omitzero"`  // when Rate was last updated
	Total  int       `json:"total,omitempty"`  // how many likes the service says there are; 0 unknown
	Window int       `json:"window,omitempty"` // how many it shows at most; 0 all
}

// Walk is a pass in progress.
type Walk struct {
	Number    int64     `json:"number"`
	Kind      string    `json:"kind"` // "backfill", "poll", "sweep"
	Cursor    string    `json:"cursor,omitempty"`
	PageSize  int       `json:"pageSize"`
	StartedAt time.Time `json:"startedAt"`
	Pages     int       `json:"pages"`        // read so far
	Of        int       `json:"of,omitempty"` // pages in all; 0 unknown
	Items     int       `json:"items"`        // read so far, repeats included
	Added     int       `json:"added,omitempty"`
	Empty     int       `json:"empty,omitempty"`   // empty pages in a row
	BadRuns   int       `json:"badRuns,omitempty"` // Progress.BadRuns when it began, or what has become of that since
	Resume    string    `json:"resume,omitempty"`  // where the next poll may start once this walk has ended
	Newest    time.Time `json:"newest,omitzero"`   // newest like time seen
	Oldest    time.Time `json:"oldest,omitzero"`   // oldest like time seen, for progress
	Doubt     string    `json:"doubt,omitempty"`
	Mark      uint64    `json:"mark,omitempty"`      // digest of an earlier cursor: meeting it again is a cycle (Brent's algorithm)
	MarkItems uint64    `json:"markItems,omitempty"` // digest of the items of that page, for services that make cursors anew
	MarkAt    int       `json:"markAt,omitempty"`    // page at which Mark was taken
	MarkFor   int       `json:"markFor,omitempty"`   // pages until Mark is taken anew; doubles each time
	Tail      int       `json:"tail,omitempty"`      // known items in a row at the end of what was read
	ETag      string    `json:"etag,omitempty"`      // validator of the first page, kept once the walk has ended
	ETagFor   string    `json:"etagFor,omitempty"`
	Paces     []int     `json:"paces,omitempty"` // milliseconds between the last 10 pages
	LastPage  time.Time `json:"lastPage,omitzero"`
	Noted     bool      `json:"noted,omitempty"`    // of a sweep: the store has noted what it showed from its first page on
	Nameless  bool      `json:"nameless,omitempty"` // of a sweep: it met an object whose id could not be read
}

// Swept is what a completed sweep came to.
type Swept struct {
	Sweep    int64     `json:"sweep"`              // its number
	At       time.Time `json:"at"`                 // when it ended
	Shown    int       `json:"shown"`              // likes that it showed
	Stored   int       `json:"stored"`             // likes that were stored when it was judged
	Unseen   int       `json:"unseen,omitempty"`   // of them, those that neither it nor anything since has shown
	Walks    int64     `json:"walks"`              // newest walk begun when it ended: a poll with a higher number began after it
	Polled   bool      `json:"polled,omitempty"`   // such a poll has ended
	Judged   bool      `json:"judged,omitempty"`   // nothing more follows from it by itself
	Withheld bool      `json:"withheld,omitempty"` // it left out so many that nothing is taken as gone until a person says so
}

// Run is the outcome of one run, for the heartbeat bar.
type Run struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`            // "backfill", "poll", "sweep"
	Fault string    `json:"fault,omitempty"` // "" for a success
	Pages int       `json:"pages,omitempty"`
	Added int       `json:"added,omitempty"`
}
