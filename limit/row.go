package limit

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Row is the shared record of one quota. A key is provider/name/scope id, so
// services that share a budget share the row. Times are whole milliseconds; those
// of windows and blocks are in the server's clock (see Ledger), those of processes,
// and all of a rolling quota, in our own, which the processes of a store share.
type Row struct {
	Key     string               `json:"-"`
	Limit   int                  `json:"limit"`             // calls in a window
	Allowed *int                 `json:"allowed,omitempty"` // what a user allows of a window (Allow); nil: nobody said
	End     time.Time            `json:"end,omitzero"`      // end of the present window
	Exact   bool                 `json:"exact,omitempty"`   // an answer set Limit and End; false: provisional
	Used    int                  `json:"used"`              // granted or known to be spent in this window
	Seen    int                  `json:"seen"`              // the most that an answer of this window said is spent
	Out     int                  `json:"out"`               // granted and not yet answered
	Epoch   int64                `json:"epoch"`             // grows with every window
	Ahead   time.Duration        `json:"ahead,omitempty"`   // server's clock minus ours, as an answer last showed
	Served  time.Time            `json:"served,omitzero"`   // the clock of the row has stood at least here: at the last answer
	Blocked time.Time            `json:"blocked,omitzero"`  // no call before; set until an answer shows that the block is over
	Because string               `json:"because,omitempty"` // why Blocked, in words
	Probe   string               `json:"probe,omitempty"`   // id of the batch that may test whether the block is over
	ProbeBy time.Time            `json:"probeBy,omitzero"`  // from then on another may probe
	Waits   int                  `json:"waits,omitempty"`   // limits in a row that named no usable time
	Rolling bool                 `json:"rolling,omitempty"` // the row is kept by Log; its times are in our clock
	Log     []Spend              `json:"log,omitempty"`     // rolling: what was spent when
	Lent    []Batch              `json:"lent,omitempty"`    // live batches
	Asked   map[Class]int64      `json:"asked,omitempty"`   // class -> epoch in which it last asked; rolling: Unix time in ms
	ByClass map[Class]int        `json:"byClass,omitempty"` // granted in this window
	Procs   map[string]time.Time `json:"procs,omitempty"`   // process -> when it last asked
	SeenAt  time.Time            `json:"seenAt,omitzero"`   // last answer
}

// Clone is a copy that shares nothing with the row.
func (r *Row) Clone() Row {
	c := *r
	c.Log, c.Lent = slices.Clone(r.Log), slices.Clone(r.Lent)
	c.Asked, c.ByClass, c.Procs = maps.Clone(r.Asked), maps.Clone(r.ByClass), maps.Clone(r.Procs)
	if r.Allowed != nil {
		n := *r.Allowed
		c.Allowed = &n
	}
	return c
}

// Spend is units that arrived at the service at one time at the latest.
type Spend struct {
	At    time.Time `json:"at"`
	N     int       `json:"n"`
	Class Class     `json:"class,omitempty"` // "" where it is not known
}

// Batch is calls granted to one process and not yet answered.
type Batch struct {
	ID    string    `json:"id"`
	Proc  string    `json:"proc"`
	Left  int       `json:"left"`
	Class Class     `json:"class,omitempty"`
	Until time.Time `json:"until"` // then the rest counts as spent and no longer as outstanding
	Fence time.Time `json:"fence"` // until then it keeps others from the account; later its process has lost the network
}

// Store is the one thing a backend does for the ledger; all arithmetic is
// written once, in this package.
type Store interface {
	// UpdateQuotas reads the rows of keys, in sorted order, lets fn change them
	// and saves them all, atomically over all processes that share the store. A
	// missing row comes with only its Key set. When fn returns an error nothing
	// is saved and the error is returned unwrapped. fn may run more than once.
	UpdateQuotas(ctx context.Context, keys []string, fn func(rows []*Row) error) error
	// Quotas returns the rows whose key begins with prefix, sorted by key; up to a hundred
	// as they were at one moment.
	Quotas(ctx context.Context, prefix string) ([]Row, error)
	// Owing returns the keys, sorted, of the rows in which one of some processes has
	// calls outstanding, also of many other rows at little cost. What a process that
	// lives takes or gives back meanwhile may be told or not.
	Owing(ctx context.Context, processes []string) ([]string, error)
}

// Owes says whether one of some processes has calls outstanding.
func (r *Row) Owes(processes []string) bool {
	return slices.ContainsFunc(r.Lent, func(b Batch) bool { return slices.Contains(processes, b.Proc) })
}
