package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"collector/failpoint"
	"collector/state"
)

const (
	busyWait = 100 * time.Millisecond // how long SQLite itself waits for another process
	busyMax  = 600                    // waits before a job without a deadline gives up: a minute
)

// commit runs a group in one transaction and leaves each job's outcome in err.
func (w *writer) commit(group []*job) {
	if group[0].bare {
		w.outside(group[0])
		return
	}
	live, err := w.begin(group)
	if err != nil {
		fail(live, err)
		return
	}
	if len(live) == 0 {
		return
	}
	t := w.tx
	again, ok := w.runAll(t, live)
	if ok && again {
		live, ok = w.anew(live)
	}
	if !ok {
		return
	}
	ctx := live[0].ctx
	pages := slices.ContainsFunc(live, func(j *job) bool { return j.page })
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

// outside runs a job on the connection without a transaction.
func (w *writer) outside(j *job) {
	if j.err = j.ctx.Err(); j.err == nil {
		j.err = wrap("opening the store", w.connect())
	}
	if j.err == nil {
		j.err = guarded(w.tx, j.run)
	}
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
			if j.err = w.over(j.ctx); j.err == nil {
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
		w.barred.Store(busy(err))
		if err == nil {
			w.tx.reset()
			return live, nil
		}
		w.settle(live)
		if !busy(err) {
			return live, wrap("beginning to save", err)
		}
	}
	return group, fmt.Errorf("%w: %s", state.ErrUnavailable, w.holder())
}

// settle ends what a durable job asked for.
func (w *writer) settle(group []*job) {
	if group[0].durable && w.tx != nil {
		if err := w.tx.exec("PRAGMA synchronous = NORMAL"); err != nil {
			w.hangUp() // a new connection begins with it
		}
	}
}

// runAll runs the jobs of a group without savepoints, which would keep a copy of
// every page that changes: a tenth of what storing a page takes. A job that fails
// before it has written anything, such as one whose lease was lost, leaves nothing
// to undo. After one that has written, all is to be done again with savepoints:
// again is true. ok is false where the disk failed and every job has its answer.
func (w *writer) runAll(t *tx, group []*job) (again, ok bool) {
	for i, j := range group {
		mark := t.mark()
		if j.err = guarded(t, j.run); j.err == nil {
			continue
		}
		if !w.survived(t, group, i) {
			return false, false
		}
		if t.wrote != mark.wrote {
			return true, true
		}
		t.undo(mark)
	}
	return false, true
}

// anew undoes what a group has done so far and runs it again, each job under a
// savepoint of its own. It returns the jobs that still want to be run; ok is
// false where every job has its answer.
func (w *writer) anew(group []*job) (live []*job, ok bool) {
	if err := w.tx.exec("ROLLBACK"); err != nil {
		w.rollback(w.tx)
		fail(group, wrap("saving", err))
		return nil, false
	}
	w.settle(group)
	if len(group) == 1 {
		return nil, false // its error stands
	}
	live, err := w.begin(group)
	if err != nil {
		fail(live, err)
		return nil, false
	}
	if len(live) == 0 {
		return nil, false
	}
	return live, w.runEach(w.tx, live)
}

// runEach runs each job under a savepoint and undoes it alone if it fails.
func (w *writer) runEach(t *tx, group []*job) (ok bool) {
	for i, j := range group {
		if j.err = w.runJob(t, j); j.err != nil && !w.survived(t, group, i) {
			return false
		}
	}
	return true
}

// survived tells whether the transaction outlives the failure of job i. Where it
// does not, all that ran before is undone with it, and every job is told.
func (w *writer) survived(t *tx, group []*job, i int) bool {
	err := group[i].err
	if !unwritable(err) && !damaged(err) {
		return true
	}
	w.rollback(t)
	fail(group[:i+1], wrap("saving", err))
	fail(group[i+1:], fmt.Errorf("saving: %w: the transaction was undone", state.ErrUnavailable))
	return false
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
