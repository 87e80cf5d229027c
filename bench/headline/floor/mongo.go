package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// mongoWriter writes documents with the fields that the product gives them.
type mongoWriter struct {
	client *driver.Client
	items  *driver.Collection
	upsert bool
}

func openMongo(address string, upsert bool) (*mongoWriter, error) {
	at, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address of the store is none")
	}
	client, err := driver.Connect(options.Client().ApplyURI(address).SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return &mongoWriter{client: client, items: client.Database(strings.TrimPrefix(at.Path, "/")).Collection("items"), upsert: upsert}, nil
}

func (w *mongoWriter) close() error { return w.client.Disconnect(context.Background()) }

// document is an item as the product stores one that it sees for the first time.
type document struct {
	ID         *bson.ObjectID `bson:"_id,omitempty"`
	Net        string         `bson:"net"`
	User       string         `bson:"user"`
	Service    string         `bson:"type"`
	ItemID     string         `bson:"itemId"`
	URL        string         `bson:"source"`
	Kind       string         `bson:"kind"`
	Title      string         `bson:"title"`
	Text       string         `bson:"description,omitempty"`
	Author     string         `bson:"authorName"`
	AuthorURL  string         `bson:"authorUrl"`
	Avatar     string         `bson:"avatarUrl"`
	Tags       []string       `bson:"tags,omitempty"`
	Language   string         `bson:"language,omitempty"`
	Private    bool           `bson:"private,omitempty"`
	CreatedAt  time.Time      `bson:"created"`
	LikedAt    time.Time      `bson:"likedAt"`
	LikedFrom  string         `bson:"likedFrom"`
	Words      []string       `bson:"words"`
	Hash       int64          `bson:"hash"`
	Walk       int64          `bson:"walk"`
	FirstSeen  time.Time      `bson:"firstSeenAt"`
	ObservedAt time.Time      `bson:"observedAt"`
	AddedBy    string         `bson:"addedBy"`
}

func (s star) document(net, user string, now time.Time) (*document, error) {
	liked, made, err := s.times()
	if err != nil {
		return nil, err
	}
	r, o := s.Repo, s.Repo.Owner
	d := &document{
		Net: net, User: user, Service: "github", ItemID: strconv.FormatInt(r.ID, 10), URL: r.HTMLURL, Kind: "repository", Title: r.FullName, Text: r.Description,
		Author: o.Login, AuthorURL: o.HTMLURL, Avatar: o.AvatarURL, Tags: r.Topics, Language: r.Language, Private: r.Private,
		CreatedAt: made, LikedAt: liked, LikedFrom: "api", Hash: s.hash(strings.Join(r.Topics, " ")), Walk: 1, FirstSeen: now, ObservedAt: now, AddedBy: net + "/1/1",
	}
	d.Words = append(s.words(), "by:"+strings.ToLower(o.Login), "lang:"+strings.ToLower(r.Language), "kind:repository")
	for _, tag := range r.Topics {
		d.Words = append(d.Words, "#"+tag)
	}
	return d, nil
}

func (w *mongoWriter) write(ctx context.Context, net int64, page []star) (int, error) {
	var docs []any
	var upserts []driver.WriteModel
	now, list := time.Now(), fmt.Sprintf("019a5d4c-0000-7000-8000-%012d", net) // as long as the product's names
	for _, s := range page {
		d, err := s.document(list, fmt.Sprint("user", (net-1)/100), now)
		if err != nil {
			return 0, err
		}
		if w.upsert {
			upserts = append(upserts, driver.NewUpdateOneModel().SetUpsert(true).
				SetFilter(bson.D{{Key: "net", Value: d.Net}, {Key: "itemId", Value: d.ItemID}}).SetUpdate(bson.D{{Key: "$set", Value: d}}))
			continue
		}
		id := bson.NewObjectID()
		d.ID = &id
		docs = append(docs, d)
	}
	if w.upsert {
		r, err := w.items.BulkWrite(ctx, upserts, options.BulkWrite().SetOrdered(false))
		if err != nil {
			return 0, fmt.Errorf("upserting documents: %w", err)
		}
		return int(r.UpsertedCount + r.ModifiedCount), nil
	}
	r, err := w.items.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	if err != nil {
		return 0, fmt.Errorf("inserting documents: %w", err)
	}
	return len(r.InsertedIDs), nil
}
