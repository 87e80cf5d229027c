package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/failpoint"
)

// indexRemoved has the likes that are gone, which are few: a search for them reads these
// alone. An item that is not gone has no entry, so that storing one writes no more.
const indexRemoved = "removed"

// removedItems makes that index.
func (s *Store) removedItems(ctx context.Context) error {
	if err := failpoint.Hit(ctx, "migrate.step"); err != nil {
		return err
	}
	_, err := s.items.Indexes().CreateOne(ctx, driver.IndexModel{
		Keys: append(where("user", 1), byDate()...),
		Options: options.Index().SetName(indexRemoved).
			SetPartialFilterExpression(where("removedAt", bson.D{{Key: "$exists", Value: true}})),
	})
	return err
}
