package mongo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/bench/figure"
	"collector/store"
	"collector/store/mongo"
	"collector/store/mongo/mongotest"
)

// server is the database server of one measurement.
type server struct {
	*mongotest.Servers
	client *driver.Client
}

// with runs a measurement over a server of its own, or says that there is none.
func with(do func(context.Context, figure.Run, *server) ([]figure.Figure, error)) func(context.Context, figure.Run) ([]figure.Figure, error) {
	return func(ctx context.Context, r figure.Run) (figures []figure.Figure, err error) {
		program, err := mongotest.Program(r.Root)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", figure.ErrLeftOut, err)
		}
		s := &server{}
		s.Servers, err = mongotest.Large(ctx, program, filepath.Join(r.Dir, "server"))
		defer func() { err = errors.Join(err, s.Stop()) }()
		if err != nil {
			return nil, err
		}
		// Writes of the floors are as safe as ours.
		s.client, err = driver.Connect(options.Client().ApplyURI(s.URI("")).SetWriteConcern(writeconcern.Majority()))
		if err != nil {
			return nil, fmt.Errorf("connecting to the server: %w", err)
		}
		defer func() { err = errors.Join(err, s.client.Disconnect(context.WithoutCancel(ctx))) }()
		return do(ctx, r, s)
	}
}

// open is a handle on a database.
func (s *server) open(ctx context.Context, database, owner string) (store.Store, error) {
	return mongo.Open(ctx, strings.TrimPrefix(s.URI(database), "mongodb:"), store.Options{Owner: owner, Lease: time.Hour})
}
