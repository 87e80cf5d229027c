package mongo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"collector/search"
	"collector/state"
)

// network is the document of a network. What is absent is zero.
type network struct {
	ID         string            `bson:"_id"`
	User       string            `bson:"user"`
	UserHash   int64             `bson:"userHash"` // state.UserHash of User, for claims of a part of the users
	Service    string            `bson:"service"`
	AccountID  string            `bson:"accountId"`
	Provider   string            `bson:"provider"`
	Server     string            `bson:"server"`
	Account    string            `bson:"account"`
	AccountKey string            `bson:"accountKey"` // Account, as searches compare it
	RemoteID   string            `bson:"remoteId"`
	Params     map[string]string `bson:"params,omitempty"`
	List       string            `bson:"list,omitempty"` // what is collected; absent once that has ended
	CreatedAt  time.Time         `bson:"createdAt"`
	Version    int64             `bson:"version"` // grows with every write but those of the change log and the counts

	Paused  bool  `bson:"paused"`
	SyncSeq int64 `bson:"syncSeq"`
	FullSeq int64 `bson:"fullSeq"`

	Accepted   int64 `bson:"accepted,omitempty"`   // sweep of which a person takes all that it did not show as gone
	Swept      int64 `bson:"swept,omitempty"`      // the last sweep that has ended
	SweptEpoch int64 `bson:"sweptEpoch,omitempty"` // under which lease
	Unseen     bool  `bson:"unseen,omitempty"`     // there may be items that it did not show

	// Of the progress, what is asked for and what people look at; Progress has it all.
	Mode        state.Mode      `bson:"mode"`
	Condition   state.Condition `bson:"condition"`
	ScheduledTo time.Time       `bson:"scheduledTo,omitempty"`
	Reason      string          `bson:"reason,omitempty"`
	Progress    string          `bson:"progress"` // JSON of state.Progress

	Items int `bson:"items"`
	Bare  int `bson:"bare"`
	Bad   int `bson:"bad"`

	WakeAt     time.Time `bson:"wakeAt,omitempty"`
	SetAt      time.Time `bson:"setAt,omitempty"`   // when WakeAt was written, by the writer's clock
	Hurry      bool      `bson:"hurry,omitempty"`   // a person wants it due at once when the lease ends
	AskedAt    time.Time `bson:"askedAt,omitempty"` // when
	Owner      string    `bson:"owner,omitempty"`
	LeaseUntil time.Time `bson:"leaseUntil,omitempty"`
	Epoch      int64     `bson:"epoch"`
	Crashes    int       `bson:"crashes"`
	Sessions   bson.A    `bson:"sessions,omitempty"` // in which its owner saves pages
	Freed      release   `bson:"freed,omitempty"`    // mark of the newest release
	Claims     []string  `bson:"claims,omitempty"`   // marks of the newest claims
	By         string    `bson:"by,omitempty"`       // mark of the newest guarded update

	Taking      bool      `bson:"taking,omitempty"`  // what was kept of its list is still on its way, and nobody may claim it
	Removed     bool      `bson:"removed,omitempty"` // collecting was ended, the items were kept
	Purging     bool      `bson:"purging,omitempty"` // all of it is being deleted
	Pending     bool      `bson:"pending,omitempty"` // Unpublished is not empty
	Unpublished []entry   `bson:"unpublished,omitempty"`
	Attempts    []attempt `bson:"attempts,omitempty"`  // that have begun and are not over
	Saved       string    `bson:"saved,omitempty"`     // key of the newest attempt that was brought to its end
	Recounts    int64     `bson:"recounts"`            // how often its counters were set and not increased
	Uncounted   bool      `bson:"uncounted,omitempty"` // Counted is not what it is now
	Counted     *counted  `bson:"counted,omitempty"`   // as what the counts count it
}

// blank tells whether nothing was ever stored of a network, also nothing that is gone by
// now: no page was saved, nor was it given what another one or another store had.
func (n *network) blank() bool { return n.Items == 0 && n.Saved == "" && n.Recounts == 0 }

// farthest is how far ahead a due time can be; one beyond was written by a wrong
// clock.
const farthest = 40 * 24 * time.Hour

