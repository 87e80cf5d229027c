package mongo

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// TestDocumentsAreCounted: the counts that are written beside the documents are what
// counting them gives.
func TestDocumentsAreCounted(t *testing.T) {
	counts := map[string]*bson.D{}
	items, networks := 0, 0
	for n := range 1000 {
		for _, e := range document(n, time.Unix(0, 0), "{}", counts) {
			if e.Key == "items" {
				items += e.Value.(int)
			}
		}
	}
	for _, c := range counts {
		for _, e := range *c {
			switch e.Key {
			case "items":
				items -= e.Value.(int)
			case "networks":
				networks += e.Value.(int)
			}
		}
	}
	if items != 0 || networks != 1000 || len(counts) != 10 {
		t.Errorf("%d networks in %d classes, %d items too few", networks, len(counts), items)
	}
}
