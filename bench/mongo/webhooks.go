package mongo

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/bench/webhooks"
	"collector/queue"
	queuemongo "collector/queue/mongo"
	"collector/store"
	"collector/store/mongo"
)

// called measures the calls of webhooks over MongoDB. The store and the jobs share one client
// of 20 connections.
func called(ctx context.Context, r figure.Run, s *server) ([]figure.Figure, error) {
	return webhooks.Figures(ctx, r, "webhooks/mongo", func(ctx context.Context, run string) (store.Store, queue.Store, func() error, error) {
		at := strings.TrimPrefix(s.URI("webhooks"+run), "mongodb:") + "&maxPoolSize=" + strconv.Itoa(webhooks.Conns)
		st, err := mongo.Open(ctx, at, store.Options{Owner: webhooks.User, Lease: time.Hour})
		if err != nil {
			return nil, nil, nil, err
		}
		jobs, err := queuemongo.Open(ctx, st.(*mongo.Store).Database(), queuemongo.Options{Prefix: "webhook_"})
		if err != nil {
			return nil, nil, nil, errors.Join(err, st.Close())
		}
		return st, jobs, func() error { jobs.Close(); return st.Close() }, nil
	})
}
