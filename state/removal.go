package state

import "time"

// A like that a service no longer shows is found by what a sweep, a pass over the
// whole list, does not show. While Page.After has a Sweep in progress the store
// notes the ids of each page that is committed, of whatever walk: of its items and,
// where it could be read, of its quarantined objects. With the page that ends the
// sweep (Page.Swept), in its transaction, the items that are present, were first
// stored by an earlier walk than the sweep and are not among the ids become unseen,
// and the ids are dropped. What a later page shows is unseen no more. For an item
// that one sweep after another does not show the sweeps are counted: what may
// follow from that is the executor's business.
//
// No clock is asked: walk numbers tell what was stored before a sweep began. The
// number of a sweep that was given up is never used again, so that what its pages
// have shown counts for no other.

// Unseen asks for items that a sweep did not show.
type Unseen struct {
	Sweep  int64 // number of the last completed sweep (Page.Swept); what only an older one did not show is not unseen
	Sweeps int   // at least so many completed sweeps in a row have not shown the item
	New    bool  // only those that nobody has asked the service about since this sweep (Removal.Asked)
	Most   int   // at most so many items, by id; all of them are counted
}

// Removal is what was found out about unseen items.
type Removal struct {
	ID      string            // deterministic page id of the change log
	At      time.Time         // when they were observed to be gone; an item observed later stays, and is unseen no more
	Sweep   int64             // the completed sweep that did not show them
	Because map[string]Reason // items that are gone, by id
	Liked   []string          // ids of items that are liked all the same: unseen no more
	Asked   []string          // ids that the service was asked about without an answer that decides
}

// Reason says why a like is gone.
type Reason string

// The reasons.
const (
	Unliked Reason = "unliked" // the like was taken back
	Gone    Reason = "gone"    // the thing no longer exists
	Hidden  Reason = "hidden"  // the thing cannot be seen with the account's credential
	Unknown Reason = "unknown" // the list no longer shows it, and the service does not say why
)
