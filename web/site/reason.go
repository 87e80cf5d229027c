package site

import (
	"strings"
	"time"

	"collector/control"
	plain "collector/control/words"
	"collector/fault"
	"collector/grant"
	"collector/state"
	"collector/web/page"
	"collector/web/page/words"
)

// readNow is said of a list in place of its next run while somebody reads it.
const readNow = "It is being read now."

// nextRun is when a list is read next, and why then. A list that is being read keeps the
// reason of its last plan, which tells nothing of what is going on.
func nextRun(n control.Network, now time.Time) (why words.Phrase, because string) {
	reason := sentence(n.Reason)
	switch st := stateOf(n); {
	case st == page.Imported:
		return words.Plain("Imported and kept. Nobody signed in to collect it."), ""
	case st == page.Paused:
		return words.Plain("Paused by you."), "Likes made meanwhile are read when you resume."
	case n.Running && n.Progress == nil:
		return words.Plain(readNow), ""
	case n.Running:
		return far(*n.Progress, now), ""
	case n.Next == nil:
		return words.Plain("No next run is planned."), reason
	case n.Progress != nil && st != page.Waiting && st != page.NeedsYou:
		return far(*n.Progress, now), reason
	case st == page.Waiting:
		return words.Waiting(*n.Next, now, reason), ""
	case st == page.Failing && n.Error != nil:
		return words.Next(*n.Next, now), sentence(n.Error.Text) + " " + reason
	}
	return words.Next(*n.Next, now), reason
}

// far is how far a walk is, and when it is expected to end.
func far(p control.Progress, now time.Time) words.Phrase {
	var out words.Phrase
	if p.Of <= 0 {
		var oldest time.Time
		if p.Oldest != nil {
			oldest = *p.Oldest
		}
		out = words.SoFar(p.Items, oldest, now)
	} else {
		out = words.Plain(words.Number(p.Pages) + " of " + plain.Many(p.Of, "page", "pages"))
	}
	if p.ETA != nil {
		end := now.Add(time.Duration(*p.ETA) * time.Second)
		out = out.And(words.Plain(", all there around "), words.Phrase{{Text: words.Clock(end, now), Strong: true, At: end}})
	}
	if p.Stalled != "" {
		out = out.And(words.Plain(", " + p.Stalled))
	}
	return out.And(words.Plain("."))
}

// walked is how far a walk is where its end is known; nil otherwise.
func walked(n control.Network) *page.Progress {
	p := n.Progress
	if p == nil || p.Of <= 0 {
		return nil
	}
	label := "History collected"
	if p.Kind == "sweep" {
		label = "List compared"
	}
	return &page.Progress{Percent: min(max(p.Pages*100/p.Of, 0), 100), Label: label}
}

// trouble is what went wrong, whose fault that is, and what to do.
func (v *visit) trouble(n control.Network) *page.Note {
	out := &page.Note{Tone: page.Bad, Icon: "alert", What: words.Strong("It is no longer read.")}
	if n.Trouble() == control.SignIn {
		out.Icon, out.What = "key", words.Strong("Your sign-in is no longer accepted.")
		if n.Condition == string(state.NeedsScope) {
			out.What = words.Strong("Your sign-in lacks a permission.")
		}
		if v.who.May(grant.Write) && n.User == v.person() { // a sign-in is made for who makes it
			out.To = []page.Link{{Text: "Sign in again", To: page.ServicePath(n.Service)}}
		}
	}
	if e := n.Error; e != nil {
		out.What = out.What.And(words.Plain(" " + sentence(e.Text)))
		out.Whose = blame(e.Whose, e.Next)
	}
	return out
}

// blame says whose fault something is, and the next step.
func blame(whose, next string) string {
	var out []string
	if whose != "" {
		out = append(out, "Whose fault it is: "+whose+".")
	}
	if next != "" {
		out = append(out, "What to do: "+strings.TrimSuffix(plain.Line(next), ".")+".")
	}
	return strings.Join(out, " ")
}

// tick is how one run went.
func tick(r control.Run) page.Tick {
	switch r.Fault {
	case "":
		return page.RunOK
	case fault.RateLimited.String():
		return page.RunWaited
	}
	return page.RunFailed
}

// sentence is a reason as a sentence of its own.
func sentence(text string) string {
	text = plain.Line(text)
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "?") {
		return words.First(text)
	}
	return words.First(text) + "."
}
