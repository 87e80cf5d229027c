package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"collector/failpoint"
	"collector/state"
)

const (
	groupMax = 16                     // jobs that share a transaction
	busyWait = 100 * time.Millisecond // how long SQLite itself waits for another process
	busyMax  = 600                    // waits before a job without a deadline gives up: a minute
)

// writer owns the one connection that writes. Jobs wait in an unbuffered
// channel, so a job that was taken is always answered.
type writer struct {
	dsn  string
	jobs chan *job
	quit chan struct{}
	once sync.Once
	gone chan struct{} // closed when the goroutine has ended

	// Of the goroutine alone.
	db *sql.DB
	tx *tx
}

// job is one change. run sees the transaction; what it returns undoes its own
// statements and nobody else's.
type job struct {
	ctx     context.Context
	run     func(t *tx) error
	alone   bool // shares its transaction with no other
	durable bool // on the disk before the answer, even against a power failure
	page    bool // a page: the fault points of a save apply
	done    chan error
	err     error
}

func newWriter(dsn string) *writer {
	w := &writer{dsn: dsn, jobs: make(chan *job), quit: make(chan struct{}), gone: make(chan struct{})}
	go w.loop()
	return w
}

// do runs a job and waits for its end. Once the context is over nothing is
// begun; what was begun is finished and its outcome told.
func (w *writer) do(j *job) error {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	j.done = make(chan error, 1)
	select {
	case <-w.quit:
		return errClosed
	case <-j.ctx.Done():
		return j.ctx.Err()
	case w.jobs <- j:
		return <-j.done
	}
}

// write runs fn in a transaction that others may share.
func (s *Store) write(ctx context.Context, fn func(t *tx) error) error {
	return s.w.do(&job{ctx: ctx, run: fn})
}

// close ends the goroutine after the jobs that it has taken.
func (w *writer) close() error {
	w.once.Do(func() { close(w.quit) })
	<-w.gone
	if w.db == nil {
		return nil
	}
	return w.db.Close()
}

func (w *writer) loop() {
	defer close(w.gone)
	defer w.hangUp()
	var next *job
	for {
		first := next
		next = nil
		if first == nil {
			select {
			case <-w.quit:
				return
			case first = <-w.jobs:
			}
		}
		group := []*job{first}
		for !first.alone && len(group) < groupMax && next == nil {
			var j *job
			select {
			case j = <-w.jobs:
			default:
			}
			if j == nil {
				break
			}
			if j.alone {
				next = j
				break
			}
			group = append(group, j)
		}
		w.commit(group)
		for _, j := range group {
			j.done <- j.err
		}
	}
}

// commit runs a group in one transaction and leaves each job's outcome in err.
func (w *writer) commit(group []*job) {
	live, err := w.begin(group)
	if err != nil {
		fail(live, err)
		return
	}
	if len(live) == 0 {
		return
	}
	t := w.tx
	for i, j := range live {
		if j.err = w.runJob(t, j); unwritable(j.err) || damaged(j.err) {
			w.rollback(t)
			fail(live[:i+1], wrap("saving", j.err))
			fail(live[i+1:], fmt.Errorf("saving: %w: the transaction was undone", state.ErrUnavailable))
			return
		}
	}
	ctx := live[0].ctx
	pages := slicesContainsPage(live)
	err = t.index()
	if err == nil && pages {
		err = failpoint.Hit(ctx, "save.commit.before")
	}
	if err == nil {
		err = t.exec("COMMIT")
	}
	if err != nil {
		w.rollback(t)
		fail(live, wrap("committing", err))
		return
	}
	w.settle(live)
	if pages {
		if err := failpoint.Hit(ctx, "save.commit.after"); err != nil {
			fail(live, err)
		}
	}
}

func slicesContainsPage(group []*job) bool {
	for _, j := range group {
		if j.page {
			return true
		}
	}
	return false
}

// fail gives an error to every job of a group that has none of its own.
func fail(group []*job, err error) {
	for _, j := range group {
		if j.err == nil || unwritable(j.err) {
			j.err = err
		}
	}
}

// begin opens the transaction, waiting for other processes as long as any job
// of the group still wants it. It returns the jobs that do.
func (w *writer) begin(group []*job) ([]*job, error) {
	for range busyMax {
		live := group[:0:0]
		for _, j := range group {
			if j.err = j.ctx.Err(); j.err == nil {
				live = append(live, j)
			}
		}
		group = live
		if len(live) == 0 {
			return nil, nil
		}
		if err := w.connect(); err != nil {
			return live, wrap("opening the store", err)
		}
		if live[0].durable {
			if err := w.tx.exec("PRAGMA synchronous = FULL"); err != nil {
				return live, wrap("saving", err)
			}
		}
		err := w.tx.exec("BEGIN IMMEDIATE")
		if err == nil {
			w.tx.reset()
			return live, nil
		}
		w.settle(live)
		if !busy(err) {
			return live, wrap("beginning to save", err)
		}
	}
	return group, fmt.Errorf("%w: another program has held the file for a minute; end it", state.ErrUnavailable)
}

// settle ends what a durable job asked for.
func (w *writer) settle(group []*job) {
	if group[0].durable && w.tx != nil {
		if err := w.tx.exec("PRAGMA synchronous = NORMAL"); err != nil {
			w.hangUp() // a new connection begins with it
		}
	}
}

// runJob runs one job under a savepoint and undoes it if it fails.
func (w *writer) runJob(t *tx, j *job) (err error) {
	if err := t.exec("SAVEPOINT job"); err != nil {
		return err
	}
	mark := t.mark()
	err = guarded(t, j.run)
	if err == nil {
		return t.exec("RELEASE job")
	}
	if unwritable(err) || damaged(err) {
		return err
	}
	t.undo(mark)
	if undo := t.exec("ROLLBACK TO job"); undo != nil {
		return errors.Join(err, undo)
	}
	if undo := t.exec("RELEASE job"); undo != nil {
		return errors.Join(err, undo)
	}
	return err
}

// guarded turns a panic of a caller's function into an error: the writer serves
// everybody and must live on.
func guarded(t *tx, run func(t *tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a bug in the collector, please report it: panic while saving: %v", p)
		}
	}()
	return run(t)
}

// rollback undoes the transaction. SQLite may have done so itself, and then
// refuses; in doubt the connection is dropped, which undoes it too.
func (w *writer) rollback(t *tx) {
	t.exec("ROLLBACK") // refused where SQLite was first
	w.hangUp()
}

// connect opens the connection, unless there is one.
func (w *writer) connect() error {
	if w.tx != nil {
		return nil
	}
	if w.db == nil {
		db, err := sql.Open("sqlite", w.dsn)
		if err != nil {
			return err
		}
		db.SetMaxOpenConns(1)
		db.SetMaxIdleConns(0) // a connection given back is closed
		w.db = db
	}
	conn, err := w.db.Conn(context.Background())
	if err != nil {
		return err
	}
	w.tx = &tx{conn: conn, prepared: map[string]*sql.Stmt{}}
	return nil
}

// hangUp closes the connection, which undoes what it had open.
func (w *writer) hangUp() {
	if w.tx != nil {
		w.tx.close()
		w.tx = nil
	}
}
