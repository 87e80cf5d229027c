package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"collector/connectors"
	"collector/control/words"
	"collector/fault"
	"collector/state"
)

// Check is one of the four things that are looked at when an account is connected, in the
// words of every surface.
type Check struct {
	Name   string     `json:"name" enum:"reached,whose,may,first"`
	State  CheckState `json:"state" enum:"done,warned,checking,waiting,failed,todo"`
	Text   string     `json:"text"`            // a sentence without its full stop
	Whose  string     `json:"whose,omitzero"`  // whose fault it is, where it failed
	Next   string     `json:"next,omitzero"`   // what to do, where it failed or something is to be known
	Millis int64      `json:"millis,omitzero"` // how long the service took to say whose the credential is, in milliseconds
	Until  *time.Time `json:"until" doc:"until when it waits, null where that is not known"`
}

// CheckState is how one of them stands.
type CheckState string

// The states of a check.
const (
	CheckDone    CheckState = "done"
	CheckWarned  CheckState = "warned"   // done, and something is to be known
	CheckGoing   CheckState = "checking" // now
	CheckWaiting CheckState = "waiting"  // for a clock, a worker or a person's wish
	CheckFailed  CheckState = "failed"
	CheckToDo    CheckState = "todo" // it was not reached
)

// The names of the checks.
const (
	CheckReached = "reached" // the service answers
	CheckWhose   = "whose"   // the credential is good, and whose it is
	CheckMay     = "may"     // what it may do
	CheckFirst   = "first"   // the first page can be read, and how much there is
)

// Their places.
const (
	checkReached = iota
	checkWhose
	checkMay
	checkFirst
)

// checks are the four of one service.
type checks struct {
	in     connectors.Info
	server string
	list   []Check
}

// Unchecked are the checks of a service before anything was asked.
func Unchecked(in connectors.Info, server string) []Check { return newChecks(in, server).list }

func newChecks(in connectors.Info, server string) *checks {
	c := &checks{in: in, server: server}
	c.list = []Check{
		{Name: CheckReached, State: CheckToDo, Text: c.where() + " can be reached"},
		{Name: CheckWhose, State: CheckToDo, Text: "Whose sign-in it is"},
		{Name: CheckMay, State: CheckToDo, Text: "What it may read"},
		{Name: CheckFirst, State: CheckToDo, Text: "The first page, and how many there are"},
	}
	return c
}

// where is who is asked: the account's own server by its host, else the service.
func (c *checks) where() string {
	if u, err := url.Parse(c.server); err == nil && u.Host != "" {
		return u.Host
	}
	return AtService(c.in)
}

// AtService is where one signs in, by its title without what is read: "GitHub".
func AtService(in connectors.Info) string { return strings.TrimSuffix(in.Title, " "+in.Likes) }

func (c *checks) set(at int, s CheckState, text string) { c.list[at].State, c.list[at].Text = s, text }

func (c *checks) fail(at int, text, whose, next string) {
	k := &c.list[at]
	k.State, k.Text, k.Whose, k.Next, k.Until = CheckFailed, text, whose, next, nil
}

// reached says that the service answered, after so long where that is known.
func (c *checks) reached(took time.Duration) {
	text := c.where() + " can be reached"
	if took > 0 {
		c.list[checkReached].Millis = took.Milliseconds()
		text += ", " + words.Count(int(took.Milliseconds())) + " ms"
	}
	c.set(checkReached, CheckDone, text)
}

// refused says what became of asking whose a credential is, where that failed.
func (c *checks) refused(err error, took time.Duration) {
	p := ProblemOf(Refusal(c.in, Wanted{}, err))
	text := strings.TrimSuffix(p.Reason, "; nothing was saved")
	f := fault.As(err)
	switch {
	case f != nil && f.Kind == fault.RateLimited:
		c.reached(took)
		c.set(checkWhose, CheckWaiting, text)
		c.list[checkWhose].Next, c.list[checkWhose].Until = p.Next, words.Stamp(f.Until)
	case f != nil && (f.Kind == fault.Unauthorized || f.Kind == fault.Forbidden || f.Kind == fault.Gone):
		c.reached(took)
		c.fail(checkWhose, text, p.Whose, p.Next)
	case f != nil && f.Kind != fault.Bug && f.Kind != fault.Unknown:
		c.fail(checkReached, text, p.Whose, p.Next)
	case errors.Is(err, context.DeadlineExceeded):
		c.fail(checkReached, c.where()+" did not answer in time", "the service or the network", "check the network and the address, then try again")
	}
}

// whose says whose the credential is.
func (c *checks) whose(name string) {
	c.set(checkWhose, CheckDone, "It is the sign-in of "+words.Line(name))
}

// unsaid says that the service does not tell it.
func (c *checks) unsaid(name, why string) {
	if why != "" {
		why = " (" + words.Line(why) + ")"
	}
	c.set(checkWhose, CheckWarned, fmt.Sprintf("%s does not say whose sign-in it is%s; %s stands for the account until it does", c.where(), why, words.Line(name)))
}

// may says what the credential may do, as far as the service tells.
func (c *checks) may(p *Panel, granted []string) {
	if len(granted) == 0 {
		c.set(checkMay, CheckToDo, "What it may read: "+c.where()+" does not say, the first page shows it")
		return
	}
	reads := "It may read " + c.in.Likes
	excess := ExcessWords(c.in, p.Excess(c.in, granted))
	if missing := MissingScopes(c.in, granted); len(missing) > 0 {
		c.fail(checkMay, strings.Join(compact(lacks(missing), excess), ". "), "you", c.in.Connect)
		return
	}
	if excess == "" {
		c.set(checkMay, CheckDone, reads)
		return
	}
	c.set(checkMay, CheckWarned, reads+". "+excess)
	c.list[checkMay].Next = c.in.Connect
}

