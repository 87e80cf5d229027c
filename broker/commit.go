package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/queue"
)

// A transaction is noted in the store as one job before any of it is done, and struck off
// when all of it is. If the process ends in between, another one finds the note and does
// the rest: what is there already is not done twice.

// transactions is the queue of such notes. No destination has this name.
const transactions = "broker/transactions"

// transaction is a Transaction on its way.
type transaction struct {
	id    string
	mark  string // of the note
	now   time.Time
	send  []Message
	store *storing // of those
	ends  []queue.Outcome
	until time.Time // end of the leases of what is to be acknowledged
	tried bool      // to note it: that may have been carried out without an answer
	noted bool      // whatever happens now, it is carried out
	due   time.Time // of the first note: from then on others carry it out, too
}

// note is a transaction as it is stored.
type note struct {
	Send []noted         `json:"send,omitempty"`
	Ends []queue.Outcome `json:"ends,omitempty"`
}

type noted struct {
	ID, Destination string
	Priority        int
	Data            []byte
}

// Commit does all of t or nothing, and returns nil when it is stored, as Send does. ErrLost and
// ErrUnknown say that a message can no longer be acknowledged, and then nothing was done:
// what was received may be acknowledged in another way, or comes again.
func (b *Broker) Commit(ctx context.Context, now time.Time, t Transaction) error {
	p, err := newParcel(t.Send, now)
	if err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	tx := &transaction{id: queue.NewID(now), mark: queue.NewToken(), now: now, send: p.ms}
	var undo []func()
	for _, half := range []struct {
		receipts []Receipt
		how      queue.Outcome
	}{{t.Ack, queue.Outcome{Verb: queue.Complete}}, {t.Nack, given(now)}} {
		for _, r := range half.receipts {
			s, ok := r.Stream.(*queueStream)
			if !ok {
				continue // of a topic: see below
			}
			chosen, unknown := s.choose(r.IDs)
			undo = append(undo, func() { s.putBack(chosen) })
			if len(unknown) > 0 {
				err = errors.Join(err, fmt.Errorf("committing: %s: %.200s: %w", s.sub.Destination, strings.Join(unknown, ", "), ErrUnknown))
			}
			if failed := s.f.b.relay.sure(ctx, chosen, queue.Outcome{}); failed != nil {
				err = errors.Join(err, failed)
				continue
			}
			for _, d := range chosen {
				tx.ends = append(tx.ends, d.ends(half.how))
			}
		}
	}
	if err == nil {
		var keep time.Duration
		if !tx.alone() {
			keep = b.kept()
		}
		tx.store, p.tx = b.storing(now, tx.send, keep), tx
		err = b.out.send(ctx, p)
	}
	if errors.Is(err, errUnsure) {
		return err // what it acknowledges stays with it: given back, it might be half done
	}
	if err != nil {
		for _, f := range slices.Backward(undo) { // so that what was received comes to stand in its order
			f()
		}
		return err
	}
	for _, r := range append(t.Ack, t.Nack...) {
		if s, ok := r.Stream.(*topicStream); ok { // only makes room
			err = errors.Join(err, s.Ack(ctx, now, r.IDs...))
		} else if s, ok := r.Stream.(*queueStream); ok {
			s.f.roomier()
		}
	}
	return err
}

// alone says that it is one write anyway.
func (tx *transaction) alone() bool { return len(tx.send)+len(tx.ends) < 2 }

// kept is how long what a transaction sends keeps its id once a consumer is done with it, so
// that who carries out the rest of a transaction that was cut off does not send it again. Where a
// consumer lives, so does who does that, in a third of a lease.
func (b *Broker) kept() time.Duration { return 10 * b.o.Lease }

// carryOut does a transaction; it may be called again after an error.
func (b *Broker) carryOut(ctx context.Context, tx *transaction) error {
	alone := tx.alone()
	if !tx.noted {
		if err := b.decide(ctx, tx, alone); err != nil {
			return err
		}
	}
	if !alone && !b.o.Now().Before(tx.due) {
		if there, err := b.isNoted(ctx, tx.id); !there || err != nil { // another process was quicker
			return err
		}
	}
	if err := tx.store.store(ctx); err != nil {
		return err
	}
	stood, err := b.ends.finish(ctx, tx.ends, tx.until)
	if err != nil {
		return err
	}
	if alone {
		if slices.Contains(stood, false) {
			return fmt.Errorf("committing: %s: %w", tx.ends[0].ID, ErrLost)
		}
		return nil
	}
	if _, err := b.jobs.Remove(ctx, queue.Filter{ID: tx.id}, 1); err != nil {
		return fmt.Errorf("ending a transaction: %w", err)
	}
	return nil
}

