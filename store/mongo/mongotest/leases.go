package mongotest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// The steps of a network between two rests.
const (
	Claimed = "claimed" // somebody got a lease: Epoch and Owner are new
	Saved   = "saved"   // a page was saved
	Ended   = "ended"   // the lease is over: Owner is who had it
)

// Step is what happened to one network. The database tells the steps of a network in
// the order in which they took effect, whoever made them.
type Step struct {
	Network string
	Kind    string
	Owner   string // of the lease, "" where nobody has one
	Epoch   int64  // of the lease
	Until   time.Time
	Due     time.Time // as the network shows it after the step
	Told    time.Time // when we heard of it, a little after it took effect
	Session string    // Saved: in which that was done; a session is one process's
	Bare    bool      // Ended: nothing was saved with it, as when somebody else frees it
}

// known is what a network was when it was last heard of.
type known struct {
	Owner    string    `bson:"owner"`
	Epoch    int64     `bson:"epoch"`
	Until    time.Time `bson:"leaseUntil"`
	Due      time.Time `bson:"scheduledTo"`
	Progress string    `bson:"progress"`

	saving string // session of the newest attempt to save a page
}

// told is one entry of a change stream
// (https://www.mongodb.com/docs/manual/reference/change-events/).
type told struct {
	Kind string   `bson:"operationType"`
	Full bson.Raw `bson:"fullDocument"` // of an insert, and of a replacement
	Key  struct {
		ID string `bson:"_id"`
	} `bson:"documentKey"`
	Session struct {
		ID bson.Binary `bson:"id"`
	} `bson:"lsid"` // of transactions alone
	Update struct {
		Set   bson.Raw `bson:"updatedFields"`
		Unset []string `bson:"removedFields"`
	} `bson:"updateDescription"`
}

// Follow tells fn of every step of the networks in a collection, from now on and in
// order, until ctx ends. It returns once it listens; the function that it returns
// waits for the end and says what went wrong before. A replica set is needed.
func Follow(ctx context.Context, networks *mongo.Collection, fn func(Step)) (func() error, error) {
	stream, err := networks.Watch(ctx, mongo.Pipeline{})
	if err != nil {
		return nil, fmt.Errorf("following the networks: %w", err)
	}
	before := map[string]known{}
	cursor, err := networks.Find(ctx, bson.D{})
	if err != nil {
		return nil, fmt.Errorf("following the networks: %w", errors.Join(err, stream.Close(ctx)))
	}
	for cursor.Next(ctx) {
		k, id := known{}, cursor.Current.Lookup("_id").StringValue()
		if err := bson.Unmarshal(cursor.Current, &k); err != nil {
			return nil, fmt.Errorf("following the networks: %w", errors.Join(err, stream.Close(ctx)))
		}
		before[id] = k
	}
	if err := cursor.Err(); err != nil {
		return nil, fmt.Errorf("following the networks: %w", errors.Join(err, stream.Close(ctx)))
	}
	done := make(chan error, 1)
	go func() {
		defer stream.Close(context.WithoutCancel(ctx))
		for stream.Next(ctx) {
			var e told
			if err := stream.Decode(&e); err != nil {
				done <- fmt.Errorf("following the networks: %w", err)
				return
			}
			was := before[e.Key.ID]
			is, err := e.after(was)
			if err != nil {
				done <- fmt.Errorf("following the networks: %w", err)
				return
			}
			before[e.Key.ID] = is
			if s := e.step(was, is); s.Kind != "" {
				fn(s)
			}
		}
		if ctx.Err() != nil {
			done <- nil
			return
		}
		done <- fmt.Errorf("following the networks: %w", stream.Err())
	}()
	return func() error { return <-done }, nil
}

// after is what the network is once the entry has taken effect.
func (e *told) after(was known) (is known, err error) {
	if e.Full != nil {
		return is, bson.Unmarshal(e.Full, &is)
	}
	is = was
	if session := e.attempt(); session != "" {
		is.saving = session
	}
	for _, name := range e.Update.Unset {
		switch name {
		case "owner":
			is.Owner = ""
		case "leaseUntil":
			is.Until = time.Time{}
		case "scheduledTo":
			is.Due = time.Time{}
		}
	}
	if e.Update.Set == nil {
		return is, nil
	}
	return is, bson.Unmarshal(e.Update.Set, &is)
}

// step says what an entry means.
func (e *told) step(was, is known) Step {
	s := Step{Network: e.Key.ID, Owner: is.Owner, Epoch: is.Epoch, Until: is.Until, Due: is.Due, Told: time.Now()}
	switch {
	case is.Epoch != was.Epoch && is.Owner != "":
		s.Kind = Claimed
	case was.Owner != "" && is.Owner == "":
		s.Kind, s.Owner, s.Bare = Ended, was.Owner, is.Progress == was.Progress
	case e.page():
		s.Kind, s.Session = Saved, cmp.Or(string(e.Session.ID.Data), is.saving)
	}
	return s
}

// attempt is the session of the attempt to save a page that the entry notes, "" for none.
func (e *told) attempt() string {
	fields, err := e.Update.Set.Elements()
	if err != nil {
		return ""
	}
	for _, f := range fields {
		if f.Key() != "attempts" && !strings.HasPrefix(f.Key(), "attempts.") {
			continue
		}
		one, is := f.Value().DocumentOK()
		if all, many := f.Value().ArrayOK(); many {
			if values, err := all.Values(); err == nil && len(values) > 0 {
				one, is = values[len(values)-1].DocumentOK()
			}
		}
		if is {
			if _, id, ok := one.Lookup("session", "id").BinaryOK(); ok {
				return string(id)
			}
		}
	}
	return ""
}

// page says whether the entry is of a page that was saved.
func (e *told) page() bool {
	_, err := e.Update.Set.LookupErr("saved")
	return err == nil
}
