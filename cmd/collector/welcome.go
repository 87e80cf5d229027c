package main

import (
	"fmt"
	"time"

	"collector/connectors"
	"collector/control"
)

// welcome says what a connect comes to, each thing once, as soon as it is known.
type welcome struct {
	*app
	in   connectors.Info
	said map[string]bool // the checks that were told
	kept bool
}

// soFar says what is known that was not said.
func (s *welcome) soFar(got control.SignedIn) {
	for _, c := range got.Checks {
		if c.State != control.CheckToDo && !s.said[c.Name] {
			s.check(c, got.Look)
			s.said[c.Name] = true
		}
	}
	if got.Kept != "" && !s.kept {
		s.kept = true
		s.say("! %s is connected already as %s, and keeps that name", line(got.Person), line(got.Kept))
	}
	if got.Look != nil && got.Look.Price != nil && !s.said["price"] {
		s.said["price"] = true
		s.estimateCost(s.in, *got.Look)
	}
}

// check says one, with what to do where something is to be known.
func (s *welcome) check(c control.Check, l *control.Look) {
	text := line(c.Text)
	if c.State == control.CheckDone {
		if l != nil && l.Reason == "" {
			text += s.estimate(c, *l)
		}
		s.say("%s %s", s.tick(), text)
		return
	}
	s.say("! %s", text)
	if c.Whose != "" {
		s.say("  whose: %s", line(c.Whose))
	}
	if c.Next != "" {
		s.say("  %s", line(c.Next))
	}
}

// all says what it came to.
func (s *welcome) all(got control.SignedIn) {
	s.soFar(got)
	if got.Again {
		s.say("%s %s is signed in again and due now", s.tick(), line(got.Network))
	} else {
		s.say("%s %s will be collected", s.tick(), line(got.Network))
	}
	if got.Imported > 0 {
		s.say("  it goes on with %s that were imported", many(got.Imported, "item", "items"))
	}
	s.sayIdle(got.Works)
}

// estimate is what reading all of it takes, beside the check of its first page.
func (s *welcome) estimate(c control.Check, l control.Look) string {
	if c.Name != control.CheckFirst || l.Pages == 0 || len(s.in.Quotas) == 0 || s.in.Quotas[0].N == 0 {
		return ""
	}
	q := s.in.Quotas[0]
	return fmt.Sprintf(" = %s of %s %s in %s (%.1f %%), estimated %s", count(l.Pages), count(q.N), firstOf(q.Unit, "calls"), spanOf(q.Per), 100*float64(l.Pages)/float64(q.N),
		span(max(time.Second, time.Duration(l.Pages)*time.Duration(l.Millis)*time.Millisecond)))
}

// spanOf writes the length of a window: "an hour", "5m".
func spanOf(d time.Duration) string {
	switch d {
	case time.Hour:
		return "an hour"
	case 24 * time.Hour:
		return "a day"
	}
	return span(d)
}

// tick is the sign of success.
func (a *app) tick() string {
	if a.unicode() {
		return "✓"
	}
	return "ok:"
}
