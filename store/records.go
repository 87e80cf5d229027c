package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"collector/auth"
	"collector/item"
	"collector/limit"
	"collector/state"
)

// Part is a kind of record that a store is made of.
type Part string

// The parts of a store.
const (
	PartAccounts    Part = "accounts"
	PartCredentials Part = "sign-ins"
	PartQuotas      Part = "quotas"
	PartNetworks    Part = "networks"
	PartItems       Part = "items"
	PartQuarantine  Part = "quarantined objects"
)

// Parts lists the parts in the order in which they are moved: what belongs to
// something comes after it.
func Parts() []Part {
	return []Part{PartAccounts, PartCredentials, PartQuotas, PartNetworks, PartItems, PartQuarantine}
}

// Record is one thing that a store keeps, with all that it knows of it. One field
// is set, that of its part.
type Record struct {
	Account    *state.Account
	Credential *auth.Record // as it is sealed, with its version
	Quota      *limit.Row
	Network    *WholeNetwork
	Item       *WholeItem
	Bad        *WholeBad
}

// WholeNetwork is a network as the daemon left it, with the store's counters.
type WholeNetwork struct {
	state.Network
	Ended bool      // its collecting has ended, its items were kept
	Asked time.Time // when a person wanted it due at once; zero: nobody does
	First bool      // and before all others: WakeAt is Asked
	SetAt time.Time // when WakeAt was written, by the writer's clock; zero: nobody said
}

// Freed returns the network as it goes on in a store where nobody works on it:
// without a lease, and due when the lease it had would have ended. That it was in
// work was no crash.
func (n WholeNetwork) Freed() WholeNetwork {
	if n.Owner != "" {
		n.Crashes = max(n.Crashes-1, 0)
		if !n.Asked.IsZero() {
			n.First, n.WakeAt = true, n.Asked
		}
	}
	n.Owner, n.LeaseUntil = "", time.Time{}
	if n.Sweep != nil && n.Sweep.Noted { // what it has shown so far does not come along: it goes on and proves nothing
		sweep := *n.Sweep
		sweep.Noted = false
		n.Sweep = &sweep
	}
	n.Swept = nil
	if n.Paused || n.Ended {
		n.First, n.WakeAt = false, time.Time{}
	}
	if n.Ended { // nobody claims it any more
		n.Paused, n.Epoch, n.Crashes, n.Asked, n.SetAt = false, 0, 0, time.Time{}, time.Time{}
	}
	return n
}

// WholeItem is an item with what its store knows of it.
type WholeItem struct {
	item.Item
	Network        string // id
	User, Service  string // those of the network
	Walk           int64  // that stored it first; 0 before the first walk
	Imported       bool   // seen by an import and by no walk
	FirstSeenAt    time.Time
	ObservedAt     time.Time // of the newest reply that showed it
	BareDue        time.Time // when its details may be asked for; zero when none are owed
	RemovedAt      time.Time
	RemovedBecause string
	AddedBy        string // page; "" where it is not known any more
	ChangedBy      string
}

// WholeBad is an object in quarantine and whose it is.
type WholeBad struct {
	state.Bad
	Network, User string
}

// Key is what a record is called in its part: parts are read in the order of keys,
// compared byte by byte, items and quarantine network by network.
func (r Record) Key() string {
	switch {
	case r.Account != nil:
		return r.Account.ID
	case r.Credential != nil:
		return r.Credential.Account
	case r.Quota != nil:
		return r.Quota.Key
	case r.Network != nil:
		return r.Network.ID
	case r.Item != nil:
		return r.Item.Network + "\x00" + r.Item.ID
	case r.Bad != nil:
		return r.Bad.Network + "\x00" + r.Bad.Key
	}
	return ""
}

// CutKey returns the two halves of the key of an item or a quarantined object.
func CutKey(key string) (network, rest string) {
	network, rest, _ = strings.Cut(key, "\x00")
	return network, rest
}

// Stored is how much a network holds.
type Stored struct {
	Network     string
	Items       int // present ones
	Removed     int // likes that were taken back
	Quarantined int
}

// Source is what can be moved into a store, record by record.
type Source interface {
	// Take returns at most n records of a part in the order of their keys, from the
	// one after the key after on; "" is before the first.
	Take(ctx context.Context, p Part, after string, n int) ([]Record, error)
	// Count is how many records a part has. Items and quarantined objects are
	// counted by CountIn.
	Count(ctx context.Context, p Part) (int, error)
	// CountIn counts what networks hold, in the order of their ids.
	CountIn(ctx context.Context, networks []string) ([]Stored, error)
	// Working names the daemons that work on it at now.
	Working(ctx context.Context, now time.Time) ([]string, error)
	// LastChange is the newest number of the change log, 0 where there is none.
	LastChange(ctx context.Context) (int64, error)
	Meta(ctx context.Context, key string) (string, error)
}

// Movable is a store whose contents can be moved to another one, of whatever kind.
type Movable interface {
	Store
	Source
	// Put saves records as they are, each under its key: one that is there already
	// is replaced, so that putting them twice is putting them once. It fits a store
	// that nobody works on. What stands in no record (words, hashes, row numbers) the
	// store makes itself.
	Put(ctx context.Context, records []Record) error
	// BeginLog has the change log begin behind the number last: the next entry is
	// last+1, and a reader that asks for older ones gets ErrGone. The log must be
	// empty.
	BeginLog(ctx context.Context, last int64) error
}

// ErrNotMovable says that a store's contents cannot be moved.
var ErrNotMovable = errors.New("a store of this kind ends with its process; only SQLite and MongoDB stores can be moved")
