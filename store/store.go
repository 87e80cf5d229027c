// Package store says what a store keeps: accounts and their networks, items,
// the change log, quotas and sealed credentials. Open picks a backend by its
// address; package storetest is what every backend must pass.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"collector/auth"
	"collector/item"
	"collector/limit"
	"collector/search"
	"collector/state"
)

// Store is everything that a backend does.
type Store interface {
	state.Store
	limit.Store
	// QuotaRows returns the rows of the ledger that there are of some keys, sorted by key:
	// what of a million quotas a page needs.
	QuotaRows(ctx context.Context, keys []string) ([]limit.Row, error)
	auth.Store
	Accounts
	Items
	Instances
	// Meta reads a named value of the installation, "" when it is not set.
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error
	// SwapMeta sets a named value if it is as given, "" for one that is not set, and
	// says whether it was: of several that swap the same old value one succeeds. After
	// an error it may have been set or not.
	SwapMeta(ctx context.Context, key, old, value string) (bool, error)
	// Describe says what the store is, for people: "./collector.db (SQLite)".
	Describe() string
	Close() error
}

// Names of Meta values.
const (
	MetaKeyCheck  = "keyCheck"  // a value sealed with the secret key: tells a wrong key at start
	MetaSimulated = "simulated" // "1" in a store of the demo, which a normal daemon refuses
	MetaMoving    = "moving"    // set while a store is being moved into this one: half of it is here
	MetaMoved     = "moved"     // what was moved into this store last
	MetaBackedUp  = "backedUp"  // when the last backup of this store was made, in RFC 3339, and how many bytes it has
)

// Accounts is what a person does with accounts and networks.
type Accounts interface {
	// AddAccount saves a new account; ID is given. state.ErrExists when the user
	// has an account of the same provider, server and RemoteID (or, while one of
	// the two RemoteIDs is unknown, the same Name, unless that is empty).
	AddAccount(ctx context.Context, a state.Account) error
	// AddNetworks saves new networks in one transaction, due at CreatedAt, mode
	// initial; ID is given, and User, Provider, Server, Account and RemoteID are
	// those of the account. It returns state.ErrExists for a network that the
	// user has already (same account, service and params) and state.ErrNotFound
	// for an unknown account, and then saves none. A list of the same person (same
	// user, server, service, params and known RemoteID, or the same account) whose
	// collecting was ended without a purge goes on: its items are the new
	// network's, and Walks begins at the highest walk number that it had.
	AddNetworks(ctx context.Context, ns []state.Network) error
	Account(ctx context.Context, id string) (state.Account, error)
	// Accounts lists accounts by user, provider, name; user "" is all.
	Accounts(ctx context.Context, user string) ([]state.Account, error)
	Network(ctx context.Context, id string) (state.Network, error)
	// Networks lists networks that match f, by user, service, account name.
	Networks(ctx context.Context, f Filter) ([]state.Network, error)
	// Tally counts networks by their states. What it costs does not grow with
	// their number. Where others hold it up it does not wait for what changed last,
	// which a later call tells of.
	Tally(ctx context.Context, now time.Time) (Tally, error)
	// SetPaused pauses or resumes a network. Resuming makes it due at once and
	// clears failures that asked for a person (Progress.Resumed). A run in hand
	// goes on and is due again at once when it ends.
	SetPaused(ctx context.Context, network string, paused bool, now time.Time) error
	// WishSync makes a network due at once, before all others; full also asks
	// for a sweep: SyncSeq grows, with full FullSeq too. A paused network stays
	// paused; a leased one is due at once when its run ends.
	WishSync(ctx context.Context, network string, full bool, now time.Time) error
	// Accept notes that a person takes all that the sweep of that number did not
	// show (Progress.Swept) as likes that are gone, and makes the network due at
	// once, as WishSync does.
	Accept(ctx context.Context, network string, sweep int64, now time.Time) error
	// Reconnected clears what a refused credential left behind on all networks
	// of an account (Progress.SignedIn) and makes them due at once.
	Reconnected(ctx context.Context, account string, now time.Time) error
	// RemoveNetwork ends collecting; purge also deletes its items, changes and
	// quarantine. An account left without networks goes with its credential.
	// Without purge the items stay searchable, and a second call with purge
	// deletes them. Otherwise a removed network is state.ErrNotFound.
	RemoveNetwork(ctx context.Context, network string, purge bool) (Removed, error)
	// PurgeUser deletes everything of a user.
	PurgeUser(ctx context.Context, user string) (Removed, error)
}

// Removed counts what was deleted.
type Removed struct{ Accounts, Networks, Items, Changes, Quarantined, Credentials int }

// Filter selects networks; empty fields match all.
type Filter struct {
	User, Service, Account string
	AccountID              string
	Mode                   state.Mode
	Removed                bool              // also networks whose collecting was ended and whose items were kept
	Conditions             []state.Condition // any of these; none but state.OK
	Limit                  int               // at most so many, which ones is the store's choice; 0 is no limit
}

