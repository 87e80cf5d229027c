package mongo

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/queue"
)

// A job that a call added may be done and removed before the caller, whose answer was lost,
// looks whether it is there. No document tells then that it ever was. But the servers of a
// replica set remember which statements of a session's newest write they have carried out, for
// half an hour and through elections, and answer a repetition with what they answered first
// (https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md).
// The driver repeats a write once. Here one is repeated until its outcome is known, in the
// session and under the number of the first time, by a later call of the same mark too. So that
// the numbers are ours, no session is given back to the driver, which would go on with its own.

// insertion is one insert that is carried out once, however often it is sent.
type insertion struct {
	numbered
	mark    string
	ids     []string
	begun   time.Time
	before  bool            // it was sent and not answered
	counted map[string]bool // ids of jobs that were counted as added
}

// numbered is a session and the number of its newest write.
type numbered struct {
	session *driver.Session
	number  int64
}

// firstNumber is greater than any that the driver has given to a write of a session which it
// has pooled: it counts from 1.
const firstNumber = 1 << 40

// insertions are the sessions of a handle.
type insertions struct {
	mu     sync.Mutex
	idle   []numbered
	unsure []*insertion // that may be sent again
}

// begin returns the insertion of some rows by a call, which may be one that failed before.
func (i *insertions) begin(c *driver.Client, mark string, rows []row) (*insertion, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for at, in := range i.unsure {
		if in.mark == mark && slices.EqualFunc(rows, in.ids, func(r row, id string) bool { return r.ID == id }) {
			i.unsure = slices.Delete(i.unsure, at, at+1)
			in.before = true
			return in, nil
		}
	}
	in := &insertion{mark: mark, ids: idsOf(rows), begun: time.Now(), counted: map[string]bool{}}
	return in, i.next(c, &in.numbered)
}

// next takes a session for a write, and its number; i.mu is held.
func (i *insertions) next(c *driver.Client, n *numbered) error {
	if last := len(i.idle) - 1; last >= 0 {
		*n, i.idle = i.idle[last], i.idle[:last]
		n.number++
		return nil
	}
	s, err := c.StartSession()
	*n = numbered{s, firstNumber}
	return err
}

// end is told how a call ended, and whether it may be made again after an error: then its insertions
// are sent again. Those that nobody wanted for so long that the servers may have forgotten them
// are dropped. A session whose next write is another one takes nothing older any more.
func (i *insertions) end(of []*insertion, err error, again bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err == nil || !again {
		for _, in := range of {
			i.idle = append(i.idle, in.numbered)
		}
		return
	}
	i.unsure = append(slices.DeleteFunc(i.unsure, func(old *insertion) bool {
		return time.Since(old.begun) > 2*queue.RepeatWithin
	}), of...)
}

// again gives an insertion another session, since the servers have forgotten what became of it.
func (i *insertions) again(c *driver.Client, in *insertion) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.next(c, &in.numbered)
}

// Codes with which a server says that it does not know any more what became of a write.
const (
	forgottenWrite = 217 // IncompleteTransactionHistory
	newerWrite     = 225 // TransactionTooOld
)

// insertOnce sends an insertion, and once more where there is no answer and time is left.
func (s *Store) insertOnce(ctx context.Context, in *insertion, rows []row) error {
	command := bson.D{{Key: "insert", Value: s.jobs.Name()}, {Key: "ordered", Value: false}, {Key: "writeConcern", Value: s.concern}, {Key: "documents", Value: rows}}
	var err error
	for range 2 {
		if !s.replica { // which has no such memory: see removeEnded
			err = s.commands.RunCommand(ctx, command).Err()
		} else {
			err = s.commands.RunCommand(driver.NewSessionContext(ctx, in.session), append(command[:len(command):len(command)], bson.E{Key: "txnNumber", Value: in.number})).Err()
		}
		if coded(err, forgottenWrite, newerWrite) {
			if again := s.once.again(s.db.Client(), in); again != nil {
				return errors.Join(err, again)
			}
			continue
		}
		refused := driver.ServerError(nil)
		if err == nil || errors.As(err, &refused) && !lost(err) || driver.IsTimeout(err) || ctx.Err() != nil {
			return err
		}
		in.before = true
	}
	return err
}

// concernOf is a write concern as a command has it.
func concernOf(w *writeconcern.WriteConcern) bson.D {
	out := bson.D{}
	if w.W != nil {
		out = append(out, bson.E{Key: "w", Value: w.W})
	}
	if w.Journal != nil {
		out = append(out, bson.E{Key: "j", Value: *w.Journal})
	}
	return out
}

// parts are the rows of one command each: so many, and with data of so many bytes, as one
// document may have.
func parts(rows []row) func(func(int, []row) bool) {
	return func(yield func(int, []row) bool) {
		at, size := 0, 0
		for end, r := range rows {
			if end > at && (end-at == most || size+len(r.Data) > queue.MaxData) {
				if !yield(at, rows[at:end]) {
					return
				}
				at, size = end, 0
			}
			size += len(r.Data)
		}
		if at < len(rows) {
			yield(at, rows[at:])
		}
	}
}
