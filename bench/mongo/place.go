package mongo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/bench/process"
	"collector/store"
	"collector/store/mongo"
)

// place are databases of a server in which the programs run.
type place struct {
	*server
	runs int
}

// prepared is the database with all accounts in it.
const prepared = "prepared"

// Prepared implements headline.Place.
func (p *place) Prepared() string { return p.URI(prepared) }

// Open implements headline.Place.
func (p *place) Open(ctx context.Context, address string) (store.Store, error) {
	return mongo.Open(ctx, strings.TrimPrefix(address, "mongodb:"), store.Options{})
}

// Copy implements headline.Place. The product makes the indexes, then the documents
// are copied.
func (p *place) Copy(ctx context.Context) (string, error) {
	p.runs++
	name := fmt.Sprintf("run%d", p.runs)
	st, err := p.Open(ctx, p.URI(name))
	if err != nil {
		return "", err
	}
	if err := st.Close(); err != nil {
		return "", err
	}
	from := p.client.Database(prepared)
	names, err := from.ListCollectionNames(ctx, bson.D{})
	for _, c := range names {
		if err != nil {
			break
		}
		_, err = from.Collection(c).Aggregate(ctx, bson.A{bson.D{{Key: "$merge", Value: bson.D{
			{Key: "into", Value: bson.D{{Key: "db", Value: name}, {Key: "coll", Value: c}}}, {Key: "whenMatched", Value: "replace"},
		}}}})
	}
	if err != nil {
		return "", fmt.Errorf("copying the prepared store: %w", err)
	}
	return p.URI(name), nil
}

// Drop implements headline.Place.
func (p *place) Drop(ctx context.Context, address string) error {
	return p.client.Database(database(address)).Drop(ctx)
}

// Count implements headline.Place.
func (p *place) Count(ctx context.Context, address string) (items, searchable int, err error) {
	c := p.client.Database(database(address)).Collection("items")
	all, err := c.CountDocuments(ctx, bson.D{})
	found, err2 := c.CountDocuments(ctx, bson.D{{Key: "words.0", Value: bson.D{{Key: "$exists", Value: true}}}})
	return int(all), int(found), errors.Join(err, err2)
}

// CPU implements headline.Place.
func (p *place) CPU() (time.Duration, error) { return process.CPU(p.Members[0].PID()) }

// database is the name of the one in an address.
func database(address string) string {
	before, _, _ := strings.Cut(address, "?")
	return before[strings.LastIndex(before, "/")+1:]
}
