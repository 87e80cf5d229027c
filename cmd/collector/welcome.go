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
	in        connectors.Info
	name      string // that was asked for
	who, look bool   // it was said
}

// soFar says what is known that was not said.
func (s *welcome) soFar(got control.SignedIn) {
	if !s.who {
		s.who = true
		if got.Unsaid != "" {
			s.say("! %s does not say whose token this is (%s); %s stands for the account until it does", s.in.Title, line(got.Unsaid), line(s.name))
		}
		if got.Person != "" {
			s.say("%s token accepted: %s", s.tick(), line(got.Person))
		}
		if got.Kept != "" {
			s.say("! %s is connected already as %s, and keeps that name", line(got.Person), line(got.Kept))
		}
	}
	if got.Look != nil && !s.look {
		s.look = true
		s.estimate(s.in, *got.Look)
	}
}

// all says what it came to.
func (s *welcome) all(got control.SignedIn) {
	s.soFar(got)
	for _, m := range got.Missing {
		s.say("! the token lacks %s: %s", line(m.Name), line(m.Why))
	}
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

// estimate says how much there is. That a page could not be read is said.
func (a *app) estimate(in connectors.Info, l control.Look) {
	switch {
	case l.Price != nil:
		a.estimateCost(in, l)
		return
	case l.Reason != "":
		a.say("! the first page could not be read: %s", line(l.Reason))
		if l.Next != "" {
			a.say("  %s", line(l.Next))
		}
		return
	}
	text := fmt.Sprintf("%s %s readable", a.tick(), in.Likes)
	switch {
	case l.Total > 0:
		text = fmt.Sprintf("%s %s %s on %s", a.tick(), count(l.Total), in.Likes, many(l.Pages, "page", "pages"))
	case l.Pages > 0:
		text = fmt.Sprintf("%s %s readable, on %s", a.tick(), in.Likes, many(l.Pages, "page", "pages"))
	case !l.More:
		text = fmt.Sprintf("%s %s %s", a.tick(), count(l.Items), in.Likes)
	}
	if l.Pages > 0 && len(in.Quotas) > 0 && in.Quotas[0].N > 0 {
		q := in.Quotas[0]
		text += fmt.Sprintf(" = %s of %s %s in %s (%.1f %%)", count(l.Pages), count(q.N), firstOf(q.Unit, "calls"), spanOf(q.Per), 100*float64(l.Pages)/float64(q.N))
		text += ", estimated " + span(max(time.Second, time.Duration(l.Pages)*time.Duration(l.Millis)*time.Millisecond))
	}
	a.say("%s", text)
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
