package store

import "time"

// ChangeCount is an entry of the change log that says of how many items it tells, and not
// of which.
type ChangeCount struct {
	Seq                     int64
	At                      time.Time
	User                    string
	NetworkID               string
	Network                 string // service/account
	Page                    string
	Kind                    string
	Added, Changed, Removed int // items
}

// Count is a change without the ids of its items.
func (c Change) Count() ChangeCount {
	return ChangeCount{
		Seq: c.Seq, At: c.At, User: c.User, NetworkID: c.NetworkID, Network: c.Network, Page: c.Page, Kind: c.Kind,
		Added: len(c.Added), Changed: len(c.Changed), Removed: len(c.Removed),
	}
}
