package site

import (
	"net/url"
	"strings"

	"collector/control"
	plain "collector/control/words"
	"collector/grant"
	"collector/search"
	"collector/state"
	"collector/web/page"
	"collector/web/page/words"
)

// network shows one list, with its runs and why it is read when it is read. ?run= is the time
// at which one of them ended.
func (s *site) network() []route {
	return []route{{onePattern, grant.Read, (*visit).oneList}}
}

// onePattern is the address of one list.
const onePattern = "GET /accounts/{service}/{account...}"

func (v *visit) oneList() error {
	user, name := v.asked()
	e, err := v.Panel.Explain(v.ctx(), user, name, v.now)
	if err != nil {
		return err
	}
	title := words.First(v.noun(e.Service)) + params(e.Network) + " of " + plain.Line(e.Account)
	f, err := v.frame(title, page.OnAccounts)
	if err != nil {
		return err
	}
	to := v.listPath(e.User, e.Network.Network)
	asked := url.Values{"network": {e.Network.Network}}
	if v.whose() == "" {
		asked.Set("user", e.User)
	}
	f.Twins = v.as("/api/explain", "", asked) // its own twin may be the page of a list that is called so
	facts, err := v.facts(e)
	if err != nil {
		return err
	}
	p := page.NetworkPage{
		Frame: f, Service: v.service(e.Service), Title: title, Main: v.buttons(e.Network, to, false),
		State: v.standing(e), Progress: walked(e.Network), Beat: runBeat(e.Runs), Kept: "the last 20 are kept",
		Quotas: v.stairs(e.Quotas), Facts: facts, Changes: v.changes(e, to),
	}
	if e.Progress != nil {
		p.Pace = far(*e.Progress, v.now)
	}
	status, err := v.timeline(&p, e)
	if err != nil {
		return err
	}
	return v.show(status, p)
}

// standing is the state of a list, why it is in it, and what comes next.
func (v *visit) standing(e control.Explained) page.Note {
	n := e.Network
	why, because := nextRun(n, v.now)
	whose := strings.TrimSpace(sentence(why.String()) + " " + because)
	here := plain.Many(n.Items, "like is here", "likes are here")
	st := stateOf(n)
	out := page.Note{Whose: strings.Join(append([]string{whose}, sentences(n.Notes)...), " ")}
	say := func(tone page.Tone, icon page.Icon, what string) {
		out.Tone, out.Icon, out.What = tone, icon, words.Strong(what+" ").And(words.Plain(here+"."))
	}
	switch st {
	case page.NeedsYou:
		trouble := *v.trouble(n)
		trouble.Whose = strings.TrimSpace(trouble.Whose + " " + strings.Join(sentences(n.Notes), " "))
		return trouble
	case page.Failing:
		say(page.Wait, "alert", "It is tried again by itself.")
	case page.Waiting:
		say(page.Wait, "clock", "It waits.")
	case page.Collecting:
		say(page.Remark, "down", "Collecting the history.")
	case page.Comparing:
		say(page.Remark, "down", "The whole list is being compared.")
	case page.Paused:
		say(page.Remark, "pause", "Paused.")
	case page.Imported:
		say(page.Remark, "box", "Imported.")
	case page.Partial:
		say(page.Good, "check", "Up to date, in part.")
	case page.UpToDate:
		say(page.Good, "check", "Up to date.")
	}
	if n.LastOK != nil {
		out.What = out.What.And(words.Plain(" The last check was "), words.Since(*n.LastOK, v.now), words.Plain("."))
	}
	return out
}

// sentences are notes as sentences.
func sentences(notes []string) (out []string) {
	for _, n := range notes {
		out = append(out, sentence(n))
	}
	return out
}

// whatRan is an earlier run in a line. One that walked through no page has no kind.
func whatRan(r control.Run) string {
	kind, ok := runKinds[r.Kind]
	if !ok && r.Fault == "" && r.Pages == 0 {
		return "Asked, and nothing was to be read"
	}
	if !ok {
		return words.First(outcome(r))
	}
	return kind + ": " + outcome(r)
}

