package state

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"collector/item"
)

// DecodeProgress reads a saved state document. Fields that a later version
// added are ignored, fields that an earlier version did not know stay zero, and
// a document without a mode is in Initial. A value of the wrong type, a mode
// that does not exist and anything but one JSON object are errors; the caller
// adds the name of the network. On an error the Progress is zero, so that half
// a document is never collected with.
func DecodeProgress(document []byte) (Progress, error) {
	var p *Progress // a pointer tells null from {}
	if err := json.Unmarshal(document, &p); err != nil {
		return Progress{}, fmt.Errorf("state document cannot be read: %w", err)
	}
	if p == nil {
		return Progress{}, fmt.Errorf("state document is null")
	}
	switch p.Mode {
	case Initial, Normal:
	case "":
		p.Mode = Initial
	default:
		return Progress{}, fmt.Errorf("state document has the mode %q, want %q or %q", p.Mode, Initial, Normal)
	}
	return *p, nil
}

// Clone returns a copy that shares no memory with p.
func (p Progress) Clone() Progress {
	p.Walk, p.Sweep = p.Walk.clone(), p.Sweep.clone()
	p.Runs = slices.Clone(p.Runs)
	if p.Swept != nil {
		s := *p.Swept
		p.Swept = &s
	}
	return p
}

// Saw notes how far back the like times reach that a service states of some items.
func (p *Progress) Saw(items []item.Item) {
	for _, it := range items {
		if it.LikedFrom != item.FromAPI || it.LikedAt.IsZero() {
			continue
		}
		if p.Oldest.IsZero() || it.LikedAt.Before(p.Oldest) {
			p.Oldest = it.LikedAt
		}
	}
}

func (w *Walk) clone() *Walk {
	if w == nil {
		return nil
	}
	c := *w
	c.Paces = slices.Clone(w.Paces)
	return &c
}

// Resumed returns p as it is once a person has asked to go on: due at now, and
// without the conditions that asked for a person. What the last error was
// stays, as history.
func (p Progress) Resumed(now time.Time) Progress {
	p = p.Clone()
	p.dueAt(now, "resumed by you")
	if slices.Contains([]Condition{NeedsSignIn, NeedsScope, Missing, Broken, Stalled, Imported}, p.Condition) {
		p.forgive()
		p.StallNote = ""
	}
	return p
}

// SignedIn returns p as it is once the account has a new credential: due at
// now, and without what a refused credential left behind.
func (p Progress) SignedIn(now time.Time) Progress {
	p = p.Clone()
	p.dueAt(now, "signed in again")
	if slices.Contains([]Condition{NeedsSignIn, NeedsScope, Missing}, p.Condition) {
		p.forgive()
	}
	p.RefusedAt = time.Time{}
	return p
}

// SetRight returns p as it is at now where a clock that was ahead wrote it:
// what it says to have happened after now counts as just happened, and a poll
// that was planned after now is due. What a right clock wrote stays.
func (p Progress) SetRight(now time.Time) Progress {
	p = p.Clone()
	if p.RateAt.After(now) && p.PollAt.After(now) {
		p.PollAt, p.PollWhy = now, "the clock was ahead when the poll was planned"
	}
	times := []*time.Time{
		&p.AskedWho, &p.SweptAt, &p.RefusedAt, &p.LastErrorAt, &p.LastRunAt, &p.LastOKAt, &p.LastLikeAt, &p.RateAt,
	}
	for _, w := range []*Walk{p.Walk, p.Sweep} {
		if w != nil {
			times = append(times, &w.StartedAt, &w.LastPage)
		}
	}
	for i := range p.Runs {
		times = append(times, &p.Runs[i].At)
	}
	if p.Swept != nil {
		times = append(times, &p.Swept.At)
	}
	for _, t := range times {
		if t.After(now) {
			*t = now
		}
	}
	return p
}

// dueAt makes a run due, and a poll in it.
func (p *Progress) dueAt(now time.Time, reason string) {
	p.ScheduledTo, p.Reason = now, reason
	if p.PollAt.After(now) {
		p.PollAt = now
	}
}

func (p *Progress) forgive() {
	p.Condition = OK
	p.Failures, p.BadRuns, p.RefusedAt = 0, 0, time.Time{}
	p.Fault, p.Whose, p.NextStep = "", "", ""
}
