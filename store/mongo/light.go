package mongo

import (
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Of most items that a search reads, little is looked at: what they are ranked, counted or
// compared by. These are the fields of each; what a page shows is read whole.
var (
	rankedBy   = only("_id", "net", "itemId", "likedAt", "title", "authorName", "tags")
	countedBy  = only("type", "likedAt", "tags", "language")
	comparedBy = only("_id", "net", "itemId", "likedAt", "title", "authorName", "tags", "type", "language", "description", "source", "kind", "private", "removedAt")
)

// only is a projection of some fields; the id is among them where it is named.
func only(fields ...string) bson.D {
	out := bson.D{}
	if !slices.Contains(fields, "_id") {
		out = append(out, bson.E{Key: "_id", Value: 0})
	}
	for _, f := range fields {
		out = append(out, bson.E{Key: f, Value: 1})
	}
	return out
}

// read takes the fields of comparedBy from a document. Thousands are read for a search:
// looking at the fields of the row by their names costs several times as much, and so does
// a list of the fields before they are looked at.
func (r *row) read(doc bson.Raw) error {
	return each(doc, func(name []byte, v bsoncore.Value) error {
		ok := true
		switch string(name) { // no copy
		case "_id":
			var id [12]byte
			id, ok = v.ObjectIDOK()
			r.ID = id
		case "net":
			r.Net, ok = v.StringValueOK()
		case "itemId":
			r.ItemID, ok = v.StringValueOK()
		case "likedAt":
			r.LikedAt, ok = v.TimeOK()
			r.LikedAt = r.LikedAt.UTC()
		case "title":
			r.Title, ok = v.StringValueOK()
		case "authorName":
			r.Author, ok = v.StringValueOK()
		case "tags":
			r.Tags, ok = texts(v)
		case "type":
			r.Service, ok = v.StringValueOK()
		case "language":
			r.Language, ok = v.StringValueOK()
		case "description":
			r.Text, ok = v.StringValueOK()
		case "source":
			r.URL, ok = v.StringValueOK()
		case "kind":
			r.Kind, ok = v.StringValueOK()
		case "private":
			r.Private, ok = v.BooleanOK()
		case "removedAt":
			r.RemovedAt, ok = v.TimeOK()
		}
		if !ok {
			return fmt.Errorf("the field %s of an item is of type %s; another program has changed it", name, v.Type)
		}
		return nil
	})
}

// texts is a list of texts; nil may stand for an empty one.
func texts(v bsoncore.Value) (out []string, ok bool) {
	if v.Type == bsoncore.TypeNull {
		return nil, true
	}
	list, ok := v.ArrayOK()
	if !ok {
		return nil, false
	}
	err := each(list, func(_ []byte, v bsoncore.Value) error {
		text, is := v.StringValueOK()
		ok = ok && is
		out = append(out, text)
		return nil
	})
	return out, ok && err == nil
}

// each calls fn for every field of a document, or element of a list.
func each(doc []byte, fn func(name []byte, v bsoncore.Value) error) error {
	_, rest, ok := bsoncore.ReadLength(doc)
	for ok && len(rest) > 1 { // it ends with a zero
		var e bsoncore.Element
		if e, rest, ok = bsoncore.ReadElement(rest); !ok {
			break
		}
		v, err := e.ValueErr()
		if err != nil {
			return err
		}
		if err := fn(e.KeyBytes(), v); err != nil {
			return err
		}
	}
	if !ok {
		return errors.New("a document of the server is cut short")
	}
	return nil
}
