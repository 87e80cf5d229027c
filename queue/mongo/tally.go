package mongo

import (
	"context"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/queue"
)

// counts are what calls change in the counts of queues.
type counts map[string]*queue.Stats

// of is the change of one queue.
func (n counts) of(name string) *queue.Stats {
	if n[name] == nil {
		n[name] = &queue.Stats{}
	}
	return n[name]
}

// stand counts jobs into a state, or out of it.
func (n counts) stand(name string, state queue.State, by int64) {
	switch q := n.of(name); state {
	case queue.Scheduled:
		q.Scheduled += by
	case queue.Ready:
		q.Ready += by
	case queue.Running:
		q.Running += by
	case queue.Dead:
		q.Dead += by
	case queue.Done:
		q.Done += by
	}
}

// ended counts the end of a claim.
func (n counts) ended(name string, g group, now time.Time) {
	n.stand(name, queue.Running, -1)
	waits := queue.Ready
	if g.Due.After(now) {
		waits = queue.Scheduled
	}
	switch g.Verb {
	case queue.Complete:
		n.of(name).Completed++
	case queue.Bury:
		n.of(name).Buried++
		n.stand(name, queue.Dead, 1)
	case queue.Retry:
		n.of(name).Retried++
		n.stand(name, waits, 1)
	case queue.Snooze, queue.Release:
		n.stand(name, waits, 1)
	}
}

// waiting are the queues that got jobs which wait.
func (n counts) waiting() (names []string) {
	for name, q := range n {
		if q.Ready > 0 || q.Scheduled > 0 {
			names = append(names, name)
		}
	}
	return names
}

// field is a count of a queue and its name in the document.
type field struct {
	name string
	of   func(*queue.Stats) *int64
}

func fields() []field {
	return []field{
		{"scheduled", func(q *queue.Stats) *int64 { return &q.Scheduled }},
		{"ready", func(q *queue.Stats) *int64 { return &q.Ready }},
		{"running", func(q *queue.Stats) *int64 { return &q.Running }},
		{"dead", func(q *queue.Stats) *int64 { return &q.Dead }},
		{"done", func(q *queue.Stats) *int64 { return &q.Done }},
		{"added", func(q *queue.Stats) *int64 { return &q.Added }},
		{"completed", func(q *queue.Stats) *int64 { return &q.Completed }},
		{"retried", func(q *queue.Stats) *int64 { return &q.Retried }},
		{"buried", func(q *queue.Stats) *int64 { return &q.Buried }},
		{"rescued", func(q *queue.Stats) *int64 { return &q.Rescued }},
		{"requeued", func(q *queue.Stats) *int64 { return &q.Requeued }},
	}
}

// tally is what is not written yet. Whoever has the turn writes it for all who wait.
type tally struct {
	turn chan struct{}
	mu   sync.Mutex
	sum  counts
}

func newTally() tally { return tally{turn: make(chan struct{}, 1), sum: counts{}} }

// counting is how long a caller waits for the counts to be written. What could not be
// is written with the next ones.
const counting = 2 * time.Second

// count adds to the counts of queues. Calls that come at once share a write, which a call
// that is given up does not end: what has no answer counts as written.
func (s *Store) count(ctx context.Context, n counts) {
	s.tally.mu.Lock()
	s.tally.add(n)
	s.tally.mu.Unlock()
	writing, done := context.WithTimeout(context.WithoutCancel(ctx), counting)
	defer done()
	select {
	case s.tally.turn <- struct{}{}:
	case <-ctx.Done():
		return
	case <-writing.Done():
		return
	}
	defer func() { <-s.tally.turn }()
	s.tally.mu.Lock()
	sum := s.tally.sum
	s.tally.sum = counts{}
	s.tally.mu.Unlock()
	if len(sum) == 0 || s.write(writing, sum) {
		return
	}
	s.tally.mu.Lock()
	s.tally.add(sum)
	s.tally.mu.Unlock()
}

func (t *tally) add(n counts) {
	for name, more := range n {
		for _, f := range fields() {
			*f.of(t.sum.of(name)) += *f.of(more)
		}
	}
}

// write adds to the documents of queues, and says whether that may be forgotten: what
// has no answer may be there, and is not written twice.
func (s *Store) write(ctx context.Context, sum counts) bool {
	var updates []driver.WriteModel
	for name, q := range sum {
		var inc bson.D
		for _, f := range fields() {
			if by := *f.of(q); by != 0 {
				inc = append(inc, bson.E{Key: f.name, Value: by})
			}
		}
		if len(inc) > 0 {
			updates = append(updates, driver.NewUpdateOneModel().SetFilter(is("_id", name)).SetUpdate(is("$inc", inc)).SetUpsert(true))
		}
	}
	if len(updates) == 0 {
		return true
	}
	loose := s.queues.Clone(options.Collection().SetWriteConcern(writeconcern.W1()))
	_, err := loose.BulkWrite(ctx, updates, options.BulkWrite().SetOrdered(false))
	return err == nil || lost(err)
}

// Stats is queue.Store.Stats.
func (s *Store) Stats(ctx context.Context, queues ...string) ([]queue.Stats, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.count(ctx, nil)
	filter := bson.D{}
	if len(queues) > 0 {
		filter = is("_id", is("$in", queues))
	}
	c, err := s.queues.Find(ctx, filter, options.Find().SetSort(is("_id", 1)))
	found, err := all[bson.M](ctx, c, err)
	if err != nil {
		return nil, wrap("reading the counts of queues", err)
	}
	out := make([]queue.Stats, len(found))
	for i, doc := range found {
		out[i].Queue, _ = doc["_id"].(string)
		out[i].Paused, _ = doc["paused"].(bool)
		for _, f := range fields() {
			*f.of(&out[i]), _ = doc[f.name].(int64)
		}
	}
	return out, nil
}