// decide makes sure that a transaction can be carried out, and notes it unless it is one
// write anyway.
func (b *Broker) decide(ctx context.Context, tx *transaction, alone bool) (err error) {
	if tx.tried {
		if tx.noted, err = b.isNoted(ctx, tx.id); tx.noted || err != nil {
			return err
		}
	}
	err = b.standing(ctx, tx)
	if tx.tried && errors.Is(err, ErrLost) {
		return fmt.Errorf("committing: %w: the store did not answer when it was noted, and others have its messages now", errUnsure)
	}
	if err != nil || alone {
		return err
	}
	tx.tried = true
	if err := b.note(ctx, tx); err != nil {
		return err
	}
	tx.noted = true
	return nil
}

// isNoted looks for the note of a transaction.
func (b *Broker) isNoted(ctx context.Context, id string) (bool, error) {
	_, err := b.jobs.Job(ctx, id)
	if errors.Is(err, queue.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking whether a transaction was noted: %w", err)
	}
	return true, nil
}

// standing makes sure that all that is to be acknowledged still can be, for a lease from
// now on.
func (b *Broker) standing(ctx context.Context, tx *transaction) error {
	refs := make([]queue.Ref, len(tx.ends))
	for i, o := range tx.ends {
		refs[i] = o.Ref
	}
	tx.until = b.o.Now().Add(b.o.Lease)
	if len(refs) == 0 {
		return nil
	}
	stood, err := b.jobs.Renew(ctx, refs, tx.until)
	if err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	for i, ok := range stood {
		if !ok {
			return fmt.Errorf("committing: %s: %w", refs[i].ID, ErrLost)
		}
	}
	return nil
}

// note stores what is to be done, in one write. It is due early enough that others carry
// it out, if this process ends, while the leases of what it acknowledges still stand.
func (b *Broker) note(ctx context.Context, tx *transaction) error {
	n := note{Ends: tx.ends}
	for _, m := range tx.send {
		n.Send = append(n.Send, noted{m.ID, m.Destination, m.Priority, Encode(m)})
	}
	data, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("committing: %w: %w", ErrMessage, err)
	}
	due := tx.until.Add(-2 * b.o.Lease / 3)
	if tx.due.IsZero() {
		tx.due = due
	}
	_, err = b.jobs.Add(ctx, b.o.Now(), tx.mark, []queue.Job{{ID: tx.id, Queue: transactions, Kind: "transaction", Data: data, Due: due}})
	if err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}

// resumed is how many notes of transactions are claimed at once.
const resumed = 10

// resume carries out what processes that ended have noted and not struck off.
func (b *Broker) resume(ctx context.Context) error {
	for {
		if n, err := b.resumeSome(ctx); n < resumed || err != nil {
			return err
		}
	}
}

func (b *Broker) resumeSome(ctx context.Context) (int, error) {
	now := b.o.Now()
	jobs, err := b.jobs.Claim(ctx, queue.Claim{Queue: transactions, N: resumed, Owner: b.o.Owner, Now: now, Until: now.Add(b.o.Lease)})
	if err != nil {
		return 0, fmt.Errorf("looking for transactions that were cut off: %w", err)
	}
	var outcomes []queue.Outcome
	for _, j := range jobs {
		o := queue.Outcome{Ref: j.Ref(), Verb: queue.Complete}
		if failed := b.finishNote(ctx, j); failed != nil {
			err = errors.Join(err, fmt.Errorf("carrying out transaction %s: %w", j.ID, failed))
			o.Verb, o.Due, o.Error = queue.Retry, now.Add(b.o.Lease), failed.Error()
		}
		outcomes = append(outcomes, o)
	}
	_, failed := b.ends.finish(ctx, outcomes, time.Time{})
	return len(jobs), errors.Join(err, failed)
}

func (b *Broker) finishNote(ctx context.Context, j queue.Job) error {
	var n note
	if err := json.Unmarshal(j.Data, &n); err != nil {
		return err
	}
	var ms []Message
	for _, s := range n.Send {
		m, err := Decode(s.Data)
		if err != nil {
			return err
		}
		m.ID, m.Destination, m.Priority = s.ID, s.Destination, s.Priority
		ms = append(ms, m)
	}
	if err := b.storing(b.o.Now(), ms, b.kept()).store(ctx); err != nil {
		return err
	}
	_, err := b.ends.finish(ctx, n.Ends, time.Time{})
	return err
}
