package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/bench/figure"
	"collector/bench/jobs"
	"collector/bench/process"
	"collector/queue/mongo"
)

// queued measures how many jobs a second one dispatcher takes from the job queue and
// completes, beside the loop that most queues over MongoDB have: findAndModify of one
// message after the other, which is removed by it. The loop promises less, since what
// it has in hand when it dies is lost.
func queued(ctx context.Context, r figure.Run, s *server) (figures []figure.Figure, err error) {
	n, loops := 10_000, 2000
	if r.Short {
		n, loops = 300, 50
	}
	for _, of := range []struct {
		name  string
		safe  *writeconcern.WriteConcern
		limit float64
	}{{"majority", writeconcern.Majority(), 10}, {"w1", writeconcern.W1(), 4}} {
		var ours, floor, cpu, floorCPU, adds []float64
		for i := range r.Repeats {
			db := s.client.Database(fmt.Sprint("queue", of.name, i))
			if err := messages(ctx, db, loops); err != nil {
				return nil, err
			}
			rate, used, err := s.timed(loops, func() error { return pollLoop(ctx, db, of.safe, loops) })
			if err != nil {
				return nil, err
			}
			floor, floorCPU = append(floor, rate), append(floorCPU, used)
			st, err := mongo.Open(ctx, db, mongo.Options{WriteConcern: of.safe})
			if err != nil {
				return nil, err
			}
			added, _, err := s.timed(n, func() error { return jobs.Fill(ctx, st, n) })
			if err == nil {
				rate, used, err = s.timed(n, func() error { return jobs.Drain(ctx, st, n, batch) })
			}
			st.Close()
			if err = errors.Join(err, db.Drop(ctx)); err != nil {
				return nil, err
			}
			ours, cpu, adds = append(ours, rate), append(cpu, used), append(adds, added)
			r.Log("%s, pair %d of %d: ours %.0f jobs/s, %.0f µs of the server's CPU each; floor %.0f, %.0f", of.name, i+1, r.Repeats, rate, used, floor[i], floorCPU[i])
		}
		const loop = "findAndModify of one message after the other"
		name := "mongo/queue/" + of.name
		line := func(part, unit string, ours, floor []float64, limit float64, note string) figure.Figure {
			return figure.Figure{Name: name + part, Unit: unit, Ours: figure.Median(ours), Floor: figure.Median(floor), Against: loop, Repeats: r.Repeats, Limit: limit, AtLeast: true, Note: note}
		}
		figures = append(figures,
			line("/rate", "jobs/s", ours, floor, of.limit, fmt.Sprintf("one dispatcher, batches of %d of %d jobs of %d bytes; claimed and completed", batch, n, jobs.Size)),
			figure.Figure{
				Name: name + "/server-cpu", Unit: "µs", Ours: figure.Median(cpu), Limit: 120, Repeats: r.Repeats,
				Note: fmt.Sprintf("a job, of the database server; the loop: %.0f", figure.Median(floorCPU)),
			},
			figure.Figure{Name: name + "/add", Unit: "jobs/s", Ours: figure.Median(adds), AtLeast: true, Repeats: r.Repeats, Note: "added, 1,000 a call"},
		)
	}
	return figures, nil
}

// batch is how many jobs a dispatcher claims at once.
const batch = 250

// timed says how many of n a second something did, and what CPU time of the server
// that was for each, in µs.
func (s *server) timed(n int, do func() error) (rate, cpu float64, err error) {
	before, err := process.CPU(s.Members[0].PID())
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := do(); err != nil {
		return 0, 0, err
	}
	took := time.Since(began)
	after, err := process.CPU(s.Members[0].PID())
	return float64(n) / took.Seconds(), float64((after - before).Microseconds()) / float64(n), err
}

// pollLoop takes n messages out of a collection that an index keeps in order. They are
// there before.
func pollLoop(ctx context.Context, db *driver.Database, safe *writeconcern.WriteConcern, n int) error {
	c := db.Collection("messages", options.Collection().SetWriteConcern(safe))
	for range n {
		if err := c.FindOneAndDelete(ctx, bson.D{{Key: "queue", Value: "default"}}, options.FindOneAndDelete().SetSort(bson.D{{Key: "priority", Value: -1}})).Err(); err != nil {
			return fmt.Errorf("taking a message: %w", err)
		}
	}
	return nil
}

// messages are what the loop takes.
func messages(ctx context.Context, db *driver.Database, n int) error {
	c := db.Collection("messages")
	if _, err := c.Indexes().CreateOne(ctx, driver.IndexModel{Keys: bson.D{{Key: "queue", Value: 1}, {Key: "priority", Value: -1}}}); err != nil {
		return fmt.Errorf("preparing messages: %w", err)
	}
	docs := make([]any, n)
	for i := range docs {
		docs[i] = bson.D{{Key: "queue", Value: "default"}, {Key: "priority", Value: 0}, {Key: "message", Value: make([]byte, jobs.Size)}}
	}
	_, err := c.InsertMany(ctx, docs)
	return err
}
