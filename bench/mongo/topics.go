package mongo

import (
	"context"
	"errors"
	"fmt"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/bench/figure"
	"collector/bench/topics"
	"collector/broker"
	brokermongo "collector/broker/mongo"
	queuememory "collector/queue/memory"
)

// live measures how fast messages of a topic reach subscribers through MongoDB: who sends
// and who subscribes are two brokers, each with connections of its own, as two processes
// are. A message is acknowledged, and shown, when the majority has it.
func live(ctx context.Context, r figure.Run, s *server) ([]figure.Figure, error) {
	return topics.Figures(ctx, r, "topics/mongo", 100_000, 10_000, func(ctx context.Context, run int) (topics.Pair, func() error, error) {
		send, endSend, err := s.broker(ctx, fmt.Sprint("topics", run))
		if err != nil {
			return topics.Pair{}, nil, err
		}
		take, endTake, err := s.broker(ctx, fmt.Sprint("topics", run))
		if err != nil {
			return topics.Pair{}, nil, errors.Join(err, endSend())
		}
		return topics.Pair{Send: send, Take: take}, func() error { return errors.Join(endTake(), endSend()) }, nil
	})
}

// broker is one over a database, whose queues nobody uses.
func (s *server) broker(ctx context.Context, database string) (*broker.Broker, func() error, error) {
	client, err := driver.Connect(options.Client().ApplyURI(s.URI("")))
	if err != nil {
		return nil, nil, fmt.Errorf("connecting to the server: %w", err)
	}
	leave := func() error { return client.Disconnect(context.WithoutCancel(ctx)) }
	log, err := brokermongo.Open(ctx, client.Database(database), broker.Keep{})
	if err != nil {
		return nil, nil, errors.Join(err, leave())
	}
	b := broker.New(queuememory.New(), log, broker.Options{Owner: "bench"})
	return b, func() error { return errors.Join(b.Close(context.WithoutCancel(ctx)), leave()) }, nil
}
