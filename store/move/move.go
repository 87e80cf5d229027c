package move

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"collector/failpoint"
	"collector/store"
)

// Errors of Run. Each is wrapped with what was found; nothing was changed unless
// ErrDiffers or ErrChanged.
var (
	ErrAtWork   = errors.New("a collector works on it")
	ErrNotEmpty = errors.New("the target holds other data")
	ErrOther    = errors.New("the target holds a part of another store, whose move was not finished")
	ErrHalf     = errors.New("the source is itself the unfinished target of a move")
	ErrChanged  = errors.New("the source was changed while it was moved")
	ErrDiffers  = errors.New("source and target do not hold the same")
)

// Options say what is moved.
type Options struct {
	Name  string // of the source, the same in each run
	Now   func() time.Time
	Batch int                             // records at a time; 0 means 1,000
	Said  func(part store.Part, done int) // told after every batch; may be nil
	// Beside is what another package keeps in both places, moved after all parts; may be nil.
	Beside *Beside
}

// Beside is what another package keeps in the places of both stores.
type Beside struct {
	What string // in plural, for errors
	// Count is how many there are on each side.
	Count func(ctx context.Context) (source, target int, err error)
	// Move takes them over, however many are there from a try before. The target's log of
	// changes begins behind the number log.
	Move func(ctx context.Context, log int64) error
}

// Report is what a move did.
type Report struct {
	Parts   map[store.Part]int // how many records there are of each part, on both sides
	Beside  int                // and of what is beside them
	Resumed bool               // it went on with a move that was cut short
	Anew    bool               // the source had changed since, so it began from the start
	Already bool               // this source had been moved here before; nothing was done
	Log     int64              // the target's change log begins behind this number
}

// mover is one run.
type mover struct {
	Options
	from store.Source
	to   store.Movable
	note note
	said Report
}

// Run moves everything from one store to another, or goes on with what was begun.
func Run(ctx context.Context, from store.Source, to store.Movable, o Options) (Report, error) {
	if o.Batch <= 0 {
		o.Batch = 1000
	}
	m := &mover{Options: o, from: from, to: to, said: Report{Parts: map[store.Part]int{}}}
	if err := m.idle(ctx); err != nil {
		return m.said, err
	}
	digest, err := Digest(ctx, from, o.Batch)
	if err != nil {
		return m.said, err
	}
	if err := m.begin(ctx, digest); err != nil || m.said.Already {
		return m.said, err
	}
	if err := m.copy(ctx); err != nil {
		return m.said, err
	}
	return m.said, m.end(ctx, digest)
}

// idle refuses while a daemon works on either side.
func (m *mover) idle(ctx context.Context) error {
	if err := Idle(ctx, "source", m.from, m.Now()); err != nil || m.to == nil {
		return err
	}
	return Idle(ctx, "target", m.to, m.Now())
}

// Idle refuses a store, called what in its error, that a daemon works on: ErrAtWork.
func Idle(ctx context.Context, what string, of store.Source, now time.Time) error {
	who, err := of.Working(ctx, now)
	if err != nil {
		return fmt.Errorf("looking whether a collector works on the %s: %w", what, err)
	}
	if len(who) > 0 {
		return fmt.Errorf("nothing can be moved, the %s is in use: %w (%s)", what, ErrAtWork, strings.Join(who, ", "))
	}
	return nil
}

// begin takes up a move that was cut short, or marks an empty target.
func (m *mover) begin(ctx context.Context, digest string) error {
	half, err := m.from.Meta(ctx, store.MetaMoving)
	if err != nil {
		return err
	}
	if half != "" {
		return ErrHalf
	}
	found, err := readNote(ctx, m.to)
	if err != nil {
		return err
	}
	m.note = note{From: m.Name, Digest: digest}
	if found == nil {
		if err := m.fresh(ctx); err != nil || m.said.Already {
			return err
		}
	} else {
		if err := m.mine(found); err != nil {
			return err
		}
		m.said.Resumed, m.said.Anew = true, found.Digest != digest
		if !m.said.Anew {
			m.note = *found
		}
	}
	if err := m.note.save(ctx, m.to); err != nil {
		return err
	}
	return failpoint.Hit(ctx, "move.begun")
}

// mine refuses what another source has begun.
func (m *mover) mine(found *note) error {
	if found.From != m.Name {
		return fmt.Errorf("%w: it is being moved from %s", ErrOther, found.From)
	}
	return nil
}

