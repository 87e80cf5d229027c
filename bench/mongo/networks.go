package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"

	"collector/bench/figure"
	"collector/bench/scale"
	"collector/state"
	"collector/store"
)

// networks measures what must not grow with the number of networks. Their documents
// are written by bare code, since a million calls that add one each would take the
// time of all the rest.
func networks(ctx context.Context, r figure.Run, s *server) (figures []figure.Figure, err error) {
	size := scale.SizesOf(r)
	p, err := scale.NewPrograms(ctx, r, "./cmd/collector")
	if err != nil {
		return nil, err
	}
	var stores [3]store.Store
	for i, of := range []struct {
		name     string
		all, due int
	}{{"small", size.Few, size.Few}, {"some", size.Many, size.Few}, {"every", size.Many, size.Many}} {
		began := time.Now()
		if err := s.fill(ctx, of.name, of.all, of.due); err != nil {
			return nil, fmt.Errorf("writing networks: %w", err)
		}
		if stores[i], err = s.open(ctx, of.name, "bench"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, stores[i].Close()) }()
		r.Log("%d networks, of which %d are due, were written in %.1f s", of.all, of.due, time.Since(began).Seconds())
	}
	status, err := p.Status(ctx, scale.Place{
		Name: "mongo/networks", Address: s.URI("some"),
		Open:  func(ctx context.Context) (store.Store, error) { return s.open(ctx, "some", "") },
		Count: func(ctx context.Context) (int, int, error) { return s.count(ctx, "some") },
	}, size.Many)
	if err != nil {
		return nil, err
	}
	claims, err := scale.CompareClaims(ctx, "mongo/networks", size, 1.2, stores)
	return append(claims, status...), err
}

// fill makes a database of all networks of which so many are due, spread over all.
// The indexes are made by whoever opens it first.
func (s *server) fill(ctx context.Context, database string, all, due int) error {
	const some = 1000
	c := s.client.Database(database).Collection("networks")
	if _, err := s.client.Database(database).Collection("meta").InsertOne(ctx, bson.D{{Key: "_id", Value: "schema"}, {Key: "version", Value: 0}}); err != nil {
		return err
	}
	late := scale.DueBy()
	progress, err := json.Marshal(scale.Polled(late))
	if err != nil {
		return err
	}
	counted := tally{services: map[string]int{}}
	var group errgroup.Group
	group.SetLimit(4)
	for from := 0; from < all; from += some {
		var docs []any
		for n := from; n < min(from+some, all); n++ {
			wake := late.Add(time.Duration(n*7919%864_000_000) * time.Millisecond)
			if n*7919%all < due {
				wake = time.Now().Add(-time.Duration(n*7919%86_400_000) * time.Millisecond)
			}
			docs = append(docs, document(n, wake, string(progress), &counted))
		}
		group.Go(func() error {
			_, err := c.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	_, err = s.client.Database(database).Collection("counts").InsertOne(ctx, counted.document())
	return err
}

// tally counts the networks that are written.
type tally struct {
	services map[string]int
	items    int
}

// class is what a network of a service counts as.
func class(service string, items int) bson.D {
	return bson.D{
		{Key: "service", Value: service}, {Key: "mode", Value: state.Normal}, {Key: "condition", Value: state.OK}, {Key: "paused", Value: false}, {Key: "items", Value: items},
	}
}

// document is the counts as the product writes them.
func (t tally) document() bson.D {
	classes := bson.A{}
	for service, n := range t.services {
		classes = append(classes, append(class(service, 0), bson.E{Key: "networks", Value: n}))
	}
	return bson.D{{Key: "_id", Value: "all"}, {Key: "version", Value: 1}, {Key: "by", Value: "bench"}, {Key: "classes", Value: classes}, {Key: "items", Value: t.items}}
}

// document is a network as the product writes it, and counts it.
func document(n int, wake time.Time, progress string, counted *tally) bson.D {
	id, account, services := fmt.Sprintf("n%08d", n), fmt.Sprintf("a%08d", n), scale.Services()
	service := services[0]
	if n%2 == 1 {
		service = services[1+n/2%9]
	}
	counted.services[service]++
	counted.items += n % 300
	return bson.D{
		{Key: "_id", Value: id},
		{Key: "user", Value: "user1"},
		{Key: "service", Value: service},
		{Key: "accountId", Value: account},
		{Key: "provider", Value: "github"},
		{Key: "server", Value: ""},
		{Key: "account", Value: account},
		{Key: "accountKey", Value: account},
		{Key: "remoteId", Value: fmt.Sprint(n)},
		{Key: "list", Value: fmt.Sprintf("%q %q", account, service)},
		{Key: "createdAt", Value: wake.Add(-time.Hour)},
		{Key: "version", Value: 1},
		{Key: "paused", Value: false},
		{Key: "syncSeq", Value: 0},
		{Key: "fullSeq", Value: 0},
		{Key: "mode", Value: state.Normal},
		{Key: "condition", Value: state.OK},
		{Key: "scheduledTo", Value: wake},
		{Key: "reason", Value: "one like in 2 days is expected"},
		{Key: "progress", Value: progress},
		{Key: "items", Value: n % 300},
		{Key: "bare", Value: 0},
		{Key: "bad", Value: 0},
		{Key: "wakeAt", Value: wake},
		{Key: "setAt", Value: wake.Add(-time.Hour)},
		{Key: "epoch", Value: 1},
		{Key: "crashes", Value: 0},
		{Key: "counted", Value: append(class(service, n%300), bson.E{Key: "since", Value: 1})},
	}
}

// count counts the networks that are collected and their items one by one.
func (s *server) count(ctx context.Context, database string) (networks, items int, err error) {
	cursor, err := s.client.Database(database).Collection("networks").Aggregate(ctx, bson.A{
		bson.D{{Key: "$match", Value: bson.D{{Key: "removed", Value: nil}}}},
		bson.D{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: nil}, {Key: "networks", Value: bson.D{{Key: "$sum", Value: 1}}}, {Key: "items", Value: bson.D{{Key: "$sum", Value: "$items"}}},
		}}},
	})
	var all []struct{ Networks, Items int }
	if err == nil {
		err = cursor.All(ctx, &all)
	}
	if err == nil && len(all) != 1 {
		err = errors.New("counting networks: there are none")
	}
	if err != nil {
		return 0, 0, err
	}
	return all[0].Networks, all[0].Items, nil
}