// atOnce is the WakeAt of what a person asked for: before everything else.
func atOnce() time.Time { return time.UnixMilli(1).UTC() }

// document makes the first document of a network.
func document(n state.Network) (*network, error) {
	d := &network{
		ID: n.ID, User: n.User, UserHash: int64(state.UserHash(n.User)), Service: n.Service, AccountID: n.AccountID, Provider: n.Provider, Server: n.Server, Account: n.Account,
		AccountKey: search.FieldKey(n.Account), RemoteID: n.RemoteID, Params: maps.Clone(n.Params), List: listOf(n),
		CreatedAt: n.CreatedAt, Paused: n.Paused, SyncSeq: n.SyncSeq, FullSeq: n.FullSeq, Accepted: n.Accepted, SetAt: n.CreatedAt, Uncounted: true,
	}
	n.Mode, n.ScheduledTo = state.Initial, n.CreatedAt
	n.Condition = cmp.Or(n.Condition, state.OK)
	if !n.Paused {
		d.WakeAt = d.firstDue()
	}
	return d, d.put(n.Progress)
}

// firstDue is when a network is due for the first time.
func (n *network) firstDue() time.Time {
	if n.CreatedAt.Before(atOnce()) {
		return atOnce()
	}
	return n.CreatedAt
}

// listOf names what a network collects: a list of an account.
func listOf(n state.Network) string {
	name := strconv.Quote(n.AccountID) + " " + strconv.Quote(n.Service)
	for _, key := range slices.Sorted(maps.Keys(n.Params)) {
		name += " " + strconv.Quote(key) + "=" + strconv.Quote(n.Params[key])
	}
	return name
}

// put writes progress into the document.
func (n *network) put(p state.Progress) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("the state of %s: %w", n.ID, err)
	}
	n.Progress = string(text)
	n.Mode, n.Condition, n.ScheduledTo, n.Reason = p.Mode, p.Condition, p.ScheduledTo, p.Reason
	return nil
}

// progress reads it back.
func (n *network) progress() (state.Progress, error) {
	p, err := state.DecodeProgress([]byte(n.Progress))
	if err != nil {
		return p, fmt.Errorf("network %s: %w", n.ID, err)
	}
	return p, nil
}

// view is the network as its readers know it.
func (n *network) view() (state.Network, error) {
	p, err := n.progress()
	v := state.Network{
		ID: n.ID, AccountID: n.AccountID, User: n.User, Service: n.Service, Provider: n.Provider, Server: n.Server, Account: n.Account,
		RemoteID: n.RemoteID, Params: n.Params, CreatedAt: n.CreatedAt, Paused: n.Paused, SyncSeq: n.SyncSeq, FullSeq: n.FullSeq, Accepted: n.Accepted,
		Progress: p, Items: n.Items, Bare: n.Bare, Bad: n.Bad, WakeAt: n.WakeAt, Owner: n.Owner, LeaseUntil: n.LeaseUntil,
		Epoch: n.Epoch, Crashes: n.Crashes,
	}
	if n.Hurry && n.WakeAt.Equal(atOnce()) {
		v.WakeAt = n.AskedAt // when it was asked for, not the mark that puts it first
	}
	return v, err
}

// fields are what of progress stands in a network's document.
func (n *network) fields() bson.D {
	return bson.D{
		{Key: "progress", Value: n.Progress},
		{Key: "mode", Value: n.Mode},
		{Key: "condition", Value: n.Condition},
		{Key: "scheduledTo", Value: date(n.ScheduledTo)},
		{Key: "reason", Value: n.Reason},
	}
}

// date is a time as a document keeps it: null for none.
func date(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// live is the filter of a network that is collected.
func live(id string) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "removed", Value: nil}}
}

// read returns the document of a network that a filter finds, or state.ErrNotFound.
func (s *Store) read(ctx context.Context, id string, filter any) (*network, error) {
	var n network
	err := s.networks.FindOne(ctx, filter).Decode(&n)
	if errors.Is(err, driver.ErrNoDocuments) {
		return nil, fmt.Errorf("network %q: %w", id, state.ErrNotFound)
	}
	return &n, err
}
