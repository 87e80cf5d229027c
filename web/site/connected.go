package site

import (
	"cmp"
	"strings"
	"sync"

	"collector/connectors"
	"collector/control"
	plain "collector/control/words"
	"collector/state"
	"collector/web/page"
	"collector/web/page/words"
)

// started shows the second and the third step of an account that is connected.
func (v *visit) started(p *page.ConnectService, in connectors.Info, account string) error {
	last, err := v.Panel.Store.LastChange(v.ctx()) // before what is shown, so that what comes meanwhile is told
	if err != nil {
		return err
	}
	user := v.person()
	if v.whose() == "" { // the operator may look at those of others
		user = cmp.Or(v.r.URL.Query().Get("user"), user)
	}
	e, err := v.Panel.Explain(v.ctx(), user, in.Name+"/"+account, v.now)
	if err != nil {
		if control.ProblemOf(err).Kind == control.Unavailable {
			return err
		}
		return nil // it was disconnected since: it can be connected anew
	}
	if len(e.Checks) == 0 {
		return nil // nobody has signed in for it
	}
	v.speeds.recall(e.Stored.ID, e.Checks)
	n := e.Network
	p.Ways, p.Checks, p.Step = nil, v.checks(e.Checks), page.Checking
	if readOnce(e.Checks) {
		p.Step = page.Started
	}
	if n.NeedsYou {
		p.Note = v.trouble(n)
	}
	if p.Step == page.Started || n.Error != nil || n.Paused {
		p.Start = v.collecting(n)
	}
	if n.Items > 0 {
		p.Search = likesOf(n)
		if !whole(n) {
			p.Found = found(in, n, v.verb(n.Service).noun)
		}
	}
	p.Progress = walked(n)
	p.Stream = streamPath("accounts", n.Network, "", last)
	return nil
}

// readOnce says that the first page of a list was read.
func readOnce(all []control.Check) bool {
	for _, c := range all {
		if c.Name == control.CheckFirst {
			return c.State == control.CheckDone
		}
	}
	return false
}

// whole says that the history of a list is here, as far as the service shows it.
func whole(n control.Network) bool {
	return n.Mode == string(state.Normal) && n.LastOK != nil
}

// collecting is how far the reading of a list is, or that all of it is here and when it is
// looked at next.
func (v *visit) collecting(n control.Network) words.Phrase {
	if !whole(n) || n.NeedsYou || n.Paused || n.Error != nil {
		why, because := nextRun(n, v.now)
		if because != "" {
			why = why.And(words.Plain(" " + because))
		}
		return why
	}
	noun := v.noun(n.Service)
	said := "All " + words.Number(n.Items) + " " + noun + " are here."
	switch {
	case n.Items == 0:
		said = "There are no " + noun + " yet."
	case stateOf(n) == page.Partial:
		said = strings.Join(append([]string{plain.Many(n.Items, v.verb(n.Service).noun, noun) + " can be searched."}, sentences(n.Notes)...), " ")
	case n.Items == 1:
		said = "The only " + v.verb(n.Service).noun + " is here."
	}
	if n.Next == nil {
		return words.Plain(said)
	}
	return words.Plain(said+" Next check ").And(words.Moment(*n.Next, words.Clock(*n.Next, v.now)), words.Plain("."))
}

// found is what of a list that is still read can be searched already. The first page of a
// list in the order of liking has the newest.
func found(in connectors.Info, n control.Network, one string) words.Phrase {
	if p := n.Progress; p != nil && p.Pages == 1 && in.Order == connectors.ByLikeTime && n.Items > 1 {
		return words.Plain("The newest " + words.Number(n.Items) + " are searchable already.")
	}
	if n.Items == 1 {
		return words.Plain("1 " + one + " is searchable already.")
	}
	return words.Plain(words.Number(n.Items) + " " + in.Likes + " are searchable already.")
}

// checks are those of control as the page shows them.
func (v *visit) checks(all []control.Check) (out []page.Check) {
	states := map[control.CheckState]page.CheckState{
		control.CheckToDo: page.ToDo, control.CheckDone: page.Done, control.CheckWarned: page.Warned,
		control.CheckGoing: page.Going, control.CheckWaiting: page.Awaiting, control.CheckFailed: page.Refused,
	}
	for _, c := range all {
		shown := page.Check{State: states[c.State], Text: words.Plain(forForm(plain.Line(c.Text))), More: forForm(blame(plain.Line(c.Whose), c.Next))}
		if c.Until != nil {
			shown.Text = shown.Text.And(words.Plain(", until "), words.Moment(*c.Until, words.Clock(*c.Until, v.now)))
		}
		out = append(out, shown)
	}
	return out
}

// mostSpeeds is how many lists are remembered whose service answered when they were connected.
const mostSpeeds = 1000

// speeds are how fast services answered when lists were connected by pages of this process. They are
// kept nowhere: another process says that the service was reached, and not how fast.
type speeds struct {
	mu sync.Mutex
	of map[string]control.Check // by the id of the list
}

// remember keeps that of a list. Where there are too many all are forgotten.
func (a *speeds) remember(id string, all []control.Check) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of == nil || len(a.of) >= mostSpeeds {
		a.of = map[string]control.Check{}
	}
	for _, c := range all {
		if c.Name == control.CheckReached && c.Millis > 0 {
			a.of[id] = c
		}
	}
}

// recall puts it into the checks of a list, where the service counts as reached.
func (a *speeds) recall(id string, all []control.Check) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, c := range all {
		if was, ok := a.of[id]; ok && c.Name == control.CheckReached && c.State == control.CheckDone {
			all[i] = was
		}
	}
}
