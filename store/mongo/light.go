package mongo

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
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

// read takes the fields of comparedBy from a document. Thousands are read for a search, and
// looking at the fields of the row by their names costs several times as much.
func (r *row) read(doc bson.Raw) error {
	elements, err := doc.Elements()
	if err != nil {
		return err
	}
	for _, e := range elements {
		key, v, ok := e.Key(), e.Value(), true
		switch key {
		case "_id":
			r.ID, ok = v.ObjectIDOK()
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
			return fmt.Errorf("the field %s of an item is of type %s; another program has changed it", key, v.Type)
		}
	}
	return nil
}

// texts is a list of texts; nil may stand for an empty one.
func texts(v bson.RawValue) (out []string, ok bool) {
	if v.Type == bson.TypeNull {
		return nil, true
	}
	list, ok := v.ArrayOK()
	if !ok {
		return nil, false
	}
	values, err := list.Values()
	if err != nil {
		return nil, false
	}
	for _, v := range values {
		text, ok := v.StringValueOK()
		if !ok {
			return nil, false
		}
		out = append(out, text)
	}
	return out, true
}