// fresh refuses a target that holds anything, unless this source was moved there.
func (m *mover) fresh(ctx context.Context) error {
	moved, err := m.to.Meta(ctx, store.MetaMoved)
	if err != nil {
		return err
	}
	for _, p := range store.Parts() {
		there, err := m.to.Take(ctx, p, "", 1)
		if err != nil {
			return err
		}
		if len(there) == 0 {
			continue
		}
		if moved == m.Name {
			m.said.Already = true
			return nil
		}
		return fmt.Errorf("%w: there are %s in it", ErrNotEmpty, p)
	}
	if m.Beside == nil {
		return nil
	}
	_, there, err := m.Beside.Count(ctx)
	if err != nil || there == 0 {
		return err
	}
	if moved == m.Name {
		m.said.Already = true
		return nil
	}
	return fmt.Errorf("%w: there are %s in it", ErrNotEmpty, m.Beside.What)
}

// copy puts part after part, batch after batch.
func (m *mover) copy(ctx context.Context) error {
	check, err := m.from.Meta(ctx, store.MetaKeyCheck)
	if err != nil {
		return err
	}
	if check != "" { // without it a new key would be taken for the right one
		if err := m.to.SetMeta(ctx, store.MetaKeyCheck, check); err != nil {
			return err
		}
	}
	for _, p := range m.note.left() {
		for done := 0; ; {
			records, err := m.from.Take(ctx, p, string(m.note.After), m.Batch)
			if err != nil {
				return fmt.Errorf("reading the %s of the source: %w", p, err)
			}
			if len(records) == 0 {
				break
			}
			if err := m.to.Put(ctx, records); err != nil {
				return fmt.Errorf("writing the %s of the target: %w", p, err)
			}
			if err := failpoint.Hit(ctx, "move.put"); err != nil {
				return err
			}
			m.note.Part, m.note.After = p, []byte(records[len(records)-1].Key())
			if err := m.note.save(ctx, m.to); err != nil {
				return err
			}
			if err := failpoint.Hit(ctx, "move.noted"); err != nil {
				return err
			}
			if err := m.idle(ctx); err != nil {
				return err
			}
			if done += len(records); m.Said != nil {
				m.Said(p, done)
			}
		}
		m.note.Part, m.note.After = p, nil
		m.note.Done = append(m.note.Done, p)
	}
	return nil
}

// end compares, begins the log, and opens the target for everybody.
func (m *mover) end(ctx context.Context, digest string) error {
	if err := m.idle(ctx); err != nil {
		return err
	}
	if now, err := Digest(ctx, m.from, m.Batch); err != nil {
		return err
	} else if now != digest {
		return ErrChanged
	}
	if err := m.compare(ctx); err != nil {
		return err
	}
	if err := failpoint.Hit(ctx, "move.compared"); err != nil {
		return err
	}
	last, err := m.from.LastChange(ctx)
	if err != nil {
		return err
	}
	// No log grows by a thousand pages a second, so the time in milliseconds is
	// behind every number, also of a store that was restored from a backup.
	m.said.Log = max(m.Now().UnixMilli(), last+1)
	if err := m.moveBeside(ctx); err != nil {
		return err
	}
	if err := m.to.BeginLog(ctx, m.said.Log); err != nil {
		return err
	}
	if err := m.to.SetMeta(ctx, store.MetaMoved, m.Name); err != nil {
		return err
	}
	if err := failpoint.Hit(ctx, "move.logged"); err != nil {
		return err
	}
	if err := m.to.SetMeta(ctx, store.MetaMoving, ""); err != nil {
		return err
	}
	return failpoint.Hit(ctx, "move.ended")
}

// moveBeside takes over what another package keeps, and counts both sides.
func (m *mover) moveBeside(ctx context.Context) error {
	if m.Beside == nil {
		return nil
	}
	if err := m.Beside.Move(ctx, m.said.Log); err != nil {
		return fmt.Errorf("moving the %s: %w", m.Beside.What, err)
	}
	have, got, err := m.Beside.Count(ctx)
	if err != nil {
		return err
	}
	if got != have {
		return fmt.Errorf("%w: the source has %d %s, the target %d", ErrDiffers, have, m.Beside.What, got)
	}
	m.said.Beside = have
	return nil
}
