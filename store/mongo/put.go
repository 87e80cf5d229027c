package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/item"
	"collector/store"
)

// Put saves records as they are; see store.Movable. New items are inserted, which
// costs a seventh of looking for each; where one is there already, which is so
// after a move that was cut short, they are put under their keys.
func (s *Store) Put(ctx context.Context, records []store.Record) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	writes := map[*driver.Collection][]driver.WriteModel{}
	put := func(c *driver.Collection, id string, doc any) {
		writes[c] = append(writes[c], driver.NewReplaceOneModel().SetFilter(where("_id", id)).SetReplacement(doc).SetUpsert(true))
	}
	var items []*row
	for _, r := range records {
		switch {
		case r.Account != nil:
			a := account(*r.Account)
			a.CreatedAt = whole(a.CreatedAt)
			put(s.accounts, a.ID, a)
		case r.Credential != nil:
			c := r.Credential
			put(s.credentials, c.Account, credential{Account: c.Account, Version: c.Version, By: mark(), KeyID: c.KeyID, Sealed: c.Sealed})
		case r.Quota != nil:
			text, err := json.Marshal(r.Quota)
			if err != nil {
				return fmt.Errorf("the quota %s: %w", r.Quota.Key, err)
			}
			put(s.quotas, r.Quota.Key, quota{Key: r.Quota.Key, Version: 1, By: mark(), Row: string(text)})
		case r.Network != nil:
			m, err := networkPut(*r.Network)
			if err != nil {
				return err
			}
			writes[s.networks] = append(writes[s.networks], m)
		case r.Item != nil:
			items = append(items, rowOf(*r.Item))
		case r.Bad != nil:
			writes[s.quarantine] = append(writes[s.quarantine], badPut(*r.Bad))
		}
	}
	for c, ws := range writes {
		if _, err := c.BulkWrite(ctx, ws, options.BulkWrite().SetOrdered(false)); err != nil {
			return wrap("saving what is moved", err)
		}
	}
	return wrap("saving items that are moved", s.putItems(ctx, items))
}

// putItems inserts items, and replaces those that are there.
func (s *Store) putItems(ctx context.Context, items []*row) error {
	if len(items) == 0 {
		return nil
	}
	docs := make([]any, len(items))
	for i, r := range items {
		docs[i] = r
	}
	_, err := s.items.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	if !driver.IsDuplicateKeyError(err) {
		return err
	}
	var writes []driver.WriteModel
	for _, r := range items {
		doc, err := without(r, "_id")
		if err != nil {
			return err
		}
		writes = append(writes, driver.NewReplaceOneModel().SetUpsert(true).
			SetFilter(bson.D{{Key: "net", Value: r.Net}, {Key: "itemId", Value: r.ItemID}}).SetReplacement(doc))
	}
	_, err = s.items.BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false))
	return err
}

// without is a document without some of its fields.
func without(doc any, fields ...string) (bson.D, error) {
	raw, err := bson.Marshal(doc)
	if err != nil {
		return nil, err
	}
	var d bson.D
	if err := bson.Unmarshal(raw, &d); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(d, func(e bson.E) bool { return slices.Contains(fields, e.Key) }), nil
}

// networkPut writes a network and leaves alone what the counts know of it.
func networkPut(w store.WholeNetwork) (driver.WriteModel, error) {
	w = w.Freed()
	d, err := document(w.Network)
	if err != nil {
		return nil, err
	}
	d.CreatedAt, d.SetAt, d.WakeAt, d.AskedAt = whole(w.CreatedAt), whole(w.SetAt), whole(w.WakeAt), whole(w.Asked)
	d.Hurry, d.Removed, d.Epoch, d.Crashes = !w.Asked.IsZero(), w.Ended, w.Epoch, w.Crashes
	d.Items, d.Bare, d.Bad, d.Recounts = w.Items, w.Bare, w.Bad, 1
	if w.First {
		d.WakeAt = atOnce()
	}
	if w.Ended {
		d.List = ""
	}
	if err := d.put(w.Progress); err != nil {
		return nil, err
	}
	fields, err := without(d, "_id", "version", "counted")
	if err != nil {
		return nil, err
	}
	gone := bson.D{}
	for _, name := range []string{"params", "list", "scheduledTo", "reason", "wakeAt", "setAt", "hurry", "askedAt", "accepted", "swept", "sweptEpoch", "unseen", "removed", "owner", "leaseUntil"} {
		if !slices.ContainsFunc(fields, func(e bson.E) bool { return e.Key == name }) {
			gone = append(gone, bson.E{Key: name, Value: ""})
		}
	}
	return driver.NewUpdateOneModel().SetUpsert(true).SetFilter(where("_id", d.ID)).SetUpdate(bson.D{
		{Key: "$set", Value: fields}, {Key: "$unset", Value: gone}, {Key: "$inc", Value: where("version", 1)},
	}), nil
}

// rowOf is the document of an item of another store.
func rowOf(w store.WholeItem) *row {
	r := &row{
		Net: w.Network, User: w.User, Service: w.Service, Walk: w.Walk, Imported: w.Imported,
		FirstSeen: whole(w.FirstSeenAt), ObservedAt: whole(w.ObservedAt), BareDue: whole(w.BareDue),
		RemovedAt: whole(w.RemovedAt), Because: w.RemovedBecause, AddedBy: w.AddedBy, ChangedBy: w.ChangedBy,
	}
	seen := w.LikedAt
	if w.LikedFrom != item.FromFirstSeen || seen.IsZero() {
		seen = w.FirstSeenAt
	}
	r.put(normal(w.Item, seen))
	return r
}

func badPut(b store.WholeBad) driver.WriteModel {
	return driver.NewReplaceOneModel().SetUpsert(true).SetFilter(bson.D{{Key: "net", Value: b.Network}, {Key: "key", Value: b.Key}}).
		SetReplacement(object{
			Net: b.Network, User: b.User, Key: b.Key, ItemID: b.ID, Raw: []byte(b.Raw), Reason: strings.ToValidUTF8(b.Reason, "\ufffd"),
			Version: b.Version, Walk: b.Walk, At: whole(b.At),
		})
}

// BeginLog has the change log begin behind a number.
func (s *Store) BeginLog(ctx context.Context, last int64) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	err := s.changes.FindOne(ctx, bson.D{}).Err()
	if err == nil {
		return fmt.Errorf("the change log of %s is not empty", s.where)
	}
	if errors.Is(err, driver.ErrNoDocuments) {
		_, err = s.meta.UpdateByID(ctx, logID, set(where("floor", last)), options.UpdateOne().SetUpsert(true))
	}
	return wrap("beginning the change log", err)
}
