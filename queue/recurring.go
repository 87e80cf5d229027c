package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

// Recurring is a job that comes again and again. Its turns ("slots") follow from the
// clock alone, and the id of each turn's job names the slot: any number of Masters
// that have it add each turn once. A turn that no Master was there for is left out,
// unless CatchUp is set.
type Recurring struct {
	Name string // part of the ids: a new name is a new series
	// Every is the time between two turns: 12:00, 12:15, 12:30 for 15 minutes, counted from
	// 1970-01-01 00:00 UTC. At least a second.
	Every time.Duration
	// Cron is an expression of five fields, or @hourly, @daily, @weekly, @monthly or
	// @yearly (https://pkg.go.dev/github.com/robfig/cron/v3), in UTC unless it begins with
	// CRON_TZ=Europe/Berlin. Where clocks are set there, a time that is passed over has its
	// turn when the clock goes on, and one that comes twice has it the first time; what has
	// turns in every hour has them in each that passes. Either Every or Cron is set.
	Cron string
	// Job is added at each turn, with an id, a due time and a Keep of its own.
	Job Job
	// CatchUp adds the newest turn at the start where nobody has.
	CatchUp bool

	schedule cron.Schedule
}

// interval is a schedule by a duration, the same for everybody.
type interval time.Duration

func (i interval) Next(t time.Time) time.Time {
	into := t.UnixNano() % int64(i)
	return t.Add(time.Duration(int64(i) - into))
}

// parse reads the schedule. The parser of cron panics on some mistakes.
func (r *Recurring) parse() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("recurring job %q: %q is no cron expression: %v", r.Name, r.Cron, p)
		}
	}()
	switch {
	case r.Name == "" || len(r.Name) > 200:
		return fmt.Errorf("recurring job %q: its name has 1 to 200 bytes", r.Name)
	case (r.Every != 0) == (r.Cron != ""):
		return fmt.Errorf("recurring job %q: either Every or Cron is to be set", r.Name)
	case r.Every != 0 && r.Every < time.Second:
		return fmt.Errorf("recurring job %q: every %v is too often; a second is the least", r.Name, r.Every)
	case r.Every != 0:
		r.schedule = interval(r.Every)
	default:
		if r.schedule, err = cron.ParseStandard(r.Cron); err != nil {
			return fmt.Errorf("recurring job %q: %q is no cron expression: %w", r.Name, r.Cron, err)
		}
		if _, ok := r.schedule.(cron.ConstantDelaySchedule); ok {
			return fmt.Errorf("recurring job %q: %q depends on when it is started; set Every", r.Name, r.Cron)
		}
		r.schedule = byWall(r.schedule)
	}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if r.schedule.Next(begin).IsZero() {
		return fmt.Errorf("recurring job %q: %q never comes", r.Name, r.Cron)
	}
	if _, err := Prepare(r.turn(begin), begin); err != nil {
		return fmt.Errorf("recurring job %q: %w", r.Name, err)
	}
	return nil
}

// turn is the job of one slot. It is kept long enough for everybody to see that the
// slot had its turn, however far apart their clocks are.
func (r *Recurring) turn(slot time.Time) Job {
	j := r.Job
	j.ID = "recurring/" + r.Name + "/" + slot.UTC().Format(time.RFC3339)
	j.Due = slot
	j.Keep = max(time.Hour, 2*r.schedule.Next(r.schedule.Next(slot)).Sub(slot))
	return j
}

// Newest returns the job of the newest turn that is not after now, as a Master adds it,
// and false where there is none: for a program that comes and goes, and does not run when
// the turn comes. Where somebody has had that turn, adding it is ErrExists.
func (r Recurring) Newest(now time.Time) (Job, bool, error) {
	if err := r.parse(); err != nil {
		return Job{}, false, err
	}
	slot := r.newest(now.UTC())
	if slot.IsZero() {
		return Job{}, false, nil
	}
	return r.turn(slot), true, nil
}

// newest is the last slot that is not after now; zero where there was none in ten years.
func (r *Recurring) newest(now time.Time) time.Time {
	for back := time.Minute; back < 10*365*24*time.Hour; back *= 2 {
		slot := r.schedule.Next(now.Add(-back))
		if slot.IsZero() || slot.After(now) {
			continue
		}
		return r.latest(slot, now)
	}
	return time.Time{}
}

// latest goes on from a slot to the last one that is not after now.
func (r *Recurring) latest(slot, now time.Time) time.Time {
	for {
		next := r.schedule.Next(slot)
		if next.IsZero() || next.After(now) {
			return slot
		}
		slot = next
	}
}

// recurring adds the job of each slot when it comes. Of several slots that were
// missed, since the machine slept, say, only the last has its turn.
func (m *Master) recurring(ctx context.Context, r *Recurring) {
	last := m.c.Now().UTC()
	if r.CatchUp {
		if slot := r.newest(last); !slot.IsZero() && !m.addTurn(ctx, r, slot) {
			return
		}
	}
	for {
		slot := r.schedule.Next(last)
		if slot.IsZero() {
			return // no more turns in the years that cron looks ahead
		}
		for now := m.c.Now(); slot.After(now); now = m.c.Now() {
			// A wait is short enough to follow a clock that is set.
			if !m.pass(ctx, min(slot.Sub(now), time.Minute)) {
				return
			}
		}
		slot = r.latest(slot, m.c.Now().UTC())
		if !m.addTurn(ctx, r, slot) {
			return
		}
		last = slot
	}
}

// addTurn adds the job of a slot, however long the store does not answer. It returns
// whether ctx goes on.
func (m *Master) addTurn(ctx context.Context, r *Recurring, slot time.Time) bool {
	for failures := 1; ; failures++ {
		err := m.Add(ctx, r.turn(slot))
		if err == nil || errors.Is(err, ErrExists) {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		m.c.Log.Error("the turn of a recurring job cannot be added; it is tried again", "name", r.Name, "slot", slot, "error", err)
		if !m.pass(ctx, Exponential(100*time.Millisecond, 30*time.Second)(failures)) {
			return false
		}
	}
}