// runKinds are what a run did.
var runKinds = map[string]string{"poll": "Looked for new likes", "backfill": "Read the history", "sweep": "Compared the whole list", "details": "Read the texts of what was found", "import": "Took in an export"}

// didWhat says what a run did; one that was ended before it asked for anything has no kind.
func didWhat(r control.Run) string {
	if did, ok := runKinds[r.Kind]; ok {
		return did
	}
	return "Last run"
}

func (v *visit) at(r control.Run) words.Phrase {
	if r.At == nil {
		return nil
	}
	return words.Was(*r.At, v.now)
}

// outcome is what a run came to.
func outcome(r control.Run) string {
	said := plain.Many(r.Pages, "page", "pages") + ", " + words.Number(r.Added) + " new"
	if r.Fault != "" {
		said = r.Fault + " after " + said
	}
	return said
}

// facts are what is known beside.
func (v *visit) facts(e control.Explained) (out []page.Fact, err error) {
	add := func(name string, text words.Phrase) {
		if len(text) > 0 {
			out = append(out, page.Fact{Name: name, Text: text})
		}
	}
	add("User", words.Plain(strings.TrimPrefix(v.of(e.User), "of the user ")))
	add("Server", words.Plain(e.Server))
	held, err := v.held(e)
	if err != nil {
		return nil, err
	}
	out = append(out, held...)
	out = append(out, page.Fact{Name: "Here", Text: words.Plain(plain.Many(e.Items, "like", "likes")), To: likesOf(e.Network)})
	if e.Bad > 0 {
		add("Kept aside", words.Plain(plain.Many(e.Bad, "object", "objects")+" that could not be read"))
	}
	gone, err := v.gone(e)
	if err != nil {
		return nil, err
	}
	out = append(out, gone...)
	if at := e.Oldest; at != nil {
		add("First like", words.Moment(*at, words.Date(at.In(v.now.Location()), v.now)))
	}
	add("Read up to", v.reached(e.Stored))
	if e.Cursor != "" {
		add("Cursor", words.Code(v.scrubbed(e.Cursor)))
	}
	add("Failures", v.failures(e.Error))
	add("Connected", words.Was(e.Stored.CreatedAt, v.now))
	if r := e.Removals; r != nil && r.At != nil {
		add("Compared in full", words.Was(*r.At, v.now))
	}
	if add("Cannot be shown", words.Plain(strings.Join(e.CannotShow, " "))); len(e.CannotShow) > 0 {
		out[len(out)-1].Long = true
	}
	return out, nil
}

// likesOf is the search for the likes of a list; of one whose name no query can hold, of
// all lists of its service. is names what else they are to be.
func likesOf(n control.Network, is ...string) page.Path {
	e := search.Narrow(search.Narrow(nil, "in", n.Service), "account", n.Account)
	for _, value := range is {
		e = search.Narrow(e, "is", value)
	}
	if e == nil {
		return "/"
	}
	return page.SearchPath(e.String())
}

// changes are what else can be done, for whoever may.
func (v *visit) changes(e control.Explained, to page.Path) (out []page.Change) {
	if !v.who.May(grant.Write) {
		return nil
	}
	add := func(text, about string, a page.Action) {
		out = append(out, page.Change{Text: text, Do: page.Actions{To: to, About: about, List: []page.Action{a}}})
	}
	if e.Condition != string(state.Imported) {
		add("Reading the whole list again finds likes that were taken back. It costs calls of the quota, and nothing is deleted.", "Read everything again",
			page.Action{Do: page.SyncFully, Text: "Read everything again", Icon: "sync"})
	}
	if r := e.Removals; r != nil && r.Missing > 0 {
		add("The last reading of the whole list did not show "+plain.Many(r.Missing, "like", "likes")+" of "+words.Number(r.Stored)+".", "Likes that are gone",
			page.Action{Do: page.Accept, Text: "Take them as gone…", Icon: "check"})
	}
	add("Disconnecting ends the collecting. What was collected stays.", "Disconnect", page.Action{Do: page.Disconnect, Text: "Disconnect…", Icon: "x", Look: page.Danger})
	return out
}
