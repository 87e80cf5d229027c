package mongo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// Who waits for jobs hears of new ones by a small capped collection: whoever makes
// jobs due inserts a signal there, and one tailable cursor a process waits for it.
// That costs the server less than a question each 50 ms, works without a replica
// set, and one signal stands for any number of jobs. It is a hint: one that is lost
// costs a poll, one too many an empty claim.

const (
	signalsSize = 1 << 15 // bytes of the capped collection; who falls behind opens it anew
	signalsMost = 256     // documents of it

	awaits  = 2 * time.Second // how long the server holds a question for the next signal
	awaited = 6 * time.Second // after which a question without an answer is given up
	sending = 5 * time.Second // how long a signal may take
	between = 5 * time.Millisecond
	anew    = 250 * time.Millisecond
)

// signal is a document of the capped collection.
type signal struct {
	ID     bson.ObjectID `bson:"_id"`
	From   string        `bson:"from,omitempty"`   // the handle that sent it
	Queues []string      `bson:"queues,omitempty"` // none: any
}

// telling are the queues of the next signal.
type telling struct {
	mu     sync.Mutex
	queues map[string]bool
	any    chan struct{} // has room for one
}

func newTelling() telling {
	return telling{queues: map[string]bool{}, any: make(chan struct{}, 1)}
}

// queuesMost is how many queues a signal names. One of more means any.
const queuesMost = 32

// tell wakes who watches queues, in this process at once and in others soon; calls
// that come while a signal is on its way share the next.
func (s *Store) tell(queues ...string) {
	if len(queues) == 0 {
		return
	}
	slices.Sort(queues)
	queues = slices.Compact(queues)
	s.wakes.Tell(queues...)
	s.telling.mu.Lock()
	for _, name := range queues {
		s.telling.queues[name] = true
	}
	s.telling.mu.Unlock()
	select {
	case s.telling.any <- struct{}{}:
	default: // one is to be sent yet, and will name these
	}
}

func (t *telling) take() (queues []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queues) <= queuesMost {
		queues = slices.Sorted(maps.Keys(t.queues))
	}
	t.queues = map[string]bool{}
	return queues
}

// send sends signals until the handle is closed.
func (s *Store) send() {
	signals := s.signals.Clone(options.Collection().SetWriteConcern(writeconcern.W1()))
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.telling.any:
		}
		ctx, done := context.WithTimeout(s.ctx, sending)
		_, _ = signals.InsertOne(ctx, signal{ID: bson.NewObjectID(), From: s.me, Queues: s.telling.take()}) // a hint; who waits looks by himself
		done()
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(between):
		}
	}
}

// errClosed says that a handle is not used any more.
var errClosed = errors.New("the store is closed")

// Watch is queue.Store.Watch.
func (s *Store) Watch(ctx context.Context, wake func(queue string)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.hearing.Do(func() { s.after.Go(s.hear) })
	watching, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(s.ctx, end)()
	err := s.wakes.Watch(watching, wake)
	if ctx.Err() == nil {
		return errClosed
	}
	return err
}

// hear wakes who watches for each signal of others, and once each time that it begins
// to listen, until the handle is closed.
func (s *Store) hear() {
	for s.ctx.Err() == nil {
		_ = s.listen(s.ctx) // the servers change, or the cursor fell behind: it is opened anew
		select {
		case <-s.ctx.Done():
		case <-time.After(anew):
		}
	}
}

// listen is one life of the cursor. It begins with the signals that are there, which
// wake for nothing and hurt nobody.
func (s *Store) listen(ctx context.Context) error {
	opening, opened := context.WithTimeout(ctx, awaited)
	cursor, err := s.signals.Find(opening, bson.D{}, options.Find().SetCursorType(options.TailableAwait).SetMaxAwaitTime(awaits))
	opened()
	if err != nil {
		return err
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	s.wakes.Tell("") // what came before it listened
	for {
		one, err := next(ctx, cursor)
		if err != nil {
			return err
		}
		if one != nil && one.From != s.me {
			s.wakes.Tell(or(one.Queues)...)
		}
	}
}

// or names any queue where none is named.
func or(queues []string) []string {
	if len(queues) == 0 {
		return []string{""}
	}
	return queues
}

// errEnded says that the cursor fell behind what the collection keeps, or that it is
// empty.
var errEnded = errors.New("the cursor ended")

// next waits for the next signal, as long as the server holds the question; nil where
// none came.
func next(ctx context.Context, cursor *driver.Cursor) (*signal, error) {
	ctx, done := context.WithTimeout(ctx, awaited)
	defer done()
	if cursor.TryNext(ctx) {
		one := &signal{}
		return one, cursor.Decode(one)
	}
	if err := cursor.Err(); err != nil {
		return nil, err
	}
	if cursor.ID() == 0 {
		return nil, errEnded
	}
	return nil, nil
}
