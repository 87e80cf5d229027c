package mongo

import (
	"reflect"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// TestReadAsDecoded: what is read of a document by hand is what the driver decodes.
func TestReadAsDecoded(t *testing.T) {
	at := time.Date(2026, time.March, 1, 12, 0, 0, 5e6, time.UTC)
	for name, r := range map[string]row{
		"full": {
			ID: bson.NewObjectID(), Net: "n", Service: "github", ItemID: "1", URL: "https://example.org/1", Kind: "post",
			Title: "a", Text: "b", Author: "c", Tags: []string{"d", "e"}, Language: "Go", Private: true, LikedAt: at, RemovedAt: at.Add(time.Hour),
		},
		"bare": {ID: bson.NewObjectID(), Net: "n", LikedAt: at},
	} {
		doc, err := bson.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var got, want row
		if err := got.read(doc); err != nil {
			t.Fatal(err)
		}
		if err := bson.Unmarshal(doc, &want); err != nil {
			t.Fatal(err)
		}
		if want.LikedAt = want.LikedAt.UTC(); !reflect.DeepEqual(got.item(), want.item()) {
			t.Errorf("%s: read %+v, decoded %+v", name, got.item(), want.item())
		}
		if got.ID != want.ID || got.Net != want.Net || got.Service != want.Service || !got.RemovedAt.Equal(want.RemovedAt) {
			t.Errorf("%s: read %+v, decoded %+v", name, got, want)
		}
	}
	for _, field := range []string{"_id", "title", "tags", "likedAt", "private"} {
		doc, err := bson.Marshal(bson.D{{Key: field, Value: 7}})
		if err != nil {
			t.Fatal(err)
		}
		if err := new(row).read(doc); err == nil {
			t.Errorf("a number is read as %s", field)
		}
	}
}
