package site

import (
	"cmp"
	"strings"
	"time"

	"collector/control"
	plain "collector/control/words"
	"collector/fault"
	"collector/web/page"
	"collector/web/page/words"
)

// event is what happened as a line of the activity; whose names the user, for the operator.
func (s *site) event(e control.Event, now time.Time, whose bool) page.Event {
	switch {
	case e.Webhook != nil:
		return webhookLine(e, now, whose)
	case e.Instance != nil:
		return instanceLine(e, now)
	case e.What == "change":
		return s.changeLine(e, now, whose)
	}
	return s.runLine(e, now, whose)
}

// changeLine is a page that changed a list.
func (s *site) changeLine(ch control.Event, now time.Time, whose bool) page.Event {
	e := s.line(ch, now, whose)
	e.Tone, e.Icon = page.Good, "down"
	var parts []string
	for _, p := range []struct {
		n    int
		text string
	}{{ch.Added, "new"}, {ch.Changed, "changed"}, {ch.Removed, "gone"}} {
		if p.n > 0 {
			parts = append(parts, words.Number(p.n)+" "+p.text)
		}
	}
	if ch.Added == 0 {
		e.Tone, e.Icon = page.Remark, "sync"
	}
	if len(parts) == 0 {
		parts = []string{"nothing new"}
	}
	e.Text = e.Text.And(words.Plain(": "), words.Strong(words.List(parts)), words.Plain(kindWords[ch.Kind]))
	return e
}

// runLine is a run that did not go well.
func (s *site) runLine(r control.Event, now time.Time, whose bool) page.Event {
	e := s.line(r, now, whose)
	if r.What == "wait" {
		e.Tone, e.Icon = page.Wait, "clock"
		e.Text = e.Text.And(words.Plain(" came to a limit and waits"))
		return e
	}
	e.Tone, e.Icon = page.Bad, "alert"
	e.Text = e.Text.And(words.Plain(" failed: " + cmp.Or(faultWords[r.Fault], r.Fault)))
	return e
}

// line is what all lines about a network have. The link alone names the account: on a
// narrow screen both stand below each other.
func (s *site) line(of control.Event, now time.Time, whose bool) page.Event {
	service, account, _ := strings.Cut(of.Network, "/")
	title := service
	if c, ok := s.Panel.Offered(service); ok {
		title = c.Info().Title
	}
	e := page.Event{At: clockOf(of, now), Text: words.Strong(title), Link: page.Link{Text: cmp.Or(account, of.Network), To: listPath(of.User, of.Network, whose)}}
	if whose {
		e.Remark = of.User
	}
	return e
}

// clockOf is when something happened: the time of today, the day of others.
func clockOf(e control.Event, now time.Time) words.Phrase {
	at := e.At.In(now.Location())
	clock := at.Format("15:04:05")
	if at.Format(time.DateOnly) != now.Format(time.DateOnly) {
		clock = words.Date(at, now) + " " + at.Format("15:04")
	}
	return words.Moment(at, clock)
}

// webhookLine says how the calls of a webhook go, of its address the host alone.
func webhookLine(of control.Event, now time.Time, whose bool) page.Event {
	w := of.Webhook
	e := page.Event{
		Tone: page.Remark, Icon: "sync", At: clockOf(of, now), Text: words.Plain("Webhook to ").And(words.Strong(w.Host)),
		Link: page.Link{Text: plain.Line(w.ID), To: "/settings#webhooks"},
	}
	if whose {
		e.Remark = of.User
	}
	if w.Failures == 0 {
		e.Text = e.Text.And(words.Plain(" answered well, the last time"))
		return e
	}
	e.Tone, e.Icon = page.Bad, "alert"
	said := " has failed since, " + plain.Many(w.Failures, "call", "calls") + " in a row: " + w.Error
	if w.Stopped != "" {
		said += ". It is called no more: " + w.Stopped
	}
	e.Text = e.Text.And(words.Plain(said))
	return e
}

// instanceLine is an instance that began, or that is not heard of any more.
func instanceLine(of control.Event, now time.Time) page.Event {
	in := of.Instance
	e := page.Event{Tone: page.Remark, Icon: "workers", At: clockOf(of, now), Text: words.Strong(plain.Line(in.ID)), Link: page.Link{Text: "workers", To: "/workers"}}
	if in.Lost {
		e.Tone, e.Icon = page.Bad, "alert"
		e.Text = e.Text.And(words.Plain(" was last heard of, and did not say that it leaves"))
		return e
	}
	e.Text = e.Text.And(words.Plain(" began, version " + plain.Line(in.Version)))
	return e
}

// faultWords say what went wrong in a run.
var faultWords = map[string]string{
	fault.Temporary.String():    "the service could not be reached or did not answer well; it is tried again",
	fault.Unauthorized.String(): "the sign-in was refused", fault.Forbidden.String(): "a permission is missing",
	fault.Gone.String(): "the account or its list is not there", fault.Malformed.String(): "the answer could not be read",
	fault.Bug.String(): "a mistake of collector's own", fault.Unknown.String(): "nobody knows why",
}

// kindWords say how a change was found.
var kindWords = map[string]string{
	"backfill": ", from the history", "sweep": ", by reading the whole list", "fill": ", details read",
	"remap": ", read anew from what was kept", "import": ", imported",
}
