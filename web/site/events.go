package site

import (
	"cmp"
	"strings"
	"time"

	"collector/fault"
	"collector/state"
	"collector/store"
	"collector/web/page"
	"collector/web/page/words"
)

// waitedFault is how a run says that it ended at a limit.
var waitedFault = fault.RateLimited.String()

// eventOf is a change as a line of the activity; whose names the user, for the operator.
func (s *site) eventOf(ch store.ChangeCount, now time.Time, whose bool) page.Event {
	e := s.line(ch.Network, ch.User, ch.At, now, whose)
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

// eventOfRun is a run that did not go well as a line of the activity.
func (s *site) eventOfRun(n state.Network, r state.Run, now time.Time, whose bool) page.Event {
	e := s.line(n.Name(), n.User, r.At, now, whose)
	if r.Fault == waitedFault {
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
func (s *site) line(network, user string, at, now time.Time, whose bool) page.Event {
	service, account, _ := strings.Cut(network, "/")
	title := service
	if c, ok := s.Panel.Offered(service); ok {
		title = c.Info().Title
	}
	at = at.In(now.Location())
	clock := at.Format("15:04:05")
	if at.Format(time.DateOnly) != now.Format(time.DateOnly) {
		clock = words.Date(at, now) + " " + at.Format("15:04")
	}
	e := page.Event{At: words.Moment(at, clock), Text: words.Strong(title), Link: page.Link{Text: cmp.Or(account, network), To: listPath(user, network, whose)}}
	if whose {
		e.Remark = user
	}
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
