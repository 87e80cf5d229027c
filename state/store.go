package state

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"collector/item"
)

// Lease is the right to work on a network until a time.
type Lease struct {
	Network string
	Owner   string // instance id
	Epoch   int64
	Until   time.Time
}

// Claimed is a network with the right to work on it.
type Claimed struct {
	Network
	Lease Lease
}

// ErrLeaseLost says that the network was claimed by someone else, or removed:
// drop the work in hand, it changed nothing.
var ErrLeaseLost = errors.New("the lease is lost: another instance owns the network now")

// ErrUnavailable says that the store cannot be written for now (disk full, read
// only, input/output error). Nothing was changed; try again later.
var ErrUnavailable = errors.New("the store cannot be written")

// Store is what the scheduler and the executor need. The memory, SQLite and
// MongoDB stores pass storetest.State. Every time is given by the caller: a
// Store reads no clock. Times are stored with millisecond precision at least.
type Store interface {
	// Wakes returns the earliest WakeAt of each service in a mode; services
	// with nothing to wake are absent. It knows no clock: a caller treats a time
	// above now + 40 days as past, as Claim does.
	Wakes(ctx context.Context, m Mode) (map[string]time.Time, error)
	// Claim leases networks with WakeAt <= now: at most want.Services[s] of a
	// service s (a service that is absent gets none), at most want.N in all,
	// most overdue first, and only those of users in want.Shard, which may cost a
	// look at what is due for others. No two callers get the same network. Each claim grows
	// Epoch and Crashes. A lease end above now + 2 lease lengths and a due time
	// above now + 40 days were written by a wrong clock and count as past. A claim
	// with a Network gets that one unless somebody holds a lease on it; a paused one
	// stays paused.
	Claim(ctx context.Context, want Claim) ([]Claimed, error)
	// Renew moves the end of all live leases of owner to until, in one
	// statement. A lease that was taken over is not touched.
	Renew(ctx context.Context, owner string, until time.Time) error
	// FreeDead ends the leases of instances that the store itself knows to be
	// dead (SQLite: whose lock file is free), on networks and on the refresh of
	// credentials, so that their networks are due at once, and returns the ids of those instances, so that what they had
	// reserved elsewhere can be freed too.
	FreeDead(ctx context.Context, now time.Time) ([]string, error)
	// FreeOwner does for one instance, of which somebody else knows that it is gone,
	// what FreeDead does, and strikes it off the list of instances. If it lives all
	// the same, its leases are lost to it, and what it writes changes nothing.
	FreeOwner(ctx context.Context, owner string, now time.Time) error

	// SetRight mends what a clock that was ahead has put off: each free network
	// whose due time was written at a time after now, and lies after now, is due at
	// now, and so are details that its items wait for. When a due time was written
	// is Progress.LastRunAt of a Release, due of a Postpone, CreatedAt of a new
	// network, and now of the other calls. It returns how many networks it woke.
	// What a right clock wrote is not touched, nor are paused networks and leases.
	SetRight(ctx context.Context, now time.Time) (int, error)

	// Known tells for each id whether it was first stored by an earlier walk
	// than walk, is present, and was not merely imported.
	Known(ctx context.Context, network string, walk int64, ids []string) ([]bool, error)
	// Commit saves one page: items and progress as one fact, or nothing.
	// Committing the same page again adds nothing; what a page says of one id in
	// several places is merged first. It resets Crashes.
	Commit(ctx context.Context, l Lease, p Page) (Committed, error)
	// Release saves the progress and ends the lease. The network is due at
	// p.ScheduledTo, at once if a person asked for it since the claim (a sync,
	// a resume, a new credential), never while paused. With a zero ScheduledTo
	// only a person wakes it. It resets Crashes.
	Release(ctx context.Context, l Lease, p Progress) error
	// Postpone gives a lease back untouched: the network is due again at due, its
	// progress stays as it is, and the claim does not count as a crash (Crashes
	// is as before the claim). ErrLeaseLost like Release.
	Postpone(ctx context.Context, l Lease, due time.Time) error

	// Bare returns at most n ids of items whose details are due at now.
	Bare(ctx context.Context, network string, now time.Time, n int) ([]string, error)
	// Fill saves details read later. Ids that are no longer stored are ignored.
	Fill(ctx context.Context, l Lease, f Fill) (filled int, err error)
	// Quarantined returns at most n objects that another version than version
	// could not map.
	Quarantined(ctx context.Context, network, version string, n int) ([]Bad, error)
	// Remapped records what became of quarantined objects: items are added as
	// Commit adds them, still carries those that could not be mapped again.
	Remapped(ctx context.Context, l Lease, r Remap) (added int, err error)

	// Unseen returns items that completed sweeps did not show, and how many there are.
	Unseen(ctx context.Context, network string, u Unseen) ([]item.Item, int, error)
	// Remove marks unseen items that are gone, and notes what was found out about
	// others. Ids that are not unseen (any more) are ignored.
	Remove(ctx context.Context, l Lease, r Removal) (removed int, err error)

	// Learn saves the identity that the service confirmed: on the account, on
	// its networks, and as their name unless the user gave one. An account
	// whose RemoteID is already another one is not changed: ErrOtherPerson.
	// Nor is one whose user has that identity in another account: ErrExists.
	// What was kept of the person's lists when their collecting was ended goes
	// to the networks that collect them now, each item once, FirstSeenAt the
	// earlier one; what they lacked counts as stored before their first walk.
	Learn(ctx context.Context, account string, id Identity) error
}

