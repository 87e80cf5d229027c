package limit

import (
	"context"
	"time"
)

// Row is the shared record of one quota: a key is provider/name/scope id, so
// that services which share a budget share the row. Times are in the server's
// clock where an answer set them (Exact), else in the caller's.
type Row struct {
	Key     string               `json:"-"`
	Limit   int                  `json:"limit"`             // calls in a window
	End     time.Time            `json:"end,omitzero"`      // end of the present window
	Exact   bool                 `json:"exact,omitempty"`   // an answer set Limit and End; false: provisional
	Used    int                  `json:"used"`              // granted or known spent in this window
	Seen    int                  `json:"seen"`              // the most that an answer of this window said is spent
	Out     int                  `json:"out"`               // granted and not yet answered
	Epoch   int64                `json:"epoch"`             // grows with every window
	Blocked time.Time            `json:"blocked,omitzero"`  // no call before; persisted before any wait
	Because string               `json:"because,omitempty"` // why Blocked, in words
	Probe   string               `json:"probe,omitempty"`   // id of the grant that may test whether the block is over
	ProbeBy time.Time            `json:"probeBy,omitzero"`  // when an unanswered probe may be repeated by another
	Waits   int                  `json:"waits,omitempty"`   // limits in a row that named no usable time
	Log     []Spend              `json:"log,omitempty"`     // rolling windows without "used": what was sent when
	Grants  []Lent               `json:"grants,omitempty"`  // live batches
	Asked   map[string]time.Time `json:"asked,omitempty"`   // class -> when it last asked in this window
	ByClass map[string]int       `json:"byClass,omitempty"` // class -> granted in this window
	Procs   map[string]time.Time `json:"procs,omitempty"`   // process -> last seen asking
	SeenAt  time.Time            `json:"seenAt,omitzero"`   // last answer
}

// Spend is calls sent at one time.
type Spend struct {
	At time.Time `json:"at"`
	N  int       `json:"n"`
}

// Lent is a batch of calls granted to one process.
type Lent struct {
	ID    string    `json:"id"`
	Left  int       `json:"left"`
	Until time.Time `json:"until"`
}

// Store is the one thing a backend does for the ledger; all arithmetic is
// written once, in this package.
type Store interface {
	// UpdateQuotas reads the rows of keys, in sorted order, lets fn change them
	// and saves them all, atomically over all processes that share the store. A
	// missing row comes with only its Key set. When fn returns an error nothing
	// is saved and the error is returned unwrapped. fn may run more than once.
	UpdateQuotas(ctx context.Context, keys []string, fn func(rows []*Row) error) error
	// Quotas returns the rows whose key begins with prefix, sorted by key.
	Quotas(ctx context.Context, prefix string) ([]Row, error)
}
