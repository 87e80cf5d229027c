package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"collector/state"
)

// groupMax is how many jobs share a transaction.
const groupMax = 16

// writer owns the one connection that writes. Jobs wait in an unbuffered
// channel, so a job that was taken is always answered.
type writer struct {
	path   string
	dsn    string
	jobs   chan *job
	quit   chan struct{}
	once   sync.Once
	gone   chan struct{} // closed when the goroutine has ended
	barred atomic.Bool   // another process holds the file
	busy   atomic.Bool   // it writes

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
	bare    bool // outside of any transaction
	page    bool // a page: the fault points of a save apply
	done    chan error
	err     error
}

func newWriter(path, dsn string) *writer {
	w := &writer{path: path, dsn: dsn, jobs: make(chan *job), quit: make(chan struct{}), gone: make(chan struct{})}
	go w.loop()
	return w
}

// do runs a job and waits for its end. Once the context is over nothing is
// begun; what was begun is finished and its outcome told.
func (w *writer) do(j *job) error {
	if err := w.over(j.ctx); err != nil {
		return err
	}
	j.done = make(chan error, 1)
	select {
	case <-w.quit:
		return errClosed
	case <-j.ctx.Done():
		return w.over(j.ctx)
	case w.jobs <- j:
		return <-j.done
	}
}

// over says why a job is not begun any more, nil where it still is. Who gave up
// waiting for another process is told of that one.
func (w *writer) over(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) && w.barred.Load() {
		return fmt.Errorf("%w: %w: %s", state.ErrUnavailable, err, w.holder())
	}
	return err
}

func (w *writer) holder() string {
	return cmp.Or(holder(w.path), "another program holds the file; end it")
}

// write runs fn in a transaction that others may share.
func (s *Store) write(ctx context.Context, fn func(t *tx) error) error {
	return s.do(&job{ctx: ctx, run: fn})
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
		w.busy.Store(true)
		w.commit(group)
		w.busy.Store(false)
		for _, j := range group {
			j.done <- j.err
		}
	}
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