// ErrOtherPerson says that a credential belongs to another person than the
// account, so that two people's likes would mix.
var ErrOtherPerson = errors.New("the credential belongs to another person")

// ErrExists says that the user already has this network.
var ErrExists = errors.New("the network exists already")

// ErrNotFound says that there is no such account or network.
var ErrNotFound = errors.New("not found")

// Identity is who an account is at its service.
type Identity struct {
	ID, Name string
	Scopes   []string
}

// Claim is what an instance asks for.
type Claim struct {
	Mode     Mode
	Owner    string
	Now      time.Time
	Until    time.Time      // lease end: Now + lease length
	N        int            // at most so many in all
	Services map[string]int // at most so many of each service
	Shard    Shard          // of these users; zero: of all

	// Network asks for this network alone, by its id: due or not, paused too, in
	// whatever mode. Mode, N, Services and Shard then say nothing. Whoever holds a
	// lease on it keeps it. "" asks for what is due.
	Network string
}

// Page is one page to commit.
type Page struct {
	ID         string // deterministic: network, walk number, page number in the walk
	Kind       string // "backfill", "poll", "sweep", "import"
	Walk       int64
	ObservedAt time.Time // when the reply came; never replaces a later observation
	Items      []item.Item
	Bad        []Bad
	Removed    []string // ids of likes that the service says are gone: removed, Unliked, unless observed later
	After      Progress // as it is once the page is stored
	Archive    bool     // keep Item.Raw

	// Swept is the number of the sweep that this page ends, 0 for none and for one
	// that proves nothing. See Unseen.
	Swept int64
}

// Committed is what a page changed.
type Committed struct {
	Added   int // new, or seen again after a removal
	Changed int
	Removed int
}

// Bad is an object in quarantine.
type Bad struct {
	Key     string // digest of the network and the object
	ID      string // the item's id where it could be read; "" otherwise
	Raw     json.RawMessage
	Reason  string
	Version string    // program version that could not map it
	Walk    int64     // walk that met it first
	At      time.Time // when it was first met
}

// Fill is a batch of details.
type Fill struct {
	ID    string // deterministic page id of the change log: "<network>/fill/<digest of the ids>"
	At    time.Time
	Items []item.Item // Bare false; ID names the stored item
	Gone  []string    // ids that the service no longer shows: details will not come
	Later []string    // ids asked for and not answered: due again at Retry
	Retry time.Time
}

// Remap is what became of quarantined objects after an upgrade.
type Remap struct {
	ID      string
	At      time.Time
	Walk    int64
	Version string
	Items   map[string]item.Item // by Bad.Key
	Still   map[string]string    // Bad.Key -> reason
}

func sortedValues(m map[string]string) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}