// Items is what was collected.
type Items interface {
	// Search returns matching items in the order of q.Order (ties by network and
	// id), from the one after q.After on, at most q.Limit.
	Search(ctx context.Context, q Query) (Result, error)
	// Facets counts what q finds by service, year, tag and language: all of it
	// where at most most items match (0 means FacetsDefault) and that is found out
	// cheaply, else of the newest likes, as Facets.Whole tells; q.Limit, q.After
	// and q.Order are ignored.
	Facets(ctx context.Context, q Query, most int) (Facets, error)
	// LikeDays counts likes by day and service, all of them or one user's, from the day
	// of from up to until, which is not counted any more: of more than most (0 means
	// DaysDefault) the newest whole days. It reads no item, an index tells. Of more
	// networks or users than an index is asked for side by side it tells nothing:
	// Since is not before until.
	LikeDays(ctx context.Context, user string, from, until time.Time, most int) (Days, error)
	// Each calls fn for every item that matches q, in the order of network and
	// id, without holding the store; q.Limit and q.After are ignored.
	Each(ctx context.Context, q Query, fn func(Liked) error) error
	// ByID returns those items of a network that have one of the ids, removed ones too,
	// in the order of the ids; what is not there is left out.
	ByID(ctx context.Context, network string, ids []string) ([]Liked, error)
	// Changes returns at most n changes with Seq > since in ascending order,
	// only the user's where user is not "". ErrGone when since is older than
	// the log is kept.
	Changes(ctx context.Context, user string, since int64, n int) ([]Change, error)
	// NewestChanges returns at most n changes with Seq < before (0: whatever their number),
	// the newest first, only the user's where user is not "". It costs far less than the ids
	// that Changes gives. What the log does not keep any more is left out without an error.
	NewestChanges(ctx context.Context, user string, before int64, n int) ([]ChangeCount, error)
	// LastChange is the newest Seq, 0 when there is none.
	LastChange(ctx context.Context) (int64, error)
	// PruneChanges drops changes older than before, and returns how many.
	PruneChanges(ctx context.Context, before time.Time) (int, error)
}

// ErrGone says that the asked-for part of the change log is no longer kept.
var ErrGone = errors.New("the change log no longer reaches back that far: read everything once, then go on from the newest change")

// Query selects items. User "" is all users.
type Query struct {
	User    string
	Network string // id
	Expr    search.Expr
	Removed bool   // also removed likes (implied by is:removed in Expr)
	Limit   int    // at most 1,000; 0 means 50
	Bytes   int    // that the texts of a page's items have together, where it has more than one; 0: no bound
	After   string // Result.Next of the page before, of the same search
	Order   Order
}

// Result is one page of a search.
type Result struct {
	Items  []Liked
	Next   string // "" on the last page
	Ranked bool   // best answers first; else newest like first
}

// Liked is an item as stored.
type Liked struct {
	item.Item
	User, Service, NetworkID string
	Network                  string // service/account
	Account                  string
	FirstSeenAt              time.Time
	RemovedAt                time.Time // zero while present
	RemovedBecause           string    // "unliked", "gone", "hidden", "unknown"
}

// Change is one entry of the change log: what one page changed.
type Change struct {
	Seq       int64 // dense, from 1; after a restore dense again, from a higher number
	At        time.Time
	User      string
	NetworkID string
	Network   string
	Page      string   // id of the page; the log holds a page once
	Kind      string   // "backfill", "poll", "sweep", "fill", "remap", "import"
	Added     []string // item ids, in the order of the page; of one whose owner died over MongoDB in any
	Changed   []string // the same
	Removed   []string
}

// Options are what backends need beyond their address.
type Options struct {
	Owner string        // instance id, for the owner lock; "" for commands that hold no leases
	Lease time.Duration // lease length, for the clamp of wrong clocks
	Now   func() time.Time
	// Reading says that nothing will be written: then a store of the present
	// schema is opened also where its file or folder is read-only, and every write
	// is refused with state.ErrUnavailable.
	Reading bool
}

// Opener opens one kind of backend. rest is the address after "kind:".
type Opener func(ctx context.Context, rest string, o Options) (Store, error)

// Errors of Open; each is wrapped with reason and next step. The command line
// gives each its own exit code.
var (
	ErrMissing  = errors.New("the store cannot be reached")
	ErrReadOnly = errors.New("the store cannot be written")
	ErrForeign  = errors.New("this is not a collector store")
	ErrDamaged  = errors.New("the store is damaged") // found while it is used; at Open it is ErrForeign
	ErrNewer    = errors.New("the store was written by a newer collector")
	ErrInUse    = errors.New("the store is in use by a collector of another version")
	ErrBusy     = errors.New("the file is in use") // nothing was changed; it may succeed later
)

// Open opens the store at an address such as "sqlite:collector.db" or
// "memory:" with one of the given backends, by scheme.
func Open(ctx context.Context, address string, backends map[string]Opener, o Options) (Store, error) {
	kind, rest, ok := strings.Cut(address, ":")
	open, known := backends[kind]
	if !ok || !known {
		if !ok || strings.ContainsAny(kind, "/\\@") { // a path, or an address whose password must not be printed
			kind = ""
		}
		return nil, fmt.Errorf("%w: the address begins with %q, which names no kind of store; write --store=sqlite:FILE or --store=mongodb://HOST/DATABASE", ErrMissing, kind)
	}
	return open(ctx, rest, o)
}