// lacks are permissions that are missing, with what fails without them.
func lacks(missing []connectors.Scope) string {
	var out []string
	for _, s := range missing {
		out = append(out, "It lacks "+s.Name+": "+s.Why)
	}
	return strings.Join(out, ". ")
}

func compact(texts ...string) (out []string) {
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

// read says that the first page was read. What the service lists as missing is not, then.
func (c *checks) read(l Look) {
	c.set(checkFirst, CheckDone, l.Words(c.in))
	switch may := &c.list[checkMay]; may.State {
	case CheckToDo:
		c.set(checkMay, CheckDone, "It may read "+c.in.Likes)
	case CheckFailed:
		may.State, may.Text, may.Whose = CheckWarned, may.Text+". The first page was read all the same", ""
	default:
	}
}

// unread says that the first page could not be read.
func (c *checks) unread(kind, reason, whose, next string) {
	reason = words.Line(reason)
	switch {
	case kind == fault.Unauthorized.String():
		c.fail(checkWhose, reason, whose, next)
	case kind == fault.Forbidden.String() && c.list[checkMay].State != CheckFailed:
		c.fail(checkMay, reason, whose, next)
	}
	c.fail(checkFirst, "The first page could not be read: "+reason, whose, next)
}

// Words are how much there is: "3,014 stars on 31 pages", "stars readable, on 31 pages",
// "12 stars" or "stars readable".
func (l Look) Words(in connectors.Info) string {
	switch {
	case l.Total > 0 && l.Pages > 0:
		return fmt.Sprintf("%s %s on %s", words.Count(l.Total), in.Likes, words.Many(l.Pages, "page", "pages"))
	case l.Total > 0:
		return words.Count(l.Total) + " " + in.Likes
	case l.Pages > 0:
		return fmt.Sprintf("%s readable, on %s", in.Likes, words.Many(l.Pages, "page", "pages"))
	case !l.More:
		return words.Count(l.Items) + " " + in.Likes
	}
	return in.Likes + " readable"
}

// Checks are how the checks of a connected list stand, from what is known of its account and
// from what its runs came to; none for a service that this program does not know, or a list
// that nobody signed in for.
func (p *Panel) Checks(ctx context.Context, n state.Network, now time.Time) ([]Check, error) {
	conn, ok := p.Offered(n.Service)
	if !ok || n.Condition == state.Imported {
		return []Check{}, nil
	}
	acc, err := p.Store.Account(ctx, n.AccountID)
	if err != nil {
		return nil, err
	}
	works, err := p.Works(ctx, now)
	if err != nil {
		return nil, err
	}
	c := newChecks(conn.Info(), acc.Server)
	v := p.Look(n, nil, now)
	read := firstRead(n)
	if acc.RemoteID != "" || read {
		c.reached(0)
	}
	switch {
	case acc.RemoteID != "":
		c.whose(acc.Name)
		c.may(p, acc.Scopes)
	case read || !n.AskedWho.IsZero():
		c.unsaid(acc.Name, "")
	}
	if read {
		c.read(lookOf(n))
	}
	c.trouble(v, read)
	if first := &c.list[checkFirst]; first.State == CheckToDo {
		first.State, first.Text, first.Until = CheckWaiting, "The first page is read as soon as a worker is free", nil
		switch {
		case v.Paused:
			first.Text = "Paused by you: the first page is read when you resume"
		case v.Running:
			first.State, first.Text = CheckGoing, "The first page is being read"
		case v.Condition == string(state.Limited):
			first.Text, first.Until = "The first page waits: "+words.Line(v.Reason), v.Next
		case !works:
			first.Text, first.Next = "No collector runs, so nothing is read", "start one with the command collector"
		}
	}
	return c.list, nil
}

// firstRead says whether a page of a list was read by its collector.
func firstRead(n state.Network) bool {
	return n.Mode == state.Normal && n.Walks > 0 || !n.LastOKAt.IsZero() || n.Walk != nil && n.Walk.Pages > 0
}

// lookOf is how much there is, as far as the reading has shown it.
func lookOf(n state.Network) Look {
	l := Look{Total: n.Total, Items: n.Items, More: n.Walk != nil && n.Mode == state.Initial}
	if n.Walk != nil && l.More {
		l.Pages = n.Walk.Of
	}
	if !l.More { // all of it is here, and some may be that the service counts no more
		l.Total = 0
	}
	return l
}

// trouble puts the last error of a list where it belongs.
func (c *checks) trouble(v Network, read bool) {
	e := v.Error
	if e == nil || e.Kind == fault.RateLimited.String() {
		return
	}
	switch e.Kind {
	case fault.Unauthorized.String():
		c.fail(checkWhose, words.Line(e.Text), cmp.Or(e.Whose, "you"), e.Next)
	case fault.Forbidden.String():
		if c.list[checkMay].State != CheckFailed {
			c.fail(checkMay, words.Line(e.Text), cmp.Or(e.Whose, "you"), e.Next)
		}
		if !read {
			c.unread(e.Kind, e.Text, cmp.Or(e.Whose, "you"), e.Next)
		}
	case fault.Temporary.String():
		switch {
		case read:
		case c.list[checkReached].State == CheckToDo:
			c.fail(checkReached, words.Line(e.Text), e.Whose, cmp.Or(e.Next, triedAgain))
		default:
			c.unread(e.Kind, e.Text, e.Whose, cmp.Or(e.Next, triedAgain))
		}
	default:
		if !read {
			c.unread(e.Kind, e.Text, e.Whose, e.Next)
		}
	}
}

// triedAgain is the next step where the program takes it.
const triedAgain = "nothing: it is tried again by itself"
