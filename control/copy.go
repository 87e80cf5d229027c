package control

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"collector/store"
)

// Copy tells of a whole copy of a store.
type Copy struct {
	Bytes      int64  `json:"bytes"`
	Items      int    `json:"items"`      // present ones, of all networks
	Networks   int    `json:"networks"`   // without those whose collecting has ended
	Accounts   int    `json:"accounts"`   // of which sign-ins are sealed in it
	Schema     int64  `json:"schema"`     // version
	LastChange int64  `json:"lastChange"` // newest number of the log of changes
	Simulated  bool   `json:"simulated"`  // made-up data of the demo
	Key        string `json:"key"`        // where the secret key is that opens the sign-ins, in words
}

// LastBackup is when a copy of the store was last made that somebody has.
type LastBackup struct {
	At    time.Time // when it was begun: what came later is not in it; zero where none was made
	Bytes int64     // its size; 0 where it is not known
}

// NoteBackup has the store know of a backup, once somebody has it whole.
func (p *Panel) NoteBackup(ctx context.Context, b LastBackup) error {
	return p.Store.SetMeta(ctx, store.MetaBackedUp, fmt.Sprint(b.At.UTC().Format(time.RFC3339), " ", b.Bytes))
}

// LastBackup is what the store knows of its last backup. A note that another program wrote
// otherwise is none.
func (p *Panel) LastBackup(ctx context.Context) (LastBackup, error) {
	text, err := p.Store.Meta(ctx, store.MetaBackedUp)
	if err != nil {
		return LastBackup{}, err
	}
	when, size, _ := strings.Cut(text, " ")
	at, err := time.Parse(time.RFC3339, when)
	if err != nil {
		return LastBackup{}, nil
	}
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 { // it was noted before sizes were
		n = 0
	}
	return LastBackup{at, n}, nil
}
