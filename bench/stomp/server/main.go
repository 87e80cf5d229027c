// Command server is the STOMP server of the benchmarks, as a process of its own over a store
// that is asked for, so that its CPU time is its own. It prints where it listens as one JSON
// object and ends with its standard input.
//
// Usage: server -store memory
//
//	server -store sqlite:FILE          as the collector keeps messages beside its store
//	server -store mongodb://… [-w1]    acknowledged by the majority, or by the primary alone
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/broker/stomp"
	"collector/queue"
	queuememory "collector/queue/memory"
	queuemongo "collector/queue/mongo"
	queuesqlite "collector/queue/sqlite"
	"collector/store/sqlite"
)

// Hello is what the server prints when it is ready.
type Hello struct {
	Address string `json:"address"` // of STOMP over TCP
}

func main() {
	store := flag.String("store", "memory", "where messages of queues are kept: memory, sqlite:FILE or mongodb://…")
	w1 := flag.Bool("w1", false, "over MongoDB the primary alone acknowledges")
	flag.Parse()
	if err := run(*store, *w1, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(store string, w1 bool, in io.Reader, out io.Writer) (err error) {
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, in) // ends when whoever started us ends
		stop()
	}()
	jobs, closing, err := open(ctx, store, w1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	b := broker.New(jobs, brokermemory.New(), broker.Options{Owner: "bench", Report: func(err error) { fmt.Fprintln(os.Stderr, "server:", err) }})
	defer func() { err = errors.Join(err, b.Close(context.WithoutCancel(ctx))) }()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening for STOMP: %w", err)
	}
	if err := json.NewEncoder(out).Encode(Hello{ln.Addr().String()}); err != nil {
		return err
	}
	return stomp.New(b, stomp.Options{Name: "bench/1"}).Serve(ctx, ln)
}

// open opens the store of jobs, in which the messages of queues are kept.
func open(ctx context.Context, address string, w1 bool) (queue.Store, func() error, error) {
	kind, rest, _ := strings.Cut(address, ":")
	switch kind {
	case "memory":
		return queuememory.New(), func() error { return nil }, nil
	case "sqlite":
		db, err := sqlite.Beside(ctx, rest)
		if err != nil {
			return nil, nil, err
		}
		jobs, err := queuesqlite.Open(ctx, db)
		if err != nil {
			return nil, nil, errors.Join(err, db.Close())
		}
		return jobs, func() error { return errors.Join(jobs.Close(), db.Close()) }, nil
	case "mongodb":
		client, err := driver.Connect(options.Client().ApplyURI(address))
		if err != nil {
			return nil, nil, fmt.Errorf("connecting to the database: %w", err)
		}
		o := queuemongo.Options{}
		if w1 {
			o.WriteConcern = writeconcern.W1()
		}
		leave := func() error { return client.Disconnect(context.WithoutCancel(ctx)) }
		jobs, err := queuemongo.Open(ctx, client.Database("stomp"), o)
		if err != nil {
			return nil, nil, errors.Join(err, leave())
		}
		return jobs, func() error { jobs.Close(); return leave() }, nil
	}
	return nil, nil, fmt.Errorf("%q is no store: memory, sqlite:FILE or mongodb://…", address)
}
