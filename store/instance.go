package store

import (
	"context"
	"time"
)

// Instances are running daemons.
type Instances interface {
	// Heartbeat records that an instance lives, and returns what is wished of it, in the one
	// write. Of one that is not there in.Wish is what is wished of it from then on: whoever
	// took it for dead has not changed its mind. Of one that is there in.Wish says nothing.
	Heartbeat(ctx context.Context, in Instance) (Wish, error)
	// Ask says what is wished of an instance from its next heartbeat on, or
	// state.ErrNotFound where it is not there.
	Ask(ctx context.Context, id string, w Wish) error
	// Beats returns the instances seen since a time.
	Beats(ctx context.Context, since time.Time) ([]Instance, error)
	// Leave removes an instance at shutdown.
	Leave(ctx context.Context, id string) error
}

// Instance is one running daemon.
type Instance struct {
	ID      string
	Host    string
	PID     int
	Mode    string // "both", "initial", "normal"
	Version string
	Started time.Time
	Seen    time.Time
	Running int     // networks in hand
	Quiet   bool    // it claims nothing, as was wished
	Wish    Wish    // what is wished of it; Quiet follows with its next heartbeat
	Vitals  *Vitals // nil: its version does not tell
}

// Wish is what a person wishes of an instance.
type Wish string

// The wishes. They end with the instance: the next start of a program is another one.
const (
	Work  Wish = ""      // to work, or to work again
	Quiet Wish = "quiet" // to claim nothing more, finish what it has in hand, and stay
	Stop  Wish = "stop"  // to claim nothing more, finish what it has in hand, and end
)

// Vitals are how an instance stood at its last heartbeat.
type Vitals struct {
	Busy     int   `json:"busy"`     // networks and jobs in work
	Workers  int   `json:"workers"`  // how many it may have in work
	Leases   int   `json:"leases"`   // on networks and jobs, those that wait for a worker among them
	Calls    int   `json:"calls"`    // to services, sent within the last minute
	Memory   int64 `json:"memory"`   // bytes
	Resident bool  `json:"resident"` // Memory is what the system counts as resident; else what Go has of it
	// Conns are the connections to the database that are in use, of MostConns that may be
	// open; 0 of 0 where the store has none, MostConns 0 where their number has no limit.
	Conns     int `json:"conns"`
	MostConns int `json:"most_conns"`
}

// Pooled is a store that has connections to a database.
type Pooled interface {
	// Connections are those in use now and the most that may be open; most 0 is no limit.
	Connections() (used, most int)
}
